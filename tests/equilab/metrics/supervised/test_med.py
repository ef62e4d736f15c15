"""MED against scipy and scikit-learn, and the closed forms of its entropies."""

import numpy as np
import pytest
from scipy.stats import entropy
from sklearn.metrics import mutual_info_score

from equilab.errors import SettingError
from equilab.metrics import CodeTable
from equilab.metrics.supervised.med import MED, column_shares, concentration
from tests.refused import refused

SIZES = (3, 4, 5, 6)
FACTORS = np.stack(np.unravel_index(np.arange(np.prod(SIZES)), SIZES), axis=1)


def score(codes: np.ndarray, *, seed: int = 0, blocks=None, factors: np.ndarray = FACTORS):
    return MED()(CodeTable(codes, factors), rng=np.random.default_rng(seed), blocks=blocks)


def entangled() -> np.ndarray:
    rng = np.random.default_rng(0)
    return FACTORS @ (np.eye(4, 6) + 0.4 * rng.standard_normal((4, 6))) + rng.standard_normal((len(FACTORS), 6))


def test_the_score_is_that_of_the_published_procedure():
    codes = entangled()
    rows = CodeTable(codes, FACTORS).sample(10_000, np.random.default_rng(7))
    cells = [np.digitize(code, np.histogram(code, 20)[1][:-1]) for code in codes[rows].T]
    information = np.array([[mutual_info_score(factor, cell) for factor in FACTORS[rows].T] for cell in cells])
    importance = information / information.sum(axis=0)
    of_codes, of_factors = 1 - entropy(importance.T, base=4), 1 - entropy(importance, base=6)
    found = score(codes, seed=7)
    assert found.value == pytest.approx((of_codes * importance.sum(axis=1)).sum() / importance.sum(), abs=1e-9)
    np.testing.assert_allclose(found.matrix, importance, atol=1e-12)
    np.testing.assert_allclose(list(found.per_block.values()), of_codes, atol=1e-9)
    (completeness,) = found.parts
    assert completeness.name == "med_completeness"
    assert completeness.value == pytest.approx(of_factors.mean(), abs=1e-9)


def test_columns_are_normalised_before_rows_are_read():
    """Of raw information, a factor of many values would outweigh one of few, and D of a code that knows both be off."""
    information = np.array([[np.log(2), np.log(8)], [0.0, 0.0]])
    assert concentration(column_shares(information))[0] == pytest.approx(0)
    assert concentration(information)[0] > 0.1


def test_a_perfect_code_scores_nearly_one_and_noise_nearly_zero():
    rng = np.random.default_rng(0)
    perfect, noise = (
        score(FACTORS),
        score(rng.standard_normal((50_000, 6)), factors=rng.integers(SIZES, size=(50_000, 4))),
    )
    for found in (perfect, *perfect.parts):
        assert 0.98 < found.value <= 1
    for found in (noise, *noise.parts):
        assert 0 <= found.value < 0.06


def test_a_code_of_two_factors_of_four_has_half():
    """Rows (1, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1): D = 1 - log_4 2 = 1/2 with weight 2, and 1 twice."""
    codes = np.column_stack([FACTORS[:, 0] + 3 * FACTORS[:, 1], FACTORS[:, 2], FACTORS[:, 3]])
    found = score(codes)
    assert list(found.per_block.values()) == pytest.approx([0.5, 1, 1], abs=0.03)
    assert list(found.per_factor.values()) == pytest.approx([0.5, 0.5, 1, 1], abs=0.03)
    assert found.value == pytest.approx(0.75, abs=0.02)


def test_a_duplicated_code_stays_disentangled_and_is_incomplete():
    """Eight codes, two of each factor: completeness 1 - log_8 2 = 2/3."""
    found = score(np.column_stack([FACTORS, FACTORS]))
    assert found.value > 0.97
    assert found.parts[0].value == pytest.approx(2 / 3, abs=0.03)


def test_the_value_is_the_mean_over_factors_and_the_mean_over_codes_by_importance():
    found = score(entangled())
    assert np.mean(list(found.per_factor.values())) == pytest.approx(found.value)
    assert np.average(list(found.per_block.values()), weights=found.matrix.sum(axis=1)) == pytest.approx(found.value)
    part = found.parts[0]
    assert np.average(list(part.per_block.values()), weights=found.matrix.sum(axis=1)) == pytest.approx(part.value)


@pytest.mark.parametrize("constant", [0.0, 0.1])
def test_dead_codes_weigh_nothing_and_alone_score_zero(constant):
    padded = score(np.column_stack([np.full(len(FACTORS), constant), FACTORS]))
    assert padded.value == pytest.approx(score(FACTORS).value, abs=1e-12)
    assert padded.per_block["z0"] == 0
    dead = score(np.full((len(FACTORS), 3), constant))
    assert dead.value == dead.parts[0].value == 0
    assert not dead.matrix.any()


def test_scale_and_order_of_codes_do_not_matter():
    codes = entangled()
    assert score((8 * codes - 5)[:, ::-1]).value == pytest.approx(score(codes).value, abs=1e-3)


def test_one_factor_and_one_code_have_nothing_to_mix():
    found = score(FACTORS[:, [1]], factors=FACTORS[:, [1]])
    assert found.value == found.parts[0].value == 1


@pytest.mark.parametrize("setting", ["bins", "num_samples"])
def test_settings_that_make_no_sense_are_refused(setting):
    with refused(SettingError, setting, expected="at least 2", got=1):
        MED(**{setting: 1})
