"""The trees of a stage, node by node, against scikit-learn's trees for the same residuals."""

import math

import numpy as np
import pytest
import torch
from sklearn.ensemble import GradientBoostingClassifier

from equilab.metrics.boosting.presorted import presort
from equilab.metrics.boosting.stage import Trees, grow

DEPTH = 3
NODES = 2**DEPTH - 1


def oracle_splits(tree) -> tuple[np.ndarray, np.ndarray]:
    """Feature (-1: none) and threshold of each node of a scikit-learn tree, numbered level by level."""
    feature, threshold = np.full(NODES, -1), np.full(NODES, np.inf)
    waiting = [(0, 0)]
    for node, place in waiting:
        if place < NODES and tree.feature[node] >= 0:
            feature[place], threshold[place] = tree.feature[node], tree.threshold[node]
            waiting += [(tree.children_left[node], 2 * place + 1), (tree.children_right[node], 2 * place + 2)]
    return feature, threshold


def exact_gain(values: np.ndarray, residual: np.ndarray, threshold: float) -> float:
    """c^2 / (n (N - n)) of one split of a node's rows, its sums rounded once."""
    left = values <= threshold
    n, total = int(left.sum()), len(left)
    centred = math.fsum(residual[left]) - n * math.fsum(residual) / total
    return centred**2 / (n * (total - n))


def same_or_tied(features: np.ndarray, residual: np.ndarray, ours, oracle) -> tuple[int, int]:
    """How many nodes have one and the same split, and how many another that gains as much; fails for any other."""
    equal = tied = 0
    waiting = [(0, np.ones(len(features), bool))]
    for place, rows in waiting:
        (own, own_threshold), (theirs, their_threshold) = ((part[0][place], part[1][place]) for part in (ours, oracle))
        if np.ptp(residual[rows]) < 1e-9:  # nothing to gain: scikit-learn splits some of these, which changes no leaf
            continue
        if own == theirs and own_threshold == pytest.approx(their_threshold, rel=1e-6, abs=1e-6):
            equal += 1
            left = features[:, own] <= their_threshold
            if own >= 0 and 2 * place + 2 < NODES:
                waiting += [(2 * place + 1, rows & left), (2 * place + 2, rows & ~left)]
        else:
            assert own >= 0 <= theirs
            gains = [
                exact_gain(features[rows, feature], residual[rows], threshold)
                for feature, threshold in ((own, own_threshold), (theirs, their_threshold))
            ]
            assert gains[0] == pytest.approx(gains[1], rel=1e-6)
            tied += 1
    return equal, tied


def compare_stages(features: np.ndarray, labels: np.ndarray, stages: int) -> tuple[int, int]:
    """Ours grown from the residuals that scikit-learn had at each stage: nodes equal, nodes tied."""
    oracle = GradientBoostingClassifier(n_estimators=stages, random_state=0).fit(features, labels)
    classes = oracle.estimators_.shape[1]
    observed = (labels[:, None] == np.unique(labels)).astype(float)
    data = presort(torch.from_numpy(features), torch.ones(len(features)))
    scale = torch.full((classes,), 0.1 * (classes - 1) / classes, dtype=torch.float64)
    generator = torch.Generator().manual_seed(0)
    raw = np.log(observed.mean(0)) + np.zeros(observed.shape)
    equal = tied = 0
    for stage in oracle.estimators_:
        expected = np.exp(raw) / np.exp(raw).sum(1, keepdims=True)
        residual = observed - expected
        trees, added = grow(
            data,
            torch.from_numpy(residual),
            torch.from_numpy(expected * (1 - expected)),
            depth=DEPTH,
            scale=scale,
            priority=torch.rand(NODES, classes, features.shape[1], generator=generator),
        )
        for column, estimator in enumerate(stage):
            ours, theirs = our_splits(trees, column), oracle_splits(estimator.tree_)
            counts = same_or_tied(features, residual[:, column], ours, theirs)
            equal, tied = equal + counts[0], tied + counts[1]
            step = 0.1 * estimator.predict(features)
            if np.array_equal(ours[0], theirs[0]) and np.allclose(ours[1], theirs[1], atol=1e-6):
                np.testing.assert_allclose(added[:, column].numpy(), step, rtol=1e-9, atol=1e-12)
            raw[:, column] += step
    return equal, tied


def our_splits(trees: Trees, column: int) -> tuple[np.ndarray, np.ndarray]:
    threshold = trees.threshold[:, column].numpy()
    return np.where(np.isfinite(threshold), trees.feature[:, column].numpy(), -1), threshold


def informative(n: int, classes: int, *, decimals: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    labels = rng.integers(classes, size=n)
    features = np.outer(labels, [1, 0.5, 0, 0, 0]) + rng.standard_normal((n, 5))
    return features.round(decimals).astype(np.float32), labels


@pytest.mark.parametrize("decimals", [8, 1], ids=["all values differ", "many values equal"])
@pytest.mark.parametrize("classes", [3, 7])
def test_every_split_is_that_of_scikit_learn_or_gains_exactly_as_much(classes, decimals):
    """Broken versions: a bound that skips the best block, thresholds not midway, float32 sums of a leaf."""
    equal, tied = compare_stages(*informative(600, classes, decimals=decimals), stages=6)
    assert equal > 4 * tied > 0


def test_on_noise_too():
    """The hard case: the best of many thresholds that gain about as little."""
    rng = np.random.default_rng(0)
    equal, tied = compare_stages(rng.standard_normal((3000, 5)).astype(np.float32), rng.integers(4, size=3000), 5)
    assert equal > 4 * tied
