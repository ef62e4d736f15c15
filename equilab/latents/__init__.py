"""Latents: ordered blocks, each with its manifold, posterior, sample, KL, code, permutation, action and traversal."""

from equilab.latents.block import Block, BlockPosterior
from equilab.latents.circle import Circle, CirclePosterior
from equilab.latents.code_block import Blocks, CodeBlock, parse_blocks, projected_codes
from equilab.latents.gaussian import Gaussian, GaussianPosterior
from equilab.latents.latent import Latent, Posterior
from equilab.latents.manifolds import block_classes, block_on
from equilab.latents.pairs import (
    gaussian_posterior,
    gaussian_posterior_of,
    map_tensors,
    means_and_log_variances,
    posterior_of_pair,
)
from equilab.latents.wrapped_normal import wrapped_normal_kl, wrapped_normal_log_prob

__all__ = [
    "Block",
    "BlockPosterior",
    "Blocks",
    "Circle",
    "CirclePosterior",
    "CodeBlock",
    "Gaussian",
    "GaussianPosterior",
    "Latent",
    "Posterior",
    "block_classes",
    "block_on",
    "gaussian_posterior",
    "gaussian_posterior_of",
    "map_tensors",
    "means_and_log_variances",
    "parse_blocks",
    "posterior_of_pair",
    "projected_codes",
    "wrapped_normal_kl",
    "wrapped_normal_log_prob",
]
