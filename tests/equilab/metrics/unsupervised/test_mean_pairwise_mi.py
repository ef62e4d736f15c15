"""Mean pairwise mutual information: a scikit-learn oracle, closed forms, chance, dead codes, blocks."""

import numpy as np
import pytest
from sklearn.metrics import mutual_info_score

from equilab.errors import SettingError
from equilab.latents import Circle, CodeBlock
from equilab.metrics import CodeTable, MeanPairwiseMI
from tests.refused import refused

N = 3_000
NOISE = np.random.default_rng(0).standard_normal((N, 4))
MIXED = NOISE @ np.random.default_rng(1).standard_normal((4, 4))


def score(codes: np.ndarray, *, blocks=None):
    table = CodeTable(codes, np.arange(len(codes))[:, None])
    return MeanPairwiseMI(num_samples=5_000)(table, rng=np.random.default_rng(0), blocks=blocks)


def test_the_score_is_that_of_the_published_procedure():
    rows = CodeTable(MIXED, np.arange(N)[:, None]).sample(5_000, np.random.default_rng(0))
    cells = [np.digitize(code, np.histogram(code, 20)[1][:-1]) for code in MIXED[rows].T]
    information = np.array([[mutual_info_score(first, second) for second in cells] for first in cells])
    np.fill_diagonal(information, 0)
    found = score(MIXED)
    np.testing.assert_allclose(found.matrix, information, atol=1e-12)
    assert found.value > 0.1
    assert found.value == pytest.approx(information.sum() / (4 * 3))
    assert found.per_block["z2"] == pytest.approx(information[2].sum() / 3)
    assert (found.unit, found.better, found.per_factor) == ("nats", "down", {})


def test_a_code_and_its_copy_share_its_entropy():
    values = np.repeat(np.arange(8.0), N // 8)
    codes = np.column_stack([values, -3 * values + 1])
    assert score(codes).value == pytest.approx(np.log(8), abs=0.01)


def test_independent_codes_score_chance_which_the_docstring_tells():
    uniform = np.random.default_rng(0).uniform(size=(200_000, 3))
    table = CodeTable(uniform, np.arange(len(uniform))[:, None])
    found = MeanPairwiseMI()(table, rng=np.random.default_rng(0))
    assert found.value == pytest.approx(19**2 / (2 * 10_000), abs=0.003)


def test_dependence_without_correlation_is_seen():
    codes = np.column_stack([NOISE[:, 0], NOISE[:, 0] ** 2])
    assert score(codes).value > 1


def test_the_pairs_of_a_dead_dimension_count_as_zero():
    padded = np.column_stack([MIXED, np.full(N, 0.1)])
    assert score(padded).value == pytest.approx(score(MIXED).value * 12 / 20)
    assert score(padded).per_block["z4"] == 0
    assert score(np.zeros((N, 2))).value == 0


def test_a_single_block_has_no_pair():
    assert score(MIXED[:, :1]).value == 0
    assert score(MIXED, blocks=[(0, 1, 2, 3)]).value == 0


def test_a_circle_is_read_by_its_angle():
    angle = np.random.default_rng(2).uniform(0, 2 * np.pi, N)
    codes = np.column_stack([np.cos(angle), np.sin(angle), angle])
    found = score(codes, blocks=[CodeBlock((0, 1), Circle()), 2])
    assert found.value == pytest.approx(np.log(20) - np.log(2), abs=0.02)  # arcs begin half a bin beside the bins
    assert found.rows == found.columns == ("z0+z1", "z2")


def test_settings_that_make_no_sense_are_refused():
    with refused(SettingError, "bins", expected="at least 2", got=1):
        MeanPairwiseMI(bins=1)
