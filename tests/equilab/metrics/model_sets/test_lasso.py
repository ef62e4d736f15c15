"""The Lasso of many targets is scikit-learn's, one target at a time."""

import numpy as np
import pytest
from sklearn.linear_model import Lasso

from equilab.metrics.model_sets.lasso import lasso


@pytest.mark.parametrize("alpha", [0.01, 0.1, 0.5])
def test_it_is_scikit_learns_lasso_run_to_convergence(alpha):
    rng = np.random.default_rng(0)
    inputs = rng.standard_normal((300, 6)) @ rng.standard_normal((6, 6))
    inputs = (inputs - inputs.mean(0)) / inputs.std(0)
    targets = inputs @ rng.standard_normal((6, 4)) + 0.3 * rng.standard_normal((300, 4))
    targets -= targets.mean(0)
    expected = Lasso(alpha=alpha, tol=1e-10, max_iter=100_000).fit(inputs, targets).coef_.T
    assert (expected == 0).any() or alpha == 0.01
    np.testing.assert_allclose(lasso(inputs, targets, alpha=alpha), expected, atol=1e-5)


def test_a_weight_meets_the_condition_of_optimality():
    """X'(y - X w) / n is alpha sign(w) where w is not 0, and at most alpha where it is."""
    rng = np.random.default_rng(1)
    inputs, targets = rng.standard_normal((200, 5)), rng.standard_normal((200, 3))
    targets += inputs[:, :3]
    weights = lasso(inputs, targets, alpha=0.2)
    slope = inputs.T @ (targets - inputs @ weights) / 200
    used = weights != 0
    assert 3 <= used.sum() < 15
    np.testing.assert_allclose(slope[used], 0.2 * np.sign(weights[used]), atol=1e-6)
    assert (np.abs(slope[~used]) <= 0.2 + 1e-6).all()


def test_dead_and_duplicated_inputs_give_finite_weights():
    x = np.random.default_rng(2).standard_normal((100, 1))
    weights = lasso(np.hstack([x, x, 0 * x]), x, alpha=0.1)
    assert weights[2, 0] == 0
    assert weights[:2].sum() == pytest.approx(1 - 0.1 / np.mean(x**2), abs=1e-6)
    assert lasso(x[:, :0], x, alpha=0.1).shape == (0, 1)
