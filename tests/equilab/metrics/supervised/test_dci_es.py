"""Explicitness and size of DCI-ES: linear, warped, mixed and unknown codes."""

import numpy as np
import pytest

from equilab.errors import SettingError
from equilab.latents import Circle, CodeBlock
from equilab.metrics import CodeTable
from equilab.metrics.supervised.dci_es import DCIES
from tests.refused import refused

SIZES = (3, 4, 5, 6)
FACTORS = np.stack(np.unravel_index(np.arange(np.prod(SIZES)), SIZES), axis=1)
UNIT = (FACTORS - FACTORS.mean(0)) / FACTORS.std(0)
QUICK = DCIES(1000, 500, 6)


def score(codes: np.ndarray, *, metric: DCIES = QUICK, seed: int = 0, blocks=None, factors: np.ndarray = FACTORS):
    return metric(CodeTable(codes, factors), rng=np.random.default_rng(seed), blocks=blocks)


def parts(found) -> dict[str, float]:
    return {part.name: part.value for part in found.parts}


def test_a_perfect_code_is_explicit_and_so_is_any_invertible_mix_of_it():
    mixing = np.random.default_rng(0).standard_normal((4, 4))
    for codes in (FACTORS, UNIT, UNIT @ mixing, 1000 * UNIT - 5):
        found = score(codes)
        assert found.value == pytest.approx(1, abs=1e-6)
        assert parts(found)["dci_es_informativeness"] == pytest.approx(1, abs=1e-6)


def test_a_warped_code_is_less_explicit_though_it_knows_all():
    warped = UNIT.copy()
    warped[:, 3] = np.array([0.0, 5, 1, 4, 2, 3])[FACTORS[:, 3]]  # the values in another order
    found = score(warped)
    assert found.per_factor["factor3"] < 0.8
    assert found.per_factor["factor0"] > 0.95
    assert parts(found)["dci_es_informativeness"] > 0.95


def test_more_mixing_by_nonlinear_maps_is_less_explicit():
    rng = np.random.default_rng(0)
    first, second = rng.standard_normal((4, 4)), rng.standard_normal((4, 4))
    values = [score(np.sin(strength * UNIT @ first) @ second).value for strength in (0.1, 0.6, 1.5)]
    assert values[0] > 0.9
    assert values[0] > values[1] > values[2]


def test_noise_and_dead_codes_are_not_explicit():
    rng = np.random.default_rng(0)
    factors = rng.integers(SIZES, size=(20_000, 4))
    for codes in (rng.standard_normal((20_000, 5)), np.full((20_000, 2), 0.1)):
        for seed in range(3):
            found = score(codes, factors=factors, seed=seed, metric=DCIES(3000, 3000, 6))
            assert found.value == 0
            assert parts(found)["dci_es_informativeness"] < 0.01


def test_the_size_is_the_number_of_factors_over_that_of_dimensions():
    """A circle is a curve: one dimension, though it has two axes."""
    assert parts(score(UNIT))["dci_es_size"] == 1
    assert parts(score(np.column_stack([UNIT, UNIT])))["dci_es_size"] == 0.5
    assert parts(score(UNIT[:, :2]))["dci_es_size"] == 2
    angle = 2 * np.pi * FACTORS[:, 3] / 6
    codes = np.column_stack([np.cos(angle), np.sin(angle), UNIT[:, :3]])
    assert parts(score(codes, blocks=[CodeBlock((0, 1), Circle()), 2, 3, 4]))["dci_es_size"] == 1
    assert parts(score(codes, blocks=[(0, 1), 2, 3, 4]))["dci_es_size"] == 4 / 5


def test_duplicated_and_dead_codes_change_nothing_but_the_size():
    codes = np.sin(UNIT @ np.random.default_rng(0).standard_normal((4, 4)))
    padded = np.column_stack([codes, np.full(len(codes), 0.1)])
    assert score(padded).value == pytest.approx(score(codes).value, abs=1e-6)
    assert score(np.column_stack([UNIT, UNIT])).value == pytest.approx(1, abs=1e-5)


def test_the_matrix_is_the_loss_of_each_probe_over_the_factors_variance():
    noisy = UNIT + np.random.default_rng(0).standard_normal(UNIT.shape)
    rng = np.random.default_rng(0)
    factors = rng.integers(SIZES, size=(20_000, 4))
    codes = (factors - factors.mean(0)) / factors.std(0)
    noisy = codes + rng.standard_normal(codes.shape)
    found = score(noisy, factors=factors, metric=DCIES(8000, 8000, 4))
    assert found.rows == ("0", "2", "4", "8", "16")
    np.testing.assert_allclose(found.matrix[0], 0.5, atol=0.05)  # signal and noise of one variance


def test_names_and_gaps_of_factor_values_do_not_matter():
    renamed = FACTORS * [7, 100, 3, 10**6] - 5
    assert score(UNIT, factors=renamed).value == score(UNIT).value


@pytest.mark.parametrize(
    ("setting", "value"), [("num_train", 1), ("num_test", 0), ("doublings", 0), ("least_gain", 1.0)]
)
def test_settings_that_make_no_sense_are_refused(setting, value):
    with refused(SettingError, setting, got=value):
        DCIES(**{setting: value})
