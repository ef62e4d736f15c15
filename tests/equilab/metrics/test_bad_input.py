"""Input that no metric can score: an error that names the argument and says what to do, never a crash or a NaN."""

import dataclasses
import inspect
import re

import numpy as np
import pytest

import equilab.metrics
from equilab.errors import DataError, SettingError, ShapeError
from equilab.metrics import CodeTable, Metric, score_codes
from equilab.metrics.boosting.gradient_boosting import GradientBoosting
from equilab.metrics.symmetry.lsbd_report import lsbd_report
from tests.refused import refused
from tests.tables import gaussian_table

METRICS = [
    value
    for value in vars(equilab.metrics).values()
    if inspect.isclass(value) and issubclass(value, Metric) and not inspect.isabstract(value)
]
COUNT = 40  # what settings called num_... are reduced to
FACTORS = np.stack(np.unravel_index(np.arange(24) % 12, (3, 4)), axis=1)
CODES = np.random.default_rng(0).standard_normal((24, 3)) + FACTORS[:, [0, 1, 1]]
NAMED = re.compile(r"[a-z_]+(, [a-z_]+)*(\[.*\])?")


@pytest.fixture(params=METRICS, ids=lambda found: found.__name__)
def metric(request: pytest.FixtureRequest) -> Metric:
    whole, fewer = request.param(), {}
    for each in dataclasses.fields(whole):
        setting = getattr(whole, each.name)
        if each.name.startswith("num_"):
            fewer[each.name] = min(setting, COUNT)
        if isinstance(setting, GradientBoosting):
            fewer[each.name] = GradientBoosting(stages=3)
    return dataclasses.replace(whole, **fewer)


def score(metric: Metric, codes: np.ndarray, factors: np.ndarray, *, blocks=None):
    codes = np.asarray(codes, dtype=float)
    table = gaussian_table(codes, factors, -3.0)
    return metric(table, rng=np.random.default_rng(0), blocks=blocks)


def assert_scored_or_refused(metric: Metric, codes: np.ndarray, factors: np.ndarray) -> None:
    """A score without NaN, or one of our errors that names the argument it is about; warnings are errors."""
    found = refusal = None
    try:
        found = score(metric, codes, factors)
    except (DataError, SettingError) as error:
        refusal = error
    assert refusal is None or NAMED.fullmatch(refusal.argument), refusal
    for each in found.each() if found else ():
        assert np.isfinite(each.matrix).all()
        assert np.isfinite([each.value, *each.per_factor.values(), *each.per_block.values()]).all()


FEW = {
    "two observations": (CODES[:2], np.array([[0, 0], [1, 1]])),
    "two observations of one code": (np.ones((2, 3)), np.array([[0], [1]])),
    "three observations, one of another value": (CODES[:3], np.array([[0], [0], [1]])),
    "one observation of each value": (CODES[:9], np.arange(9)[:, None]),
    "a value that one observation shows": (CODES, np.column_stack([FACTORS[:, 0], np.arange(24) == 5])),
    "combinations that are missing": (CODES[:11], FACTORS[:11]),
    "codes of one dimension that never changes": (np.zeros((24, 1)), FACTORS),
    "more dimensions than observations": (np.random.default_rng(1).standard_normal((12, 20)), FACTORS[:12]),
}


@pytest.mark.parametrize("few", FEW)
def test_too_little_to_see_is_scored_or_refused_but_never_a_crash_or_nan(metric, few):
    assert_scored_or_refused(metric, *FEW[few])


NOT_A_NUMBER = np.where(np.arange(72).reshape(24, 3) == 7, np.nan, CODES)
INFINITE = np.where(np.arange(72).reshape(24, 3) == 8, -np.inf, CODES)
UNUSABLE = {
    "a row too few": (CODES[1:], FACTORS, ShapeError, "codes, factors", {"got": "(23, 3) and (24, 2)"}),
    "codes of one axis": (CODES[:, 0], FACTORS, ShapeError, "codes, factors", {"got": "(24,) and (24, 2)"}),
    "factors of one axis": (CODES, FACTORS[:, 0], ShapeError, "codes, factors", {"got": "(24, 3) and (24,)"}),
    "images": (CODES[:, None, None], FACTORS, ShapeError, "codes, factors", {"expected": "(n, d) and (n, k)"}),
    "no rows": (CODES[:0], FACTORS[:0], ShapeError, "codes, factors", {"expected": "n and d at least 1"}),
    "no dimensions": (CODES[:, :0], FACTORS, ShapeError, "codes, factors", {"expected": "n and d at least 1"}),
    "not a number": (NOT_A_NUMBER, FACTORS, DataError, "codes[2, 1]", {"got": np.nan}),
    "infinite": (INFINITE, FACTORS, DataError, "codes[2, 2]", {"got": -np.inf}),
    "complex codes": (CODES.astype(complex), FACTORS, DataError, "codes", {"expected": "real", "got": "complex128"}),
    "fractions as factors": (CODES, FACTORS + 0.5, DataError, "factors", {"expected": "integers", "hint": "np.unique"}),
    "words as factors": (CODES, FACTORS.astype(str), DataError, "factors", {"expected": "integers, the index of each"}),
    "factors not a number": (CODES, FACTORS * np.nan, DataError, "factors", {"expected": "integers"}),
    "constant factors": (CODES, FACTORS * 0 + 3, DataError, "factors", {"expected": "at least one that varies"}),
    "one row": (CODES[:1], FACTORS[:1], DataError, "factors", {"expected": "at least one that varies"}),
}


@pytest.mark.parametrize("unusable", UNUSABLE)
def test_codes_and_factors_that_are_no_table_are_refused(unusable):
    codes, factors, error, argument, facts = UNUSABLE[unusable]
    with refused(error, argument, **facts):
        CodeTable(codes, factors)
    with refused(error, argument, **facts):
        score_codes(codes, factors)


@pytest.mark.parametrize("rows", [11, 24], ids=["a combination missing", "each combination twice"])
def test_a_report_that_needs_a_grid_refuses_other_tables(rows):
    with refused(DataError, "factors", expected="exactly once", hint="whole grid"):
        lsbd_report(CodeTable(CODES[:rows], FACTORS[:rows]), rng=np.random.default_rng(0))
