"""Evaluating codes and encoders: keys, references, generators, and what each mistake is told."""

from dataclasses import replace
from importlib.metadata import PackageNotFoundError

import numpy as np
import pytest
import torch

import equilab
from equilab.data import MiniSprites
from equilab.errors import DataError, SettingError, ShapeError
from equilab.metrics import (
    DCI,
    MIG,
    PROTOCOLS,
    BetaVAEScore,
    CodeTable,
    FactorVAEScore,
    GradientBoosting,
    MIGSup,
    ScoreSettings,
    evaluate,
    find_protocol,
    mutual_information_gap,
    score_codes,
)
from equilab.metrics.information import histogram_information
from equilab.metrics.references import factor_codes, random_codes
from tests.refused import refused

DATA = MiniSprites(size=16)
FACTORS = DATA.labels(np.arange(len(DATA)))
NAMES = DATA.factors.names
CODES = np.random.default_rng(0).standard_normal((len(FACTORS), 7)) + FACTORS[:, [0, 1, 2, 3, 4, 0, 1]]
SCORES = ("factor_vae_score", "beta_vae_score", "mig")
SMALL = (FactorVAEScore(300, 300), BetaVAEScore(300, 300), MIG(num_samples=1000))


@pytest.fixture(autouse=True)
def small_protocol(monkeypatch):
    monkeypatch.setitem(PROTOCOLS, "small", SMALL)


def pixels(images):
    return images.flatten(1)[:, 4::40]


def seven(images):
    return images.flatten(1)[:, 100:170:10]


def others(images):
    return images.flatten(1)[:, 104:174:10]


def test_the_study_has_the_settings_of_the_paper():
    assert find_protocol("locatello2019")[:3] == (
        FactorVAEScore(num_train=10_000, num_test=5_000, batch_size=64, num_variance=10_000, active_std=0.05),
        BetaVAEScore(num_train=10_000, num_test=5_000, batch_size=64),
        MIG(bins=20, num_samples=10_000),
    )


def test_the_keys_are_scores_factors_and_references():
    found = score_codes(CODES, FACTORS, protocol="small", factor_names=NAMES).flat()
    parts = ("", *(f"_{name}" for name in NAMES), "_floor_random", "_ceiling")
    assert set(found) == {score + part for score in SCORES for part in parts}
    assert all(type(value) is float for value in found.values())


def test_floors_lie_below_the_score_and_the_ceiling_above():
    found = score_codes(CODES, FACTORS, protocol="small").flat()
    for name in SCORES:
        assert found[f"{name}_floor_random"] < found[name] < found[f"{name}_ceiling"]


def test_flat_values_are_those_of_the_scores():
    full = score_codes(CODES, FACTORS, protocol="small")
    found = full.flat()
    for name, score in full.items():
        assert (score.name, score.value) == (name, found[name])
        assert score.per_factor == {f"factor{index}": found[f"{name}_factor{index}"] for index in range(5)}


def test_one_seed_gives_one_result_and_another_gives_another():
    first, again, other = (score_codes(CODES, FACTORS, protocol="small", seed=seed).flat() for seed in (1, 1, 2))
    assert first == again
    assert first["factor_vae_score"] != other["factor_vae_score"]


def test_a_metric_more_or_another_order_leaves_the_others_as_they_are(monkeypatch):
    before = score_codes(CODES, FACTORS, protocol="small")
    monkeypatch.setitem(PROTOCOLS, "reversed", SMALL[:0:-1])
    after = score_codes(CODES, FACTORS, protocol="reversed")
    assert list(after) == ["mig", "beta_vae_score"]
    assert {name: score.value for name, score in after.items()} == {name: before[name].value for name in after}


def test_metrics_draw_from_generators_of_their_own():
    """One generator for all, or the bare seed for each, would give two metrics of one size the same sample."""
    drawn = []

    class Spy(MIG):
        def score(self, table, blocks, rng):
            drawn.append(rng.integers(2**62))
            return super().score(table, blocks, rng)

    for name in ("one", "two"):
        PROTOCOLS["small"] = (type(name, (Spy,), {"name": name})(num_samples=10),)
        score_codes(CODES, FACTORS, protocol="small", seed=4, settings=ScoreSettings(references=()))
    assert drawn[0] != drawn[1]
    assert np.random.default_rng(4).integers(2**62) not in drawn


