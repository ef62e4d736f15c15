"""The structure of a latent: which of its dimensions belong together."""

from equilab.latents.blocks import Block, Blocks, parse_blocks
from equilab.latents.values import block_values, circle_codes

__all__ = ["Block", "Blocks", "block_values", "circle_codes", "parse_blocks"]
