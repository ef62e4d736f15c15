"""Active units: the threshold of the paper, counted exactly, in dimensions or blocks."""

import numpy as np
import pytest

from equilab.errors import SettingError
from equilab.latents import Circle, CodeBlock
from equilab.metrics import ActiveUnits, CodeTable
from tests.refused import refused

NOISE = np.random.default_rng(0).standard_normal((2_000, 4))
UNIT = (NOISE - NOISE.mean(0)) / NOISE.std(0, ddof=1)


def score(codes: np.ndarray, *, metric: ActiveUnits | None = None, blocks=None):
    table = CodeTable(codes, np.arange(len(codes))[:, None])
    return (metric or ActiveUnits())(table, rng=np.random.default_rng(0), blocks=blocks)


def test_a_dimension_is_active_above_a_variance_of_a_hundredth():
    found = score(UNIT * np.sqrt([0.0101, 0.0099, 1.0, 0.0]) + 5)
    assert found.value == 2.0
    assert type(found.value) is float
    assert list(found.per_block.values()) == pytest.approx([0.0101, 0.0099, 1.0, 0.0], abs=1e-9)
    np.testing.assert_allclose(found.matrix[:, 0], list(found.per_block.values()))
    assert (found.columns, found.unit, found.better, found.per_factor) == (("variance",), "dimensions", "", {})


def test_another_threshold_counts_others():
    codes = UNIT * np.sqrt([0.5, 0.2, 0.1, 0.0])
    assert [score(codes, metric=ActiveUnits(least)).value for least in (0.05, 0.15, 0.3)] == [3, 2, 1]


def test_dead_codes_have_none_and_copies_count():
    assert score(np.full((100, 3), 0.1, np.float32)).value == 0
    assert score(np.column_stack([UNIT[:, 0]] * 3)).value == 3


def test_a_block_has_the_variance_of_its_axes_together_and_a_circle_that_of_its_angle():
    codes = UNIT * np.sqrt([0.006, 0.006, 0.006, 0.0])
    assert score(codes).value == 0
    assert score(codes, blocks=[(0, 1), (2, 3)]).value == 1
    angle = np.linspace(0, 2 * np.pi, 2_001)[:-1]
    circle, block = np.column_stack([np.cos(angle), np.sin(angle)]), CodeBlock((0, 1), Circle())
    assert score(1e-5 * circle, blocks=[block]).per_block["z0+z1"] == pytest.approx(1, abs=1e-3)
    assert score(1e-7 * circle, blocks=[block]).per_block["z0+z1"] == 0


def test_a_threshold_that_makes_no_sense_is_refused():
    with refused(SettingError, "least_variance", expected="positive", got=0.0):
        ActiveUnits(0.0)