def test_the_encoder_is_scored_like_its_codes():
    table = CodeTable.encode(pixels, DATA)
    by_codes = score_codes(table.codes, FACTORS, protocol="small", seed=3, factor_names=NAMES).flat()
    assert evaluate(pixels, DATA, protocol="small", seed=3).flat() == by_codes


def test_an_untrained_encoder_gives_its_floor():
    settings = {"protocol": "small", "seed": 3, "blocks": [(0, 1), 2, 3, 4, 5, 6]}
    told = []
    progress = ScoreSettings(progress=lambda *done: told.append(done))
    found = evaluate(seven, DATA, untrained=others, settings=progress, **settings).flat()
    without = evaluate(seven, DATA, **settings).flat()
    alone = evaluate(others, DATA, **settings).flat()
    assert found == without | {f"{name}_floor_untrained": alone[name] for name in SCORES}
    assert told == 2 * [(256, 384), (384, 384)]
    other = evaluate(seven, DATA, **settings | {"seed": 0}).flat()
    assert without != other
    assert without["mig_floor_random"] != other["mig_floor_random"]
    assert without["mig"] != evaluate(seven, DATA, **settings | {"blocks": None})["mig"].value


def test_what_is_wrong_is_refused_before_anything_is_encoded():
    def encode(images):
        raise AssertionError("nothing should be encoded")

    for wrong in ({"seed": -1}, {"protocol": "locatelo2019"}):
        with refused(SettingError, *wrong):
            evaluate(encode, DATA, **wrong)
    with refused(SettingError, "observations", expected="0 to 383", got=400):
        evaluate(encode, DATA, settings=ScoreSettings(observations=[3, 400]))
    with refused(DataError, "codes", got=3):
        evaluate(encode, DATA, settings=ScoreSettings(observations=[3, 5, 8]))


def test_tensors_and_arrays_of_names_are_taken():
    expected = score_codes(CODES.astype(np.float32), FACTORS, protocol="small", factor_names=NAMES).flat()
    codes = torch.tensor(CODES, dtype=torch.float32, requires_grad=True)
    assert (
        score_codes(codes, torch.from_numpy(FACTORS), protocol="small", factor_names=np.array(NAMES)).flat() == expected
    )
    half = codes.detach().bfloat16()
    assert (
        score_codes(half, FACTORS, protocol="small").flat()
        == score_codes(half.float(), FACTORS, protocol="small").flat()
    )


def test_blocks_reach_the_score_and_the_random_floor_but_not_the_ceiling():
    blocks = [(0, 5), (1, 6), 2, 3, 4]
    plain = score_codes(CODES, FACTORS, protocol="small").flat()
    whole = score_codes(CODES, FACTORS, protocol="small", blocks=blocks)
    found = whole.flat()
    assert found["mig"] != plain["mig"]
    assert found["mig_floor_random"] != plain["mig_floor_random"]
    assert found["mig_ceiling"] == plain["mig_ceiling"]
    assert whole["mig"].matrix.shape == (5, 5)


def test_random_codes_are_standard_gaussian_and_factor_codes_are_the_factors():
    factors = np.column_stack([np.zeros(len(FACTORS), int), FACTORS])
    table = CodeTable(np.zeros((len(FACTORS), 30)), factors)
    noise = random_codes(table, seed=0)
    assert noise.codes.shape == (len(FACTORS), 30)
    assert noise.codes.mean() == pytest.approx(0, abs=0.04)
    assert noise.codes.std() == pytest.approx(1, abs=0.03)
    assert (random_codes(table, seed=1).codes != noise.codes).all()
    assert noise.factor_table is factor_codes(table).factor_table is table.factor_table  # checked once
    np.testing.assert_array_equal(factor_codes(table).codes, FACTORS)
    far = CodeTable(table.codes, factors * 10**15 + 7 * 10**17)  # beyond what float32 tells apart
    np.testing.assert_array_equal(factor_codes(far).codes, FACTORS)


