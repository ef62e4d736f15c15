"""What discrete blocks know of factors: the information that MIG and the scores built like it are read from."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from equilab.latents import Block
from equilab.metrics.code_table import CodeTable
from equilab.metrics.discretise import discretise
from equilab.metrics.mutual_information import entropy, mutual_information_matrix


class HistogramInformation(NamedTuple):
    """Mutual information of each block, in cells, with each factor that varies; entropies of both; all in nats."""

    information: Float[ndarray, "blocks factors"]
    block_entropies: Float[ndarray, "blocks"]
    factor_entropies: Float[ndarray, "factors"]


def histogram_information(
    table: CodeTable, blocks: tuple[Block, ...], *, bins: int, num_samples: int, rng: np.random.Generator
) -> HistogramInformation:
    """The information of a sample of a table, each block in `bins` cells, as MIG estimates it and from the same draws.

    One axis: equal widths of its own range; circle: equal angles; several axes: k-means. Factors: their raw values.

    >>> table = CodeTable(np.arange(4.0)[:, None], np.arange(4)[:, None])
    >>> found = histogram_information(table, (Block((0,)),), bins=20, num_samples=10_000, rng=np.random.default_rng(0))
    >>> bool(np.allclose(found.information, found.factor_entropies))
    True
    """
    rows = table.sample(num_samples, rng)
    cells = discretise(table.codes[rows], blocks, cells=bins, rng=rng)
    factors = table.factors[rows][:, list(table.scored)]
    return HistogramInformation(
        mutual_information_matrix(cells, factors),
        np.array([entropy(cell) for cell in cells.T]),
        np.array([entropy(factor) for factor in factors.T]),
    )


def normalised_information(found: HistogramInformation) -> Float[ndarray, "blocks factors"]:
    """Information over the factor's entropy, 0 to 1; 0 for a factor that the sample shows one value of.

    >>> found = HistogramInformation(np.array([[0.5, 0.0]]), np.array([0.5]), np.array([2.0, 0.0]))
    >>> normalised_information(found).tolist()
    [[0.25, 0.0]]
    """
    entropies = np.broadcast_to(found.factor_entropies, found.information.shape)
    return np.divide(found.information, entropies, out=np.zeros_like(found.information), where=entropies > 0)


def mean_by_best(values: Float[ndarray, "n"], best: Int[ndarray, "n"], size: int) -> Float[ndarray, "size"]:
    """The mean of the values whose best is each of 0 ... size - 1; 0 where that is none.

    >>> mean_by_best(np.array([0.5, 1.0, 0.25]), np.array([2, 2, 0]), 3).tolist()
    [0.25, 0.0, 0.75]
    """
    counts = np.bincount(best, minlength=size)
    return np.bincount(best, values, minlength=size) / np.maximum(counts, 1)
