"""Entropy and mutual information of discrete variables, from the frequencies of their joint values."""

import numpy as np
from jaxtyping import Int
from numpy import ndarray


def mutual_information(first: Int[ndarray, "n"], second: Int[ndarray, "n"]) -> float:
    """sum over a, b of p(a, b) log(p(a, b) / (p(a) p(b))), nats; any integers are labels.

    The plug-in estimate: independent variables of A and B values score about (A - 1)(B - 1) / 2n, not 0.

    >>> round(mutual_information(np.array([0, 0, 1, 1]), np.array([-3, -3, 5, 5])), 6)
    0.693147
    """
    return entropy(first) + entropy(second) - _entropy_of_counts(_joint_counts(first, second))


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
    counts = np.bincount(rows * len(values) + columns)
    return counts[counts > 0]


def _entropy_of_counts(counts: Int[ndarray, "values"]) -> float:
    frequency = counts / counts.sum()
    return float(-(frequency * np.log(frequency)).sum())
