"""Loss-capacity curves: probes against ridge regressions one by one, and areas with closed forms."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from equilab.metrics.supervised.loss_capacity import explicitness_of_curve, probe_losses, random_features

CAPACITIES = np.arange(5.0)


def test_losses_are_those_of_ridge_regressions_one_by_one():
    rng = np.random.default_rng(0)
    features, targets = rng.standard_normal((80, 12)), rng.standard_normal((80, 3))
    found = probe_losses(features[:50], targets[:50], features[50:], targets[50:], sizes=(1, 4, 12))
    for losses, size in zip(found, (1, 4, 12), strict=True):
        probe = Ridge(alpha=1e-6 * 50, fit_intercept=False).fit(features[:50, :size], targets[:50])
        expected = ((probe.predict(features[50:, :size]) - targets[50:]) ** 2).mean(axis=0)
        np.testing.assert_allclose(losses, expected, rtol=1e-6)


def test_waves_are_of_variance_one_and_dead_axes_change_nothing():
    codes = np.random.default_rng(0).standard_normal((2000, 3))
    features = random_features(codes, num=50, rng=np.random.default_rng(1))
    assert features.shape == (2000, 54)
    np.testing.assert_array_equal(features[:, :4], np.column_stack([np.ones(2000), codes]))
    assert (features[:, 4:] ** 2).mean() == pytest.approx(1, abs=0.15)
    padded = random_features(np.column_stack([codes, np.zeros(2000)]), num=50, rng=np.random.default_rng(1))
    np.testing.assert_array_equal(padded[:, 5:], features[:, 4:])


def test_a_curve_that_is_at_its_least_at_once_has_one():
    for least in (0.0, 0.3):
        assert explicitness_of_curve(CAPACITIES, np.full(5, least), baseline=1.0) == 1


def test_a_curve_that_falls_evenly_from_the_baseline_has_zero():
    for least in (0.0, 0.6):
        losses = np.linspace(1, least, 5)
        assert explicitness_of_curve(CAPACITIES, losses, baseline=1.0) == pytest.approx(0)


def test_a_curve_that_falls_only_at_the_end_has_minus_one_but_for_the_last_step():
    """Area of 3 steps at height 1 and half of the last, of 4 / 2: 1 - 3.5 / 2."""
    assert explicitness_of_curve(CAPACITIES, np.array([1.0, 1, 1, 1, 0]), baseline=1.0) == pytest.approx(-0.75)


def test_a_loss_that_rises_again_counts_by_the_least_before():
    rising = np.array([0.5, 0.2, 0.9, 0.1, 5.0])
    flat = np.array([0.5, 0.2, 0.2, 0.1, 0.1])
    assert explicitness_of_curve(CAPACITIES, rising, baseline=1.0) == explicitness_of_curve(
        CAPACITIES, flat, baseline=1.0
    )


def test_the_scale_of_the_loss_does_not_matter():
    losses = np.array([0.7, 0.5, 0.3, 0.3, 0.2])
    expected = explicitness_of_curve(CAPACITIES, losses, baseline=1.0)
    assert explicitness_of_curve(10 * CAPACITIES, 40 * losses, baseline=40.0) == pytest.approx(expected)


def test_where_nothing_is_learned_nothing_is_explicit():
    """Without that rule a code of noise, whose first probe may be luckiest, would have 1."""
    assert explicitness_of_curve(CAPACITIES, np.full(5, 1.3), baseline=1.0) == 0
    lucky = np.array([0.999, 1.1, 1.2, 1.3, 1.4])
    assert explicitness_of_curve(CAPACITIES, lucky, baseline=1.0) == 1
    assert explicitness_of_curve(CAPACITIES, lucky, baseline=1.0, least_gain=0.01) == 0
