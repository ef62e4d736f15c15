"""The axes of all blocks of a code side by side, as Gaussian scores read them."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from equilab.errors import DataError, ShapeError
from equilab.latents import CodeBlock
from equilab.metrics.arguments import checked_labels, checked_numbers

_ROUNDING = 1e-6  # of the largest entry; covariances of float32 codes are no better


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


def checked_covariance(sigma: Float[ndarray, "d d"], owner: Int[ndarray, "d"] | None) -> BlockCovariance:
    """A covariance (d, d) and the block of each of its axes, by default each its own.

    Raises ShapeError or DataError for a matrix that is not square, symmetric and without negative eigenvalues, or for
    owners that are no integers (d,).
    """
    square = isinstance(sigma, ndarray) and sigma.shape == (0, 0)  # what is left of one block without itself
    sigma = sigma if square else checked_numbers(sigma, "sigma", "(d, d)").astype(np.float64)
    if len(set(sigma.shape)) > 1:
        raise ShapeError("sigma", expected="(d, d)", got=sigma.shape)
    owner = np.arange(len(sigma)) if owner is None else owner
    owner = owner if square else checked_labels(owner, "owner", "(d,)")
    if len(owner) != len(sigma):
        raise ShapeError("owner", expected=f"({len(sigma)},), the block of each axis", got=owner.shape)
    largest = np.abs(sigma).max(initial=0.0)
    if np.abs(sigma - sigma.T).max(initial=0.0) > _ROUNDING * largest:
        raise DataError("sigma", expected="a symmetric matrix", got="one that is not")
    if largest and np.linalg.eigvalsh(sigma)[0] < -_ROUNDING * largest:
        raise DataError("sigma", expected="a covariance", got="a matrix with negative eigenvalues")
    return BlockCovariance(sigma, owner)


def within_blocks(sigma: Float[ndarray, "d d"], owner: Int[ndarray, "d"]) -> Float[ndarray, "d d"]:
    """The covariance of independent blocks, each distributed as it is alone: 0 wherever two axes are of two blocks.

    >>> within_blocks(np.ones((3, 3)), np.array([0, 0, 1])).tolist()
    [[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    """
    return np.where(owner[:, None] == owner, sigma, 0.0)
