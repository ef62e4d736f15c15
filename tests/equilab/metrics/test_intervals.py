"""Intervals hold what they say they hold, as often as they say."""

import numpy as np
import pytest
from scipy import stats

from equilab.errors import DataError, SettingError
from equilab.metrics import bootstrap_interval, sampling_interval
from tests.refused import refused


@pytest.mark.parametrize("n", [2, 20])
def test_a_sampling_interval_holds_one_further_value_as_often_as_it_says(n):
    rng = np.random.default_rng(n)
    held = 0
    for _ in range(1_500):
        *values, further = rng.normal(0.4, 0.05, n + 1)
        low, high = sampling_interval(values)
        held += low <= further <= high
    assert held / 1_500 == pytest.approx(0.95, abs=0.018)


@pytest.mark.parametrize(("n", "coverage"), [(3, 0.73), (5, 0.84)])
def test_a_bootstrap_interval_covers_the_mean_as_often_as_its_docstring_says(n, coverage):
    rng = np.random.default_rng(n)
    intervals = [bootstrap_interval(rng.standard_normal(n), rng=rng, resamples=300) for _ in range(1_000)]
    assert np.mean([low <= 0 <= high for low, high in intervals]) == pytest.approx(coverage, abs=0.035)


def test_a_bootstrap_interval_is_scipys():
    values = np.random.default_rng(0).beta(2, 5, size=12)
    expected = stats.bootstrap(
        (values,), np.mean, method="percentile", rng=np.random.default_rng(1)
    ).confidence_interval
    found = bootstrap_interval(values, rng=np.random.default_rng(2), resamples=20_000)
    assert found == pytest.approx((expected.low, expected.high), abs=0.004)


def test_a_sampling_interval_is_the_closed_form():
    low, high = sampling_interval([1.0, 2.0, 3.0, 4.0], confidence=0.9)
    reach = stats.t.ppf(0.95, 3) * np.std([1, 2, 3, 4], ddof=1) * np.sqrt(1.25)
    assert (low, high) == pytest.approx((2.5 - reach, 2.5 + reach))


def test_intervals_shift_and_scale_with_the_values_and_grow_with_confidence():
    values = np.array([0.1, 0.4, 0.2, 0.5])
    for interval in (
        sampling_interval,
        lambda values, **options: bootstrap_interval(values, rng=np.random.default_rng(0), **options),
    ):
        low, high = interval(values)
        assert interval(10 * values + 3) == pytest.approx((10 * low + 3, 10 * high + 3))
        wide = interval(values, confidence=0.99)
        assert wide.low <= low < values.mean() < high <= wide.high
        assert wide != (low, high)


def test_equal_values_have_an_interval_of_no_width():
    assert sampling_interval([0.5, 0.5]) == (0.5, 0.5)
    assert bootstrap_interval([0.5, 0.5], rng=np.random.default_rng(0)) == (0.5, 0.5)


def test_a_bootstrap_interval_lies_within_the_values_and_is_one_for_one_seed():
    values = np.array([0.1, 0.9])
    first, again = (bootstrap_interval(values, rng=np.random.default_rng(3)) for _ in range(2))
    assert first == again == (0.1, 0.9)


def test_mistakes_are_explained():
    rng = np.random.default_rng(0)
    with refused(DataError, "values", expected="two or more", got=1, hint="seeds"):
        bootstrap_interval([0.5], rng=rng)
    with refused(DataError, "values", got=0):
        sampling_interval([])
    with refused(DataError, "values", expected="finite", got=np.nan):
        sampling_interval([0.5, np.nan])
    for confidence in (0.0, 1.0, 95.0, np.nan):
        with refused(SettingError, "confidence", expected="between 0 and 1", got=confidence):
            sampling_interval([0.5, 0.6], confidence=confidence)
    with refused(SettingError, "resamples", expected="at least 1", got=0):
        bootstrap_interval([0.5, 0.6], rng=rng, resamples=0)
