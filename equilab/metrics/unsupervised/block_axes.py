"""The axes of all blocks of a code side by side, as Gaussian scores read them."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from equilab.latents import CodeBlock


class BlockCovariance(NamedTuple):
    """The covariance of all axes of all blocks, projected onto their manifolds, and the block of each axis."""

    sigma: Float[ndarray, "axes axes"]  # float64, ddof 1
    owner: Int[ndarray, "axes"]  # position among the blocks


def block_covariance(codes: Float[ndarray, "n d"], blocks: tuple[CodeBlock, ...]) -> BlockCovariance:
    """The covariance of the codes in the order of their blocks; that of a constant axis is exactly 0.

    >>> codes = np.array([[1.0, 0.1, 2.0], [3.0, 0.1, 4.0], [5.0, 0.1, 0.0]], np.float32)
    >>> block_covariance(codes, (CodeBlock((1,)), CodeBlock((2, 0)))).sigma.tolist()
    [[0.0, 0.0, 0.0], [0.0, 4.0, -2.0], [0.0, -2.0, 4.0]]
    """
    parts = [block.values(codes) for block in blocks]
    values = np.concatenate(parts, axis=1)
    varies = (values != values[:1]).any(axis=0)  # the mean of a constant may differ from it in the last bit
    centred = np.where(varies, values - values.mean(axis=0), 0.0)
    owner = np.repeat(np.arange(len(blocks)), [part.shape[1] for part in parts])
    return BlockCovariance(centred.T @ centred / (len(values) - 1), owner)


def within_blocks(sigma: Float[ndarray, "d d"], owner: Int[ndarray, "d"]) -> Float[ndarray, "d d"]:
    """The covariance of independent blocks, each distributed as it is alone: 0 wherever two axes are of two blocks.

    >>> within_blocks(np.ones((3, 3)), np.array([0, 0, 1])).tolist()
    [[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    """
    return np.where(owner[:, None] == owner, sigma, 0.0)
