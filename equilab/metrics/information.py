"""Information of codes about factors: blocks in cells, entropy, mutual information, all from frequencies."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from equilab.errors import ShapeError
from equilab.latents import CodeBlock
from equilab.metrics.arguments import checked_labels
from equilab.metrics.code_table import CodeTable

_ROUNDING = 1e-12  # nats


class HistogramInformation(NamedTuple):
    """Mutual information of each block, in cells, with each factor that varies; entropies of both; all in nats."""

    information: Float[ndarray, "blocks factors"]
    block_entropies: Float[ndarray, "blocks"]
    factor_entropies: Float[ndarray, "factors"]


def histogram_information(
    table: CodeTable, blocks: tuple[CodeBlock, ...], *, bins: int, num_samples: int, rng: np.random.Generator
) -> HistogramInformation:
    """The information of `num_samples` observations of a table, each block in `bins` cells (see `discretise`).

    Factors: their raw values. MIG and the scores built like it read their numbers from here.

    >>> table = CodeTable(np.arange(4.0)[:, None], np.arange(4)[:, None])
    >>> blocks, rng = (CodeBlock((0,)),), np.random.default_rng(0)
    >>> found = histogram_information(table, blocks, bins=20, num_samples=10_000, rng=rng)
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


def discretise(
    codes: Float[ndarray, "n d"], blocks: tuple[CodeBlock, ...], *, cells: int, rng: np.random.Generator
) -> Int[ndarray, "n blocks"]:
    """The cell 0 ... cells - 1 of each code in each block.

    A block with cells of its own (`Block.cells`): these. One axis: equal widths over its own range. Several axes:
    k-means clusters (scikit-learn's KMeans, one k-means++ start, seeded from `rng`).

    >>> codes = np.arange(8.0)[:, None]
    >>> discretise(codes, (CodeBlock((0,)),), cells=4, rng=np.random.default_rng(0))[:, 0].tolist()
    [0, 0, 1, 1, 2, 2, 3, 3]
    """
    found = np.empty((len(codes), len(blocks)), np.int64)
    for index, block in enumerate(blocks):
        values = block.values(codes)
        own = block.manifold.cells(values, cells)
        if own is not None:
            found[:, index] = own
        elif values.shape[1] == 1:
            found[:, index] = equal_widths(values[:, 0], cells)
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


def clusters(points: Float[ndarray, "n m"], cells: int, *, rng: np.random.Generator) -> Int[ndarray, "n"]:
    """The k-means cluster of each point; as many clusters as there are different points where those are fewer."""
    from sklearn.cluster import KMeans

    points = np.ascontiguousarray(points, dtype=np.float64)
    num = min(cells, len(np.unique(points, axis=0)))
    return KMeans(num, random_state=int(rng.integers(2**31))).fit_predict(points).astype(np.int64)


def mutual_information(first: Int[ndarray, "n"], second: Int[ndarray, "n"]) -> float:
    """sum over a, b of p(a, b) log(p(a, b) / (p(a) p(b))), nats; any integers are labels.

    The plug-in estimate: independent variables of A and B values score about (A - 1)(B - 1) / 2n, not 0.

    >>> round(mutual_information(np.array([0, 0, 1, 1]), np.array([-3, -3, 5, 5])), 6)
    0.693147
    """
    first, second = checked_labels(first, "first", "(n,)"), checked_labels(second, "second", "(n,)")
    return float(mutual_information_matrix(first[:, None], second[:, None])[0, 0])


def mutual_information_matrix(first: Int[ndarray, "n a"], second: Int[ndarray, "n b"]) -> Float[ndarray, "a b"]:
    """The mutual information, nats, of each column of `first` with each column of `second`.

    The plug-in estimate of `mutual_information`, each column's labels numbered once. What is below 1e-12 is the
    rounding error of three entropies, and 0: a ratio of such errors would look like a score.

    >>> labels = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    >>> mutual_information_matrix(labels, labels).round(6).tolist()
    [[0.693147, 0.0], [0.0, 0.693147]]
    """
    first, second = checked_labels(first, "first", "(n, a)"), checked_labels(second, "second", "(n, b)")
    if len(first) != len(second):
        raise ShapeError("second", expected=f"{len(first)} rows, as many as the first", got=len(second))
    numbered = [np.unique(column, return_inverse=True)[1] for column in second.T]
    sizes = [int(column.max()) + 1 for column in numbered]
    information = np.empty((first.shape[1], second.shape[1]))
    for row, column in enumerate(first.T):
        cells = np.unique(column, return_inverse=True)[1]
        for index, (labels, size) in enumerate(zip(numbered, sizes, strict=True)):
            joint = np.bincount(cells * size + labels, minlength=(int(cells.max()) + 1) * size).reshape(-1, size)
            information[row, index] = (
                _entropy_of_counts(joint.sum(axis=1))
                + _entropy_of_counts(joint.sum(axis=0))
                - _entropy_of_counts(joint.ravel())
            )
    return np.where(information > _ROUNDING, information, 0.0)


def entropy(labels: Int[ndarray, "n"]) -> float:
    """-sum p log p over the labels' frequencies, nats.

    >>> round(entropy(np.array([0, 0, 1, 1])), 6)
    0.693147
    """
    return _entropy_of_counts(np.unique(checked_labels(labels, "labels", "(n,)"), return_counts=True)[1])


def _entropy_of_counts(counts: Int[ndarray, "values"]) -> float:
    """-sum p log p of how often each value occurs, 0 or more."""
    counts = counts[counts > 0]
    frequency = counts / counts.sum()
    return float(-(frequency * np.log(frequency)).sum())
