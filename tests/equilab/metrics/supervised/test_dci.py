"""The three DCI metrics on codes whose scores are known, and against scikit-learn's boosted trees."""

import math

import numpy as np
import pytest

from equilab.data import MiniSprites
from equilab.errors import SettingError
from equilab.latents import Circle, CodeBlock
from equilab.metrics import CodeTable
from equilab.metrics.boosting.gradient_boosting import GradientBoosting
from equilab.metrics.metric import generator_of
from equilab.metrics.supervised.dci import DCI
from equilab.metrics.supervised.dci_forest import DCIForest
from equilab.metrics.supervised.dci_lasso import DCILasso
from tests.refused import refused

SIZES = (3, 4, 5)
FACTORS = np.tile(np.stack(np.unravel_index(np.arange(60), SIZES), axis=1), (10, 1))
UNIT = (FACTORS - FACTORS.mean(0)) / FACTORS.std(0)
NOISE = np.random.default_rng(0).standard_normal((600, 6))
TREES = DCI(400, 200, GradientBoosting(stages=5))
FOREST = DCIForest(400, 200, depths=(4, 8))
LASSO = DCILasso(400, 200)


def score(metric, codes: np.ndarray, *, blocks=None, factors: np.ndarray = FACTORS):
    """The score, and its parts by the last word of their names."""
    found = metric(CodeTable(codes, factors), rng=np.random.default_rng(0), blocks=blocks)
    return found, {part.name.rsplit("_", 1)[-1]: part for part in found.parts}


@pytest.fixture(params=[TREES, FOREST, LASSO], ids=["boosting", "forest", "lasso"])
def metric(request):
    return request.param


def test_a_perfect_code_scores_one_in_all_three(metric):
    found, parts = score(metric, UNIT)
    assert found.value > 0.99
    assert parts["completeness"].value > 0.99
    assert parts["informativeness"].value > 0.97
    assert found.matrix.shape == (3, 3)
    assert found.matrix.argmax(axis=0).tolist() == [0, 1, 2]


def test_parts_carry_the_matrix_and_name_codes_and_factors(metric):
    found, parts = score(metric, np.hstack([UNIT, 0 * NOISE[:, :1]]))
    assert list(found.per_block) == ["z0", "z1", "z2", "z3"]
    assert found.per_block["z3"] == 0
    for part in parts.values():
        assert part.name.startswith(metric.name + "_")
        assert list(part.per_factor) == ["factor0", "factor1", "factor2"]
        np.testing.assert_array_equal(part.matrix, found.matrix)
    assert parts["informativeness"].value == pytest.approx(np.mean(list(parts["informativeness"].per_factor.values())))


def test_noise_is_neither_disentangled_nor_informative(metric):
    found, parts = score(metric, NOISE)
    assert found.value < (0.6 if metric is LASSO else 0.3)  # the few coefficients that Lasso keeps of noise are sparse
    assert parts["informativeness"].value < 0.4  # chance is 0.26 of the classes


def test_a_dead_code_scores_nothing_but_the_share_of_the_prior(metric):
    found, parts = score(metric, 0 * NOISE)
    assert found.value == parts["completeness"].value == 0
    assert not found.matrix.any()
    assert parts["informativeness"].value < 0.4


def test_a_rotated_code_is_worse_than_a_perfect_one(metric):
    rotation = np.linalg.qr(np.random.default_rng(1).standard_normal((3, 3)))[0]
    found, parts = score(metric, UNIT @ rotation)
    assert found.value < 0.8
    assert parts["completeness"].value < 0.8


def test_duplicated_codes_stay_disentangled_and_lose_completeness():
    found, parts = score(DCI(400, 200, GradientBoosting(stages=20)), np.hstack([UNIT, UNIT]))
    assert found.value > 0.98
    assert parts["completeness"].value == pytest.approx(1 - math.log(2) / math.log(6), abs=0.05)


def test_one_code_that_shows_two_factors_is_complete_and_not_disentangled():
    found, parts = score(TREES, np.column_stack([FACTORS[:, 0] + 3 * FACTORS[:, 1], FACTORS[:, 2]]).astype(float))
    assert parts["completeness"].value > 0.98
    assert found.per_block["z0"] == pytest.approx(1 - math.log(2) / math.log(3), abs=0.02)
    assert found.per_block["z1"] > 0.98


def test_a_circle_is_read_as_one_block():
    angle = 2 * np.pi * FACTORS[:, 1] / SIZES[1] + 0.3
    codes = np.column_stack([UNIT[:, 0], 3 * np.cos(angle), UNIT[:, 2], 3 * np.sin(angle)])
    found, parts = score(TREES, codes, blocks=[0, CodeBlock((1, 3), Circle(), name="turn"), 2])
    assert found.value > 0.99
    assert parts["completeness"].value > 0.99
    assert list(found.per_block) == ["z0", "turn", "z2"]
    assert score(TREES, codes)[1]["completeness"].value < 0.95


def test_boosting_does_not_mind_a_monotone_warp_that_lasso_minds():
    warped = np.exp(3 * UNIT)
    assert score(TREES, warped)[1]["informativeness"].value == score(TREES, UNIT)[1]["informativeness"].value
    assert score(LASSO, warped)[1]["informativeness"].value < score(LASSO, UNIT)[1]["informativeness"].value - 0.2


def test_scale_and_offset_do_not_matter(metric):
    scaled = UNIT * [1, 1000, 0.01] + [0, 7, -3]
    assert score(metric, scaled)[0].value == pytest.approx(score(metric, UNIT)[0].value, abs=1e-3)


def test_both_implementations_give_nearly_one_score_on_few_observations():
    """Nodes of few observations have splits that gain exactly as much, of which each takes one: hence the tolerance."""
    codes = UNIT @ np.random.default_rng(1).standard_normal((3, 5)) + 0.3 * NOISE[:, :5]
    settings = [GradientBoosting(10, implementation=name) for name in ("presorted", "scikit-learn")]
    found, oracle = (score(DCI(400, 200, boosting), codes) for boosting in settings)
    assert found[0].value == pytest.approx(oracle[0].value, abs=0.015)
    assert found[1]["completeness"].value == pytest.approx(oracle[1]["completeness"].value, abs=0.01)
    assert found[1]["informativeness"].value == pytest.approx(oracle[1]["informativeness"].value, abs=0.01)


def test_a_single_factor_and_a_single_code_score_without_nan(metric):
    found, parts = score(metric, UNIT[:, [1]], factors=FACTORS[:, [1]])
    assert found.value == parts["completeness"].value == 1


def test_settings_that_make_no_sense_are_refused():
    for build in (DCI, DCIForest, DCILasso):
        with refused(SettingError, "num_test", expected="at least 1", got=0):
            build(num_test=0)
    with refused(SettingError, "alpha", expected="positive", got=0.0):
        DCILasso(alpha=0.0)
    with refused(SettingError, "depths", expected="integers", got=()):
        DCIForest(depths=())


def test_importances_of_a_forest_that_round_below_zero_are_none():
    """scikit-learn's importance of a feature that no tree gains by is -1.3e-18 here."""
    table = CodeTable.encode(lambda images: images.mean(3).flatten(1)[:, ::4], MiniSprites(size=32))
    metric = DCIForest(num_train=384, num_test=384)
    assert 0 < metric(table, rng=generator_of(metric, seed=0)).value < 1
