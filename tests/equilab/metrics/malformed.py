"""Calls of public functions of equilab.metrics with arguments of the wrong kind: prints each that is not refused."""

import warnings

import numpy as np
import torch

from equilab import metrics as M
from equilab.data import MiniSprites
from equilab.errors import EquilabError
from equilab.groups import p4

warnings.simplefilter("ignore")
rng = np.random.default_rng(0)
FACTORS = np.stack(np.unravel_index(np.arange(60), (3, 4, 5)), 1)
CODES = FACTORS + 0.3 * rng.standard_normal(FACTORS.shape)
SHARES, VALUES, LABELS = np.eye(3), np.array([0.1, 0.2, 0.4]), FACTORS[:, 0]
TABLE = M.CodeTable(CODES, FACTORS)
ORBIT = np.stack([CODES] * 4)
DATA = MiniSprites(size=16)
GRID = np.stack([np.cos(np.indices((8, 8))[0]), np.sin(np.indices((8, 8))[1])], -1)
TORUS = M.CodeTable(GRID.reshape(64, 2), np.indices((8, 8)).reshape(2, 64).T, ("a", "b"))


def broken(array):
    """What is no array of numbers of that shape."""
    number = np.asarray(array, float)
    missing, infinite, holes = number.copy(), number.copy(), number.astype(object)
    missing.flat[1], infinite.flat[1], holes.flat[1] = np.nan, np.inf, None
    yield from (None, "x", {}, [], [[1, 2], [3]], object, lambda: 1, np.ma.masked_equal(number, number.flat[0]))
    yield from (missing, infinite, holes, number[:0], number[None], number.astype(complex), number.astype(str))
    yield from (torch.from_numpy(missing), torch.empty(number.shape, device="meta"))