def test_an_unknown_protocol_is_refused_before_anything_is_encoded():
    def encode(images):
        raise AssertionError("encoded")

    with refused(SettingError, "protocol", expected="locatello2019, ", got="'locatelo2019'", hint="locatello2019"):
        evaluate(encode, DATA, protocol="locatelo2019")


@pytest.mark.parametrize(
    ("arguments", "error", "argument", "facts"),
    [
        ({"codes": CODES[1:]}, ShapeError, "codes, factors", {"got": "(383, 7) and (384, 5)"}),
        ({"codes": CODES * np.nan}, DataError, "codes[0, 0]", {"expected": "finite", "got": np.nan}),
        ({"factors": FACTORS + 0.25}, DataError, "factors", {"expected": "integers"}),
        ({"factors": FACTORS * 0}, DataError, "factors", {"expected": "at least one that varies"}),
        ({"factor_names": ("a", "b")}, ShapeError, "factor_names", {"expected": "5 names", "got": "2: a, b"}),
        (
            {"factor_names": (*"abcd", "ceiling")},
            DataError,
            "factor_names",
            {"expected": "reference", "got": "ceiling"},
        ),
        ({"blocks": [(0, 1), 2]}, SettingError, "blocks", {}),
        ({"seed": -1}, SettingError, "seed", {"expected": "at least 0", "got": -1}),
        ({"protocol": "none"}, SettingError, "protocol", {"expected": "locatello2019", "got": "'none'"}),
    ],
)
def test_what_cannot_be_scored_is_refused(arguments, error, argument, facts):
    with refused(error, argument, **facts):
        score_codes(**{"codes": CODES, "factors": FACTORS, "protocol": "small"} | arguments)


def test_fewer_observations_than_a_metric_draws_are_used_whole_and_noted():
    part = slice(1, None)  # no complete grid any more
    found = score_codes(CODES[part], FACTORS[part], protocol="small", metrics=["mig"])
    table = CodeTable(CODES[part], FACTORS[part])
    information = histogram_information(
        table, table.blocks(), bins=20, num_samples=10**6, rng=np.random.default_rng(0)
    )  # every row once
    gaps = mutual_information_gap(information.information, information.factor_entropies)
    assert found["mig"].value == gaps.mean()
    assert found.protocol == ""
    assert found.notes[0].startswith("383 observations, no complete grid: fewer than these metrics draw (mig 1,000)")
    assert found.notes[0].endswith("settings=ScoreSettings(strict=True), or --strict, refuses such a table")
    assert found.notes[0] in str(found)
    with refused(DataError, "codes", got=383):  # as the note says
        score_codes(CODES[1:], FACTORS[1:], protocol="small", metrics=["mig"], settings=ScoreSettings(strict=True))


def test_a_complete_grid_of_any_size_is_the_whole_distribution_and_no_note():
    found = score_codes(CODES, FACTORS, protocol="small", metrics=["mig"])
    assert (found.protocol, found.notes) == ("small", ())


def test_strictness_refuses_fewer_observations_with_settings_that_would_do():
    strict, part = ScoreSettings(strict=True), slice(1, None)
    hint = "MIG(bins=20, num_samples=383)"
    with refused(DataError, "codes", expected="1000 observations that mig", got=383, hint=hint):
        score_codes(CODES[part], FACTORS[part], protocol="small", metrics=["mig"], settings=strict)
    with refused(DataError, "codes", expected="1000 observations that mig", got=300):
        evaluate(pixels, DATA, protocol="small", metrics=["mig"], settings=replace(strict, num_samples=300))
    assert score_codes(CODES, FACTORS, protocol="small", settings=strict).protocol == "small"  # a grid is enough


