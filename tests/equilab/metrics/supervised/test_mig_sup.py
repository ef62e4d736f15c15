"""MIG-sup: the gap of each block over factors, its closed forms, and which blocks count."""

import numpy as np
import pytest
from sklearn.metrics import mutual_info_score

from equilab.errors import SettingError
from equilab.latents import Circle, CodeBlock
from equilab.metrics import MIG, CodeTable
from equilab.metrics.supervised.mig_sup import MIGSup, active_blocks
from tests.refused import refused

SIZES = (4, 4, 5)
FACTORS = np.stack(np.unravel_index(np.arange(np.prod(SIZES)), SIZES), axis=1)


def score(codes: np.ndarray, *, metric: MIGSup | None = None, seed: int = 0, blocks=None, factors=FACTORS):
    return (metric or MIGSup())(CodeTable(codes, factors), rng=np.random.default_rng(seed), blocks=blocks)


def test_the_score_is_that_of_a_loop_over_blocks():
    rng = np.random.default_rng(0)
    codes = FACTORS @ rng.standard_normal((3, 4)) + 0.5 * rng.standard_normal((len(FACTORS), 4))
    rows = CodeTable(codes, FACTORS).sample(10_000, np.random.default_rng(7))
    expected = []
    for code in codes[rows].T:
        cells = np.digitize(code, np.histogram(code, 20)[1][:-1])
        known = sorted(mutual_info_score(f, cells) / mutual_info_score(f, f) for f in FACTORS[rows].T)
        expected.append(known[-1] - known[-2])
    found = score(codes, seed=7)
    np.testing.assert_allclose(list(found.per_block.values()), expected, atol=1e-12)
    assert found.value == pytest.approx(np.mean(expected), abs=1e-12)
    assert 0.05 < found.value < 0.9


def test_the_gap_is_over_the_factors_of_a_block_not_over_blocks():
    """The broken version is MIG: a duplicated dimension closes MIG's gap and leaves this one open."""
    codes = np.column_stack([FACTORS, FACTORS])
    assert score(codes).value == pytest.approx(1, abs=0.01)
    assert MIG()(CodeTable(codes, FACTORS), rng=np.random.default_rng(0)).value < 0.01


def test_a_block_that_knows_two_factors_alike_has_no_gap():
    both = FACTORS[:, 0] + 4.0 * FACTORS[:, 1]
    found = score(np.column_stack([both, FACTORS[:, 2]]))
    assert found.per_block["z0"] == pytest.approx(0, abs=0.01)
    assert found.value == pytest.approx(0.5, abs=0.01)
    assert found.per_factor["factor2"] == pytest.approx(1, abs=0.01)


def test_information_is_compared_after_dividing_by_the_entropy():
    """A block that tells all of 2 values and half of the bits of 16: gap 1 - 1/2, not ln 2 - ln 4 = 0 or less."""
    factors = np.stack(np.unravel_index(np.arange(32), (2, 16)), axis=1)
    codes = (factors[:, 0] + 2.0 * (factors[:, 1] // 4))[:, None]
    found = score(codes, factors=factors)
    assert found.matrix[0] == pytest.approx([1, 0.5], abs=0.01)
    assert found.value == pytest.approx(0.5, abs=0.01)


def test_dimensions_that_do_not_vary_do_not_count():
    quiet = np.column_stack([np.full(len(FACTORS), 3.0), 0.05 * FACTORS[:, 0]])  # variances 0 and 0.003
    found = score(np.column_stack([FACTORS, quiet]))
    assert found.value == pytest.approx(1, abs=0.01)
    assert (found.per_block["z3"], found.per_block["z4"]) == (0, 0)
    assert score(np.column_stack([FACTORS, quiet]), metric=MIGSup(active_variance=0.0)).per_block["z4"] > 0.98


def test_without_active_dimensions_the_score_is_zero():
    assert score(np.full((len(FACTORS), 2), 0.1), metric=MIGSup(active_variance=0.0)).value == 0


def test_a_block_is_active_if_one_of_its_axes_is():
    codes = np.column_stack([np.zeros(len(FACTORS)), FACTORS[:, 0], FACTORS[:, 1] / 100])
    blocks = (CodeBlock((0, 1)), CodeBlock((2,)))
    assert active_blocks(codes, blocks, 0.01).tolist() == [True, False]


def test_a_circle_is_active_by_its_angle():
    angle = 2 * np.pi * np.arange(8) / 8
    small, straight = 0.01 * np.column_stack([np.cos(angle), np.sin(angle)]), np.outer(1 + angle, [0.6, 0.8])
    for codes, as_circle in ((small, True), (straight, False)):
        assert active_blocks(codes, (CodeBlock((0, 1), Circle()),), 0.01).tolist() == [as_circle]
        assert active_blocks(codes, (CodeBlock((0, 1)),), 0.01).tolist() == [not as_circle]


def test_noise_scores_next_to_nothing_and_one_factor_has_a_gap_to_nothing():
    assert score(np.random.default_rng(0).standard_normal((20_000, 3)), factors=FACTORS.repeat(250, 0)).value < 0.01
    assert score(FACTORS[:, :1], factors=FACTORS[:, :1]).value == pytest.approx(1, abs=1e-9)


def test_the_order_of_dimensions_does_not_matter():
    codes = FACTORS @ np.random.default_rng(0).standard_normal((3, 4))
    assert score(codes[:, ::-1]).value == pytest.approx(score(codes).value, abs=1e-12)


@pytest.mark.parametrize("value", [-0.1, np.nan, np.inf])
def test_thresholds_that_make_no_sense_are_refused(value):
    with refused(SettingError, "active_variance", expected="0 or more", got=value):
        MIGSup(active_variance=value)