COUNTS = (True, 1.5, "3", -1, 0, [2], float("nan"))
NUMBERS = ("3", -1.0, float("nan"), float("inf"), [0.5], 1j)
SEEDS = (-1, 0.5, True, "a", [1], {}, None)
WORDS = ("x", {}, 3, None, [], ["mig"])
METRICS = ({}, 3, [], [[]], ["mgi"], "mig", M.MIG, [M.MIG], [None], [3], {"mig"}, [{}], ["mig", "mig"])
BLOCKS = ("ab", 3, {}, [], [[]], [True, 1, 2], [0, 1], [0, 1, 1, 2], [-1, 0, 1], [0.5, 1, 2], [None], [(0, "a"), 1])
RNGS = (None, 3, "a", np.random.RandomState(0), torch.Generator())
NAMES = ("abc", 3, ["a"], ["a", "a", "b"], [b"a", b"\xff", b"c"], {"a", "b", "c"})
ENCODERS = (None, 3, torch.nn.Linear, lambda x: None, lambda x: "a", lambda x: x, lambda x: x.flatten(1)[:3])
codes = {"codes": CODES, "factors": FACTORS, "metrics": ["mig"]}
gaussian = {
    "sigma": [*broken(SHARES), -SHARES, np.ones((2, 3)), np.triu(np.ones((3, 3)))],
    "owner": ["x", [0, 1]],
}
images = {"encode": lambda x: x.flatten(1)[:, ::40], "dataset": DATA, "metrics": ["mig"]}
CALLS = [  # function, arguments that fit, values of some that do not
    (
        M.score_codes,
        codes,
        {
            "codes": broken(CODES),
            "factors": broken(FACTORS),
            "metrics": METRICS,
            "protocol": WORDS,
            "blocks": BLOCKS,
            "factor_names": NAMES,
            "seed": SEEDS,
            "settings": (None, {}, M.ScoreSettings),
        },
    ),
    (M.check_scoring, codes, {"codes": broken(CODES), "metrics": METRICS, "protocol": WORDS, "seed": SEEDS}),
    (
        M.evaluate,
        images,
        {
            "encode": ENCODERS,
            "dataset": (None, 3, "x", MiniSprites),
            "metrics": METRICS,
            "protocol": WORDS,
            "seed": SEEDS,
            "untrained": (3, "x"),
            "blocks": BLOCKS[:5],
        },
    ),
    (
        M.ScoreSettings,
        {},
        {
            "representation": WORDS,
            "repeats": (True, 1.5, -1),
            "references": ("random", 3, [[]], ["x"]),
            "num_samples": COUNTS,
            "batch_size": COUNTS,
            "inputs": WORDS,
            "progress": (3, "x"),
            "strict": (None, 1),
            "observations": (3, "a", [0.5], [[1]], [-1], [1, 1], [None]),
        },
    ),
    (M.CodeTable, {"codes": CODES, "factors": FACTORS}, {"posterior": (3, "x", CODES), "copies": COUNTS}),
    (
        M.calibrate,
        {"metrics": [M.MIG()], "factors": FACTORS, "corruption": "noise"},
        {
            "metrics": METRICS,
            "factors": broken(FACTORS),
            "corruption": WORDS,
            "levels": (3, "a", [2.0], [np.nan], []),
            "seed": SEEDS,
        },
    ),
    (M.find_protocol, {}, {"name": WORDS}),
    (M.entropy, {}, {"labels": broken(LABELS)}),
    (M.mutual_information, {"first": LABELS, "second": LABELS}, {"first": broken(LABELS), "second": [LABELS[:1]]}),
    (M.mutual_information_matrix, {"first": FACTORS, "second": FACTORS}, {"first": broken(FACTORS)}),
    (
        M.mutual_information_ross,
        {"values": CODES, "labels": LABELS, "neighbours": 3, "rng": rng},
        {"values": broken(CODES), "labels": broken(LABELS), "neighbours": COUNTS, "rng": RNGS},
    ),
    (
        M.mutual_information_gap,
        {"information": SHARES, "entropies": VALUES},
        {"information": broken(SHARES), "entropies": broken(VALUES)},
    ),
    (M.disentanglement, {}, {"importance": [*broken(SHARES), -SHARES]}),
    (M.completeness, {}, {"importance": [*broken(SHARES), -SHARES]}),
    (
        M.bootstrap_interval,
        {"values": VALUES, "rng": rng},
        {"values": broken(VALUES[:, None]), "rng": RNGS, "confidence": NUMBERS, "resamples": COUNTS},
    ),
    (M.sampling_interval, {"values": VALUES}, {"values": broken(VALUES[:, None]), "confidence": NUMBERS}),
    (
        M.heat_map,
        {"matrix": np.eye(2), "rows": ["a", "b"], "columns": ("c", "d")},
        {"rows": ("ab", 3, ["a"], {"a", "b"})},
    ),
    (
        M.heat_map,
        {"matrix": np.eye(2), "rows": ["a", "b"], "columns": ("c", "d")},
        {"white": NUMBERS, "full": NUMBERS, "title": (3, None)},
    ),
    (M.gaussian_total_correlation, {"sigma": SHARES}, gaussian),
    (M.gaussian_wasserstein, {"sigma": SHARES}, gaussian),
    (M.with_sample_budget, {"metric": M.MIG(), "most": 9}, {"metric": ("mig", M.MIG), "most": COUNTS}),
    (
        M.udr,
        {"codes": [CODES, CODES]},
        {
            "codes": (None, [], [CODES], [CODES, CODES[:3]], [CODES, CODES * np.nan], {1: CODES}),
            "kl": (3, [], [[1.0] * 3]),
            "method": WORDS,
            "alpha": NUMBERS,
            "least_kl": NUMBERS,
            "groups": (3, "ab", ["a"]),
        },
    ),
    (M.model_centrality, {}, {"similarity": list(broken(1 - SHARES))[:-6]}),
    (M.rank_correlations, {}, {"scores": broken(SHARES)}),
    (M.select, {"scores": VALUES, "selector": VALUES}, {"scores": broken(VALUES), "better": WORDS}),
    (
        M.variance_shares,
        {"scores": VALUES, "methods": list("aab"), "settings": list("xyz")},
        {"scores": broken(VALUES), "methods": (3, "aab", ["a"]), "settings": (None, ["a"])},
    ),
    (
        M.group_report,
        {"codes": CODES, "moved": ORBIT, "group": p4, "rng": rng},
        {
            "codes": broken(CODES),
            "moved": broken(ORBIT),
            "group": (None, 3, "p4", np.eye(3)),
            "rng": RNGS,
            "floor": NUMBERS,
        },
    ),
    (
        M.probe_codes,
        {"codes": CODES, "moved": ORBIT, "rng": rng},
        {"codes": broken(CODES), "rng": RNGS, "ridge": NUMBERS, "elements": (3, "abcd", ["a"]), "blocks": BLOCKS},
    ),
    (
        M.symmetry_probe,
        {"encode": lambda x: x.mean((2, 3)), "images": torch.rand(9, 1, 4, 4), "group": p4, "rng": rng},
        {"group": (None, 3, []), "act": (3, "x"), "encode": ENCODERS[:3], "batch_size": COUNTS},
    ),
    (
        M.lsbd_distances,
        {"codes": GRID},
        {"codes": broken(GRID[0, 0]), "axes": (3, "x", [], [0.5], [5], [0, 0], [True])},
    ),
    (
        M.lsbd_report_codes,
        {"codes": GRID, "rng": rng},
        {"rng": RNGS, "axes": (3, "x", [0.5], [True]), "names": NAMES, "floor": NUMBERS, "residuals": (3, None)},
    ),
    (
        M.lsbd_report,
        {"table": TORUS, "rng": rng},
        {"table": (None, CODES), "factors": (3, "ab", ["c"]), "at": (3, "x"), "rng": RNGS},
    ),
    (M.GradientBoosting, {}, {"stages": COUNTS, "depth": COUNTS, "learning_rate": NUMBERS, "device": (3, "x", None)}),
    (M.DCI, {}, {"boosting": (3, None), "num_train": COUNTS}),
    (M.IRS, {}, {"quantile": NUMBERS}),
    (M.FactorVAEScore, {}, {"active_std": NUMBERS}),
    (M.MIG().__call__, {"table": TABLE, "rng": rng}, {"table": (None, CODES), "rng": RNGS, "blocks": BLOCKS}),
    (M.read_codes, {}, {"path": (None, 3, {}, "/")}),
]
total = 0
for function, fitting, malformed in CALLS:
    if fitting:
        function(**fitting)  # else its errors would show nothing
    for argument, values in malformed.items():
        for value in values:
            total += 1
            name = f"{getattr(function, '__name__', function)}({argument}={str(value)[:40]!r})"
            try:
                function(**fitting | {argument: value})
            except EquilabError as error:
                if not error.argument:
                    print("without an argument:", name)
            except Exception as error:
                print("foreign:", name, type(error).__name__, error)
            else:
                print("silent:", name)
print(total)
