"""The BetaVAE score against slow loops, the closed form of its features, and the mistakes that give another number."""

import numpy as np
import pytest

from equilab.errors import DataError, SettingError
from equilab.latents import parse_blocks
from equilab.metrics import BetaVAEScore, CodeTable
from equilab.metrics.supervised.beta_vae_score import block_distances, sample_points
from tests.refused import refused

SIZES = (3, 6, 10, 8, 8)
FACTORS = np.stack(np.unravel_index(np.arange(np.prod(SIZES)), SIZES), axis=1)
UNIT = (FACTORS - FACTORS.mean(0)) / FACTORS.std(0)
QUICK = BetaVAEScore(num_train=2000, num_test=2000)


def score(codes: np.ndarray, *, metric: BetaVAEScore = QUICK, seed: int = 0, blocks=None):
    return metric(CodeTable(codes, FACTORS), rng=np.random.default_rng(seed), blocks=blocks)


def slow_points(codes: np.ndarray, num: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """The published procedure, one point at a time, sampling factors and looking up the row that shows them."""
    features, shared = np.empty((num, codes.shape[1])), np.empty(num, int)
    for point in range(num):
        shared[point] = rng.integers(5)
        first, second = rng.integers(SIZES, size=(2, 64, 5))
        second[:, shared[point]] = first[:, shared[point]]
        pair = [codes[np.ravel_multi_index(tuple(batch.T), SIZES)] for batch in (first, second)]
        features[point] = np.mean(np.abs(pair[0] - pair[1]), axis=0)
    return features, shared


def test_a_perfect_code_scores_one():
    found = score(UNIT)
    assert found.value == 1
    assert set(found.per_factor.values()) == {1.0}


def test_noise_scores_about_one_in_five():
    noise = np.random.default_rng(0).standard_normal((len(FACTORS), 7))
    assert score(noise, metric=BetaVAEScore()).value == pytest.approx(0.2, abs=0.03)


def test_the_score_is_that_of_the_procedure_written_as_a_loop():
    from sklearn.linear_model import LogisticRegression

    rng = np.random.default_rng(0)
    codes = UNIT @ (np.eye(5, 7) + 0.2 * rng.standard_normal((5, 7))) + 2.5 * rng.standard_normal((len(UNIT), 7))
    train, test = slow_points(codes, 2000, rng), slow_points(codes, 2000, rng)
    slow = LogisticRegression(max_iter=1000).fit(*train).score(*test)
    assert 0.3 < slow < 0.97
    assert score(codes).value == pytest.approx(slow, abs=0.06)  # 4 standard errors of two samples of 2000


def test_features_of_a_perfect_code_have_their_closed_form():
    """E|a - b| of two uniform values among s is (s^2 - 1) / 3s; of the shared factor it is 0."""
    points = sample_points(
        CodeTable(FACTORS, FACTORS), parse_blocks(None, 5), num=1000, batch_size=64, rng=np.random.default_rng(0)
    )
    sizes = np.array(SIZES)
    for factor in range(5):
        found = points.features[points.shared == factor]
        assert not found[:, factor].any()
        expected = np.where(np.arange(5) == factor, 0, (sizes**2 - 1) / (3 * sizes))
        np.testing.assert_allclose(found.mean(axis=0), expected, rtol=0.03)


def test_every_pair_of_a_point_draws_a_value_of_its_own():
    """z = (a + 1) b with a shared: pairs that are independent make the variance over points 1/64 of that of a pair.

    The broken versions: one value of a for the whole point, or one pair in place of 64.
    """
    product = ((FACTORS[:, 2] + 1.0) * FACTORS[:, 3])[:, None]
    table, blocks, rng = CodeTable(product, FACTORS), parse_blocks(None, 1), np.random.default_rng(0)
    points = sample_points(table, blocks, num=4000, batch_size=64, rng=rng)
    variance = points.features[points.shared == 2, 0].var()

    def one_value(num: int) -> np.ndarray:
        value = rng.integers(10, size=(num, 1))
        first, second = rng.integers(8, size=(2, num, 64))
        return np.abs((value + 1) * (first - second)).mean(axis=1)

    a, (b, c) = rng.integers(10, size=100_000), rng.integers(8, size=(2, 100_000))
    pair = np.abs((a + 1) * (b - c)).var()
    assert variance == pytest.approx(pair / 64, rel=0.2)  # 4 standard errors of a variance of 800 points
    assert one_value(800).var() > 10 * pair / 64


def test_points_are_asked_about_each_factor_alike():
    table = CodeTable(UNIT, FACTORS)
    points = sample_points(table, parse_blocks(None, 5), num=5000, batch_size=2, rng=np.random.default_rng(0))
    np.testing.assert_allclose(np.bincount(points.shared), 1000, atol=4 * np.sqrt(800))


def test_features_are_not_normalised():
    table, doubled, blocks = CodeTable(UNIT, FACTORS), CodeTable(2 * UNIT, FACTORS), parse_blocks(None, 5)
    first, second = (
        sample_points(t, blocks, num=50, batch_size=4, rng=np.random.default_rng(0)).features for t in (table, doubled)
    )
    np.testing.assert_array_equal(second, 2 * first)


def test_test_points_are_fresh():
    """A classifier of 20 noise features fits 60 points far better than it predicts others."""
    noise = np.random.default_rng(0).standard_normal((len(FACTORS), 20))
    scores = [score(4 * noise, metric=BetaVAEScore(60, 200), seed=seed).value for seed in range(10)]
    assert np.mean(scores) == pytest.approx(0.2, abs=0.04)


def test_distances_are_those_of_a_loop():
    first, second = np.random.default_rng(0).standard_normal((2, 6, 5))
    found = block_distances(first, second, parse_blocks([(3, 0), 1, (2, 4)], 5))
    for row in range(6):
        difference = first[row] - second[row]
        expected = [np.hypot(difference[3], difference[0]), abs(difference[1]), np.hypot(difference[2], difference[4])]
        np.testing.assert_allclose(found[row], expected)


def test_the_matrix_counts_test_points_and_gives_the_value():
    rng = np.random.default_rng(0)
    found = score(UNIT + 4 * rng.standard_normal(UNIT.shape))
    assert found.matrix.sum() == 2000
    assert 0.2 < found.value < 1
    assert found.value == pytest.approx(np.trace(found.matrix) / 2000)
    for factor, value in enumerate(found.per_factor.values()):
        assert value == pytest.approx(found.matrix[factor, factor] / found.matrix[factor].sum())


def test_codes_of_very_unlike_scales_are_fitted_to_the_end():
    """With scikit-learn's own 100 iterations the solver stops early here, and warns (an error in these tests)."""
    assert score(UNIT * np.array([1, 1, 100, 1, 0.01])).value > 0.99


def test_a_rotated_pair_is_read_as_one_block():
    angle = 2 * np.pi * FACTORS[:, 2] / 10
    codes = np.column_stack([np.cos(angle), np.sin(angle), UNIT[:, [0, 1, 3, 4]]])
    found = score(codes, blocks=[(0, 1), 2, 3, 4, 5])
    assert found.value == 1


def test_a_single_factor_cannot_be_told_apart():
    table = CodeTable(UNIT[:, :1], FACTORS * np.array([1, 0, 0, 0, 0]), ("shape", "a", "b", "c", "d"))
    with refused(DataError, "factors", expected="at least two that vary", got="one: shape"):
        QUICK(table, rng=np.random.default_rng(0))


@pytest.mark.parametrize(
    ("setting", "least"), [("num_train", 2), ("num_test", 1), ("batch_size", 1), ("max_iterations", 1)]
)
def test_settings_that_make_no_sense_are_refused(setting, least):
    with refused(SettingError, setting, expected=f"at least {least}", got=0):
        BetaVAEScore(**{setting: 0})
