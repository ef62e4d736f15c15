"""The structure of a latent: which of its dimensions belong together."""

from equilab.latents.blocks import Block, Blocks, parse_blocks

__all__ = ["Block", "Blocks", "parse_blocks"]
