"""The search for the best split of every node against a loop over every threshold."""

import numpy as np
import pytest
import torch

from equilab.metrics.boosting.presorted import presort
from equilab.metrics.boosting.splits import Members, best_splits


def slow_best(values: np.ndarray, residual: np.ndarray, weight: np.ndarray) -> float:
    """The largest c^2 / (n (N - n)) over all features and thresholds of one node's rows."""
    best, total = -1.0, weight.sum()
    for column in values.T:
        for threshold in np.unique(column)[:-1]:
            left = column <= threshold
            n = weight[left].sum()
            best = max(best, residual[left].sum() ** 2 / (n * (total - n)))
    return best


@pytest.mark.parametrize("decimals", [8, 1, 0])
@pytest.mark.parametrize("weights", [1, 4])
def test_the_search_skips_nothing_that_is_better(decimals, weights):
    """Noise is the hard case: many blocks hold nearly the best threshold. Rounded values give ties across blocks."""
    rng = np.random.default_rng(0)
    n, d, nodes, classes = 400, 3, 2, 5
    values = rng.standard_normal((n, d)).round(decimals).astype(np.float32)
    weight = rng.integers(1, weights + 1, n).astype(np.float64)
    node = rng.integers(nodes, size=(n, classes))
    residual = rng.standard_normal((n, classes)) * (rng.random((n, classes)) < 0.3)
    total = np.array([[weight[node[:, k] == m].sum() for k in range(classes)] for m in range(nodes)])
    for m in range(nodes):
        for k in range(classes):
            own = node[:, k] == m
            residual[own, k] -= weight[own] * residual[own, k].sum() / total[m, k]
    data = presort(torch.from_numpy(values), torch.from_numpy(weight).float())
    padded = [np.vstack([part, np.zeros((1, classes))]) for part in (node, residual)]
    members = Members(
        torch.from_numpy((padded[0] * classes + np.arange(classes)).astype(np.int64).ravel()),
        torch.arange(n + 1).repeat_interleave(classes),
        torch.from_numpy(padded[1].ravel()).float(),
        data.weight.repeat_interleave(classes),
    )
    splits = best_splits(data, members, torch.from_numpy(total).float(), torch.rand(nodes, classes, d))
    for m in range(nodes):
        for k in range(classes):
            own = node[:, k] == m
            assert bool(splits.found[m, k])
            expected = slow_best(values[own], residual[own, k], weight[own])
            assert float(splits.gain[m, k]) == pytest.approx(expected, rel=1e-4)
            left = own & (values[:, int(splits.feature[m, k])] <= float(splits.last[m, k]))
            assert float(splits.left_weight[m, k]) == weight[left].sum()
            assert float(splits.left_sum[m, k]) == pytest.approx(residual[left, k].sum(), rel=1e-4)
