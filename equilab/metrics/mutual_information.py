"""Entropy and mutual information of discrete variables, from the frequencies of their joint values."""

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

_ROUNDING = 1e-12  # nats


def mutual_information(first: Int[ndarray, "n"], second: Int[ndarray, "n"]) -> float:
    """sum over a, b of p(a, b) log(p(a, b) / (p(a) p(b))), nats; any integers are labels.

    The plug-in estimate: independent variables of A and B values score about (A - 1)(B - 1) / 2n, not 0.

    >>> round(mutual_information(np.array([0, 0, 1, 1]), np.array([-3, -3, 5, 5])), 6)
    0.693147
    """
    return entropy(first) + entropy(second) - _entropy_of_counts(_joint_counts(first, second))


def mutual_information_matrix(first: Int[ndarray, "n a"], second: Int[ndarray, "n b"]) -> Float[ndarray, "a b"]:
    """The mutual information, nats, of each column of `first` with each column of `second`.

    The plug-in estimate of `mutual_information`, each column's labels numbered once. What is below 1e-12 is the
    rounding error of three entropies, and 0: a ratio of such errors would look like a score.

    >>> labels = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    >>> mutual_information_matrix(labels, labels).round(6).tolist()
    [[0.693147, 0.0], [0.0, 0.693147]]
    """
    numbered = [np.unique(column, return_inverse=True)[1] for column in second.T]
    sizes = [int(column.max()) + 1 for column in numbered]
    information = np.empty((first.shape[1], second.shape[1]))
    for row, column in enumerate(first.T):
        cells = np.unique(column, return_inverse=True)[1]
        for index, (labels, size) in enumerate(zip(numbered, sizes, strict=True)):
            joint = np.bincount(cells * size + labels, minlength=(int(cells.max()) + 1) * size).reshape(-1, size)
            information[row, index] = (
                _entropy_of_counts(_present(joint.sum(axis=1)))
                + _entropy_of_counts(_present(joint.sum(axis=0)))
                - _entropy_of_counts(_present(joint.ravel()))
            )
    return np.where(information > _ROUNDING, information, 0.0)


def entropy(labels: Int[ndarray, "n"]) -> float:
    """-sum p log p over the labels' frequencies, nats.

    >>> round(entropy(np.array([0, 0, 1, 1])), 6)
    0.693147
    """
    return _entropy_of_counts(np.unique(labels, return_counts=True)[1])


def _joint_counts(first: Int[ndarray, "n"], second: Int[ndarray, "n"]) -> Int[ndarray, "pairs"]:
    """How often each pair of labels occurs, of those that do."""
    rows = np.unique(first, return_inverse=True)[1]
    values, columns = np.unique(second, return_inverse=True)
    return _present(np.bincount(rows * len(values) + columns))


def _present(counts: Int[ndarray, "values"]) -> Int[ndarray, "present"]:
    """The counts of what occurs."""
    return counts[counts > 0]


def _entropy_of_counts(counts: Int[ndarray, "values"]) -> float:
    frequency = counts / counts.sum()
    return float(-(frequency * np.log(frequency)).sum())
