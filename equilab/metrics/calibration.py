"""How a metric responds to corruptions of a perfect code: noise, rotation, duplicates, lost dimensions, a warp."""

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np
import torch
from jaxtyping import Float, Int
from numpy import ndarray

from equilab.errors import DataError, SettingError, check_count
from equilab.latents import gaussian_posterior_of
from equilab.metrics.arguments import checked_labels, checked_numbers
from equilab.metrics.code_table import CodeTable
from equilab.metrics.factor_table import FactorTable
from equilab.metrics.metric import Metric, generator_of

Corruption: TypeAlias = Callable[[ndarray, float, np.random.Generator], ndarray]


def add_noise(codes: Float[ndarray, "n d"], level: float, rng: np.random.Generator) -> Float[ndarray, "n d"]:
    """codes + level * std of each dimension * N(0, 1): at level 1 as much noise as signal."""
    return codes + level * codes.std(axis=0) * rng.standard_normal(codes.shape)


def rotate_codes(codes: Float[ndarray, "n d"], level: float, rng: np.random.Generator) -> Float[ndarray, "n d"]:
    """The codes rotated by level * 45 degrees in the plane of each dimension and the next: a mixture."""
    turned = codes.copy()
    angle = level * np.pi / 4
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    for axis in range(codes.shape[1] - 1):
        turned[:, axis : axis + 2] = turned[:, axis : axis + 2] @ turn
    return turned


def duplicate_codes(codes: Float[ndarray, "n d"], level: float, rng: np.random.Generator) -> Float[ndarray, "n 2*d"]:
    """The first level * d dimensions once more, and dead dimensions up to 2d: the width is the same at every level."""
    copies = round(level * codes.shape[1])
    return np.concatenate([codes, codes[:, :copies], np.zeros_like(codes[:, copies:])], axis=1)


def drop_codes(codes: Float[ndarray, "n d"], level: float, rng: np.random.Generator) -> Float[ndarray, "n d"]:
    """The last level * d dimensions set to 0: factors that the code holds no information about."""
    kept = codes.shape[1] - round(level * codes.shape[1])
    return np.where(np.arange(codes.shape[1]) < kept, codes, 0.0)


def warp_codes(codes: Float[ndarray, "n d"], level: float, rng: np.random.Generator) -> Float[ndarray, "n d"]:
    """exp(4 level x) of each dimension x, a strictly monotone map: the order stays, distances do not."""
    return codes if level == 0 else np.expm1(4 * level * codes) / (4 * level)


CORRUPTIONS: dict[str, Corruption] = {
    "noise": add_noise,
    "rotation": rotate_codes,
    "duplicates": duplicate_codes,
    "dropped": drop_codes,
    "warp": warp_codes,
}


def calibrate(
    metrics: Sequence[Metric],
    factors: Int[ndarray, "n k"],
    *,
    corruption: str,
    levels: Sequence[float] = (0.0, 0.25, 0.5, 0.75, 1.0),
    seed: int = 0,
) -> dict[str, Float[ndarray, "levels"]]:
    """Each score, parts included, of the factors as codes at increasing levels of a corruption: by name, one per level.

    metrics: objects, such as [MIG()].
    factors: (n, k), k at least 2, all of them varying; the codes have mean 0 and variance 1, and posteriors of 0.01 of
        their variance, for metrics that read one.
    corruption: noise, rotation, duplicates, dropped or warp, see the functions of these names.
    levels: of the corruption, each from 0 to 1.
    seed: of every random draw.
    Raises SettingError for something else than metrics, another corruption or a level outside [0, 1], DataError for
    factors that do not vary.

    >>> from equilab.metrics import MIG
    >>> factors = np.stack(np.unravel_index(np.arange(60), (3, 4, 5)), 1)
    >>> calibrate([MIG()], factors, corruption="dropped", levels=(0.0, 1.0))["mig"].round(2).tolist()
    [1.0, 0.0]
    """
    given = list(metrics) if isinstance(metrics, Sequence) else []
    if not given or not all(isinstance(metric, Metric) for metric in given):
        raise SettingError("metrics", expected="a list of metrics, such as [MIG()]", got=repr(metrics))
    check_count("seed", seed, least=0)
    if not isinstance(corruption, str) or corruption not in CORRUPTIONS:
        raise SettingError("corruption", expected=f"one of {', '.join(CORRUPTIONS)}", got=repr(corruption))
    levels = checked_numbers(levels, "levels", "(n,)", finite=False).tolist()
    if not all(0 <= level <= 1 for level in levels):
        raise SettingError("levels", expected="numbers from 0 to 1", got=levels)
    factors = FactorTable(checked_labels(factors, "factors", "(n, k)")).values
    varying = (factors != factors[:1]).any(axis=0)
    if len(varying) < 2 or not varying.all():
        raise DataError(
            "factors",
            expected="two or more columns, each of them with more than one value",
            got=f"{varying.sum()} such of {len(varying)}",
        )
    found: dict[str, list[float]] = {}
    perfect = (factors - factors.mean(axis=0)) / factors.std(axis=0)
    for level in levels:
        codes = CORRUPTIONS[corruption](perfect, level, np.random.default_rng([seed, 4]))
        variance = torch.from_numpy(0.01 * np.maximum(codes.var(axis=0), 1e-6))
        posterior = gaussian_posterior_of(torch.from_numpy(codes), variance=variance)
        table = CodeTable(codes, factors, posterior=posterior)
        for metric in metrics:
            for score in metric(table, rng=generator_of(metric, seed)).each():
                found.setdefault(score.name, []).append(score.value)
    return {name: np.array(values) for name, values in found.items()}
