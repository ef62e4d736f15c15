"""Metrics move as their papers say when a perfect code is corrupted; and the corruptions are what they are called."""

import numpy as np
import pytest

from equilab.errors import DataError, SettingError
from equilab.metrics import (
    DCIMIG,
    IRS,
    JEMMIG,
    MCC,
    MIG,
    Explicitness,
    FactorVAEScore,
    InfoMEC,
    MCCSpearman,
    MIGSup,
    Modularity,
    SAPRSquared,
    calibrate,
)
from equilab.metrics.calibration import CORRUPTIONS
from tests.refused import refused

FACTORS = np.stack(np.unravel_index(np.arange(960), (4, 5, 6, 8)), axis=1)
LEVELS = (0.0, 0.5, 1.0)
METRICS = [
    MIG(num_samples=3_000),
    DCIMIG(num_samples=3_000),
    JEMMIG(num_samples=3_000),
    MIGSup(num_samples=3_000),
    Modularity(num_samples=3_000),
    SAPRSquared(num_samples=3_000),
    IRS(num_samples=3_000),
    MCC(num_samples=3_000),
    MCCSpearman(num_samples=3_000),
    Explicitness(num_train=1_000, num_test=1_000),
    FactorVAEScore(num_train=300, num_test=300),
    InfoMEC(num_samples=960),
]


@pytest.fixture(scope="module", params=list(CORRUPTIONS))
def corrupted(request: pytest.FixtureRequest):
    return request.param, calibrate(METRICS, FACTORS, corruption=request.param, levels=LEVELS)


FALLING = {  # what the corruption takes from the code is what these ask for
    "noise": "mig dcimig jemmig mig_sup sap_r2 mcc mcc_spearman irs explicitness infomec_explicitness",
    "rotation": "mig dcimig jemmig mig_sup sap_r2 mcc mcc_spearman irs infomec infomec_compactness",
    "duplicates": "mig jemmig sap_r2",
    "dropped": "mig dcimig mcc mcc_spearman explicitness factor_vae_score infomec_explicitness",
    "warp": "mig mcc sap_r2",
}
STAYING = {  # blind to it, as their definitions are
    "noise": "factor_vae_score",
    "rotation": "explicitness infomec_explicitness",
    "duplicates": "dcimig mig_sup mcc mcc_spearman explicitness factor_vae_score",
    "dropped": "",
    "warp": "mcc_spearman factor_vae_score",
}


def test_scores_fall_with_what_they_ask_for(corrupted):
    corruption, found = corrupted
    for name in FALLING[corruption].split():
        start, half, end = found[name]
        assert start > half > end or (start - 0.05 > half and abs(half - end) < 0.05), (name, found[name])
        assert end < start - 0.1, (name, found[name])


def test_scores_stay_where_their_definition_is_blind(corrupted):
    corruption, found = corrupted
    for name in STAYING[corruption].split():
        assert np.ptp(found[name]) < 0.05, (name, found[name])


def test_dropped_and_duplicated_codes_have_closed_forms():
    found = calibrate([MIG()], FACTORS, corruption="dropped", levels=(0.0, 0.25, 0.5, 0.75, 1.0))["mig"]
    np.testing.assert_allclose(found, [1, 0.75, 0.5, 0.25, 0], atol=0.01)  # a share of the factors is not told at all
    found = calibrate([MIG()], FACTORS, corruption="duplicates", levels=(0.0, 0.25, 0.5, 0.75, 1.0))["mig"]
    np.testing.assert_allclose(found, [1, 0.75, 0.5, 0.25, 0], atol=0.01)  # a copied code leaves no gap


@pytest.mark.parametrize("name", list(CORRUPTIONS))
def test_level_zero_is_the_perfect_code_and_level_one_is_another(name):
    codes = (FACTORS - FACTORS.mean(0)) / FACTORS.std(0)
    rng = np.random.default_rng(0)
    untouched = CORRUPTIONS[name](codes, 0.0, rng)
    np.testing.assert_array_equal(untouched[:, :4], codes)
    assert not untouched[:, 4:].any()
    assert not np.array_equal(CORRUPTIONS[name](codes, 1.0, rng), untouched)


def test_a_rotation_keeps_lengths_and_a_warp_keeps_the_order():
    codes = (FACTORS - FACTORS.mean(0)) / FACTORS.std(0)
    rng = np.random.default_rng(0)
    turned, warped = CORRUPTIONS["rotation"](codes, 0.7, rng), CORRUPTIONS["warp"](codes, 0.7, rng)
    np.testing.assert_allclose(np.linalg.norm(turned, axis=1), np.linalg.norm(codes, axis=1))
    np.testing.assert_array_equal(np.argsort(warped, axis=0, kind="stable"), np.argsort(codes, axis=0, kind="stable"))


@pytest.mark.parametrize(
    ("changes", "error", "expected", "got"),
    [
        ({"corruption": "fog"}, SettingError, "noise, rotation, duplicates, dropped, warp", "'fog'"),
        ({"levels": (0.0, 2.0)}, SettingError, "from 0 to 1", [0.0, 2.0]),
        ({"metrics": []}, SettingError, "a list of metrics", []),
        ({"factors": FACTORS[:, :1]}, DataError, "two or more columns", "1 such of 1"),
        ({"factors": FACTORS * [1, 1, 0, 1]}, DataError, "more than one value", "3 such of 4"),
    ],
)
def test_what_cannot_be_calibrated_is_refused(changes, error, expected, got):
    with refused(error, *changes, expected=expected, got=got):
        calibrate(**{"metrics": [MIG()], "factors": FACTORS, "corruption": "noise"} | changes)
