"""JEMMIG: joint entropy and gap by a loop, closed forms, and its range."""

import math

import numpy as np
import pytest
from sklearn.metrics import mutual_info_score

from equilab.errors import SettingError
from equilab.metrics import MIG, CodeTable
from equilab.metrics.supervised.jemmig import JEMMIG, joint_entropy_minus_gap
from tests.refused import refused

SIZES = (4, 5, 2)
FACTORS = np.stack(np.unravel_index(np.arange(np.prod(SIZES)), SIZES), axis=1)


def score(codes: np.ndarray, *, metric: JEMMIG | None = None, seed: int = 0, factors: np.ndarray = FACTORS):
    return (metric or JEMMIG())(CodeTable(codes, factors), rng=np.random.default_rng(seed))


def test_the_score_is_that_of_a_loop():
    rng = np.random.default_rng(0)
    codes = FACTORS @ rng.standard_normal((3, 5)) + 0.5 * rng.standard_normal((len(FACTORS), 5))
    rows = CodeTable(codes, FACTORS).sample(10_000, np.random.default_rng(7))
    cells = [np.digitize(code, np.histogram(code, 20)[1][:-1]) for code in codes[rows].T]
    raw, normalised = [], []
    for factor in FACTORS[rows].T:
        information = [mutual_info_score(factor, cell) for cell in cells]
        best, second = np.argsort(information)[::-1][:2]
        _, counts = np.unique(np.stack([factor, cells[best]]), axis=1, return_counts=True)
        joint = -sum(count / len(rows) * math.log(count / len(rows)) for count in counts)
        raw.append(joint - information[best] + information[second])
        normalised.append(1 - raw[-1] / (mutual_info_score(factor, factor) + math.log(20)))
    found = score(codes, seed=7)
    (nats,) = found.parts
    np.testing.assert_allclose(list(nats.per_factor.values()), raw, atol=1e-10)
    np.testing.assert_allclose(list(found.per_factor.values()), normalised, atol=1e-10)
    assert nats.value == pytest.approx(np.mean(raw), abs=1e-10)
    assert (nats.name, nats.unit, nats.better) == ("jemmig_nats", "nats", "down")
    assert sum(found.per_block.values()) == pytest.approx(found.value, abs=1e-12)
    assert 0.1 < found.value < 0.9


def test_a_perfect_code_has_one_and_no_nats():
    found = score(FACTORS)
    assert found.value == pytest.approx(1, abs=1e-3)
    assert found.parts[0].value == pytest.approx(0, abs=5e-3)


def test_what_else_the_best_block_knows_costs_where_mig_sees_nothing():
    """z0 tells both factors: H(z, y) = ln 20, I = H(y), no second."""
    factors = FACTORS[::2, :2]
    codes = (factors[:, 0] + 4.0 * factors[:, 1])[:, None]
    found = score(codes, factors=factors)
    assert MIG()(CodeTable(codes, factors), rng=np.random.default_rng(0)).value == pytest.approx(1, abs=0.01)
    for name, size in (("factor0", 4), ("factor1", 5)):
        nats = math.log(20) - math.log(size)
        assert found.parts[0].per_factor[name] == pytest.approx(nats, abs=0.01)
        assert found.per_factor[name] == pytest.approx(1 - nats / math.log(20 * size), abs=0.01)


def test_a_duplicated_dimension_adds_its_information():
    found = score(np.column_stack([FACTORS, FACTORS[:, 0]]))
    assert found.parts[0].per_factor["factor0"] == pytest.approx(math.log(4), abs=0.01)
    assert found.per_factor["factor0"] == pytest.approx(1 - math.log(4) / math.log(80), abs=0.01)


def test_a_dead_code_knows_nothing_else():
    found = score(np.zeros((len(FACTORS), 3)))
    for name, size in zip(found.per_factor, SIZES, strict=True):
        assert found.per_factor[name] == pytest.approx(math.log(20) / math.log(20 * size), abs=0.01)


def test_noise_that_fills_its_cells_scores_nothing():
    repeated = FACTORS.repeat(500, axis=0)
    noise = np.random.default_rng(0).uniform(size=(len(repeated), 4))
    assert 0 <= score(noise, factors=repeated).value < 0.01


def test_a_single_value_of_the_best_block_enters_not_the_largest_joint_entropy():
    information = np.array([[0.5, 0.1], [0.2, 0.4]])
    joint = np.array([[1.0, 9.0], [9.0, 2.0]])
    assert joint_entropy_minus_gap(information, joint) == pytest.approx([1.0 - 0.5 + 0.2, 2.0 - 0.4 + 0.1])


def test_scale_and_order_of_dimensions_do_not_matter():
    codes = FACTORS @ np.random.default_rng(0).standard_normal((3, 4))
    assert score(codes[:, ::-1] * [1, 4, 0.5, 1024]).value == pytest.approx(score(codes).value, abs=1e-12)


@pytest.mark.parametrize("setting", ["bins", "num_samples"])
def test_settings_that_make_no_sense_are_refused(setting):
    with refused(SettingError, setting, expected="at least 2", got=1):
        JEMMIG(**{setting: 1})
