"""Cells that make the blocks of a code discrete: equal widths, equal angles, or clusters."""

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from equilab.latents import Block, block_values


def discretise(
    codes: Float[ndarray, "n d"], blocks: tuple[Block, ...], *, cells: int, rng: np.random.Generator
) -> Int[ndarray, "n blocks"]:
    """The cell 0 ... cells - 1 of each code in each block.

    One axis: equal widths over its own range. A circle: equal angles, one cell if it has collapsed (`block_values`).
    Several axes of R^m: k-means clusters (scikit-learn's KMeans, one k-means++ start, seeded from `rng`).

    >>> angle = np.linspace(0, 2 * np.pi, 9)[:8]
    >>> codes = np.stack([np.cos(angle), np.sin(angle), angle], 1)
    >>> blocks = (Block((0, 1), "circle"), Block((2,)))
    >>> discretise(codes, blocks, cells=4, rng=np.random.default_rng(0))[:, 1].tolist()
    [0, 0, 1, 1, 2, 2, 3, 3]
    """
    found = np.empty((len(codes), len(blocks)), np.int64)
    for index, block in enumerate(blocks):
        values = block_values(codes, block)
        if len(block.axes) == 1:
            found[:, index] = equal_widths(values[:, 0], cells)
        elif block.manifold == "circle":
            found[:, index] = equal_angles(values, cells)
        else:
            found[:, index] = clusters(values, cells, rng=rng)
    return found


def equal_widths(values: Float[ndarray, "n"], cells: int) -> Int[ndarray, "n"]:
    """The interval of each value among `cells` of one width from the least to the largest; one cell if all are equal.

    The same as np.digitize(values, np.histogram(values, cells)[1][:-1]) - 1, as Locatello et al. 2019 bin, in float64.

    >>> equal_widths(np.array([0.0, 0.4, 0.6, 1.0]), 2).tolist()
    [0, 0, 1, 1]
    """
    values = values.astype(np.float64)
    lower_edges = np.linspace(values.min(), values.max(), cells + 1)[:-1]
    return np.searchsorted(lower_edges, values, side="right") - 1


def equal_angles(points: Float[ndarray, "n 2"], cells: int) -> Int[ndarray, "n"]:
    """The arc of each point (cosine, sine) among `cells` of one angle, the first of them centred on angle 0.

    >>> equal_angles(np.array([[1.0, -0.01], [1.0, 0.01], [0.0, 2.0], [-1.0, 0.0]]), 4).tolist()
    [0, 0, 1, 2]
    """
    turns = np.arctan2(points[:, 1], points[:, 0]).astype(np.float64) / (2 * np.pi)
    return np.floor(turns * cells + 0.5).astype(np.int64) % cells


def clusters(points: Float[ndarray, "n m"], cells: int, *, rng: np.random.Generator) -> Int[ndarray, "n"]:
    """The k-means cluster of each point; as many clusters as there are different points where those are fewer."""
    from sklearn.cluster import KMeans

    points = np.ascontiguousarray(points, dtype=np.float64)
    num = min(cells, len(np.unique(points, axis=0)))
    return KMeans(num, random_state=int(rng.integers(2**31))).fit_predict(points).astype(np.int64)