@pytest.mark.parametrize("rows", [10, 600])
@pytest.mark.parametrize("protocol", ["locatello2019", "equilab1", "eastwood2018", "hyvarinen2016"])
def test_every_metric_scores_any_number_of_rows(protocol, rows):
    factors = np.random.default_rng(1).integers((2, 3), size=(rows, 2))
    codes = np.column_stack([factors + 0.1, np.random.default_rng(2).standard_normal((rows, 2))])
    found = score_codes(codes, factors, protocol=protocol, metrics=quick(protocol))
    assert all(np.isfinite(value) for value in found.flat().values())
    assert found.notes


def quick(protocol):
    """The metrics of a protocol, boosted trees with five stages."""
    fewer = GradientBoosting(stages=5)
    return [DCI(boosting=fewer) if metric.name == "dci" else metric for metric in find_protocol(protocol)]


def test_a_mixture_of_names_objects_and_protocols_is_scored_each_with_its_papers_settings():
    found = score_codes(CODES, FACTORS, metrics=["mig", "mcc", "sap_r2", MIGSup(bins=5)])
    assert list(found) == ["mig", "mcc", "sap_r2", "mig_sup"]
    for name, protocol in (("mig", "locatello2019"), ("mcc", "hyvarinen2016"), ("sap_r2", "kumar2018")):
        assert found[name].value == score_codes(CODES, FACTORS, protocol=protocol, metrics=[name])[name].value
    assert found.protocol == ""
    assert score_codes(CODES, FACTORS, metrics=["sap", MIG()]).protocol == "locatello2019"  # the same settings
    assert score_codes(CODES, FACTORS, protocol="small", metrics=["mig"]).settings["mig"] == repr(SMALL[2])


def test_factors_that_are_continuous_are_refused_with_what_scores_them():
    """Numbered, a perfect code would score 0: 20,000 values seen once each."""
    rng = np.random.default_rng(0)
    factors = rng.random((20_000, 3))
    hint = "np.digitize(column, np.linspace(column.min(), column.max(), 21)[1:-1])"
    with refused(
        DataError, "factors", expected="integers", got="float64 with 20000 values in column 0 of 20000 rows", hint=hint
    ):
        score_codes(factors, factors)
    numbered = np.stack([np.unique(column, return_inverse=True)[1] for column in factors.T], axis=1)
    for each in (numbered, numbered[:, :1], numbered // 1.5):
        with refused(DataError, "factors", expected="two or more observations of each value", hint=hint):
            score_codes(factors[:, : each.shape[1]], each)
    found = score_codes(factors, numbered, metrics=["active_units"])  # reads no factors
    assert found["active_units"].value == 3
    binned = np.stack([np.digitize(c, np.linspace(c.min(), c.max(), 21)[1:-1]) for c in factors.T], axis=1)
    found = score_codes(factors, binned, metrics=["mig", "modularity"])
    assert found["mig"].value > 0.85
    assert found["modularity"].value > 0.99


def test_a_forest_on_noise_beside_a_perfect_code_is_scored():
    """scikit-learn's importances of what no tree splits on round to -1e-18."""
    codes = np.column_stack([FACTORS, np.random.default_rng(0).standard_normal((len(FACTORS), 11))])
    found = score_codes(codes, FACTORS, protocol="eastwood2018", metrics=["dci_forest"])
    assert found["dci_forest"].value > 0.999


def test_scores_need_no_installed_package(monkeypatch):
    def absent(package):
        raise PackageNotFoundError(package)

    monkeypatch.setattr("equilab.metrics.scoring.version", absent)
    found = score_codes(CODES, FACTORS, protocol="small", metrics=["mig"])
    assert found.versions == {"equilab": equilab.__version__} | dict.fromkeys(
        ("numpy", "scipy", "scikit-learn", "torch"), "unknown"
    )


def test_a_factor_that_makes_one_key_of_two_scores_is_refused():
    names = ("nats", "b", "c", "d", "e")
    with refused(DataError, "factor_names", got="two values named jemmig_nats"):
        score_codes(CODES, FACTORS, protocol="do2020", factor_names=names).flat()
