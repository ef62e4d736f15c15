"""Interventions on the grid of a table: one factor changes, the others stay."""

import numpy as np
import pytest

from equilab.errors import DataError
from equilab.metrics import CodeTable
from equilab.metrics.downstream.grid_rows import GridRows
from tests.refused import refused

SIZES = (3, 1, 4, 2)
FACTORS = np.stack(np.unravel_index(np.arange(24), SIZES), axis=1)


def table(factors: np.ndarray) -> CodeTable:
    return CodeTable(np.zeros((len(factors), 1)), factors)


@pytest.mark.parametrize("factor", [0, 1, 2])
def test_an_intervention_changes_one_factor_alone(factor):
    shuffled = np.random.default_rng(1).permutation(FACTORS) * [5, 1, -2, 7]
    rows = GridRows.of(table(shuffled)).interventions(factor, num=50, rng=np.random.default_rng(0))
    scored = shuffled[:, [0, 2, 3]][rows]  # (values, 50, 3)
    for value, group in zip(np.unique(shuffled[:, [0, 2, 3][factor]]), scored, strict=True):
        assert (group[:, factor] == value).all()
    others = np.delete(scored, factor, axis=2)
    assert (others == others[:1]).all()


def test_the_other_factors_are_uniform():
    rows = GridRows.of(table(FACTORS)).interventions(0, num=8_000, rng=np.random.default_rng(0))[0]
    assert np.bincount(rows, minlength=24)[:8].min() > 850
    assert np.bincount(rows)[:8].sum() == 8_000


def test_rows_that_show_one_combination_are_all_drawn():
    repeated = np.concatenate([FACTORS, FACTORS, FACTORS[:5]])
    rows = GridRows.of(table(repeated)).interventions(2, num=2_000, rng=np.random.default_rng(0))
    assert set(rows.ravel()) == set(range(53))


def test_a_missing_combination_is_told():
    expected, missing = "each combination of 3 x 4 x 2 values", "observations, 1 combinations or more missing"
    with refused(DataError, "factors", expected=expected, got=f"23 {missing}"):
        GridRows.of(table(FACTORS[1:]))
    with refused(DataError, "factors", expected=expected, got=f"24 {missing}", hint="whole grid"):
        GridRows.of(table(np.concatenate([FACTORS[1:], FACTORS[1:2]])))


def test_a_table_far_from_any_grid_is_refused_without_building_one():
    factors = np.stack([np.arange(2_000)] * 6, axis=1)
    with refused(DataError, "factors", got="2000 observations, 64000000000000000000 combinations or more missing"):
        GridRows.of(table(factors))
