"""Unsupervised disentanglement ranking (Duan et al. 2020): models that agree on their axes are disentangled."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import numpy as np
from jaxtyping import Bool, Float
from numpy import ndarray

from equilab.errors import DataError, SettingError, ShapeError
from equilab.metrics.arguments import check_number, checked_numbers, checked_sequence
from equilab.metrics.model_sets.lasso import lasso
from equilab.metrics.model_sets.rank_correlation import ranks
from equilab.metrics.validation import as_floats, encoded

MODELS_ADVISED = 5  # of a setting (Duan et al. 2020, section 5)


@dataclass(frozen=True, eq=False)
class UDR:
    """The UDR of each model, and what it was read from."""

    name: str  # udr_lasso or udr_spearman
    scores: Float[ndarray, "models"]  # 0 to 1, more is better; NaN for a model that nothing was compared with
    pairwise: Float[ndarray, "models models"]  # how the code of the row's model agrees with the column's; diagonal 0
    active: tuple[Bool[ndarray, "_"], ...]  # of each model, the dimensions that count

    @property
    def best(self) -> int:
        """The position of the model that UDR picks: the first of the highest score."""
        return int(np.nanargmax(self.scores))


def udr(
    codes: Sequence[Any],
    *,
    kl: Sequence[Any] | None = None,
    method: Literal["lasso", "spearman"] = "lasso",
    groups: Sequence[object] | ndarray | None = None,
    alpha: float = 0.1,
    least_kl: float = 0.01,
    least_variance: float = 0.01,
) -> UDR:
    """The UDR of models, from their codes (n, d) of the same n observations; d may differ; 1,000 observations suffice.

    R(a, b) is how dimension a of one model goes with b of another: the absolute weight of a in the Lasso
    regression (`alpha`) of the standardised b on all a, or the absolute Spearman correlation. Over the dimensions that
    are active, d_a of the first and d_b of the second model,

        UDR_ij = [sum_b max_a R^2 / sum_a R + sum_a max_b R^2 / sum_b R] / (d_a + d_b)

    (eq. 3; a row or column of zeros adds 0, and so does a pair without active dimensions). A model's score is the
    median of UDR_ij over the other models i. Two models with the same axes, in any order and with any sign, score 1 by
    Spearman and 1 - alpha by Lasso, whose weights are shrunk.

    kl: the KL (d,) of each model's dimensions, nats; one is active above `least_kl`. Without it one is active if its
    variance is above `least_variance`, in squared units of the code: about the same for a VAE's means.
    groups: a label for each model; a model is compared with those of its label only (seeds of one setting, the paper's
    UDR). None: with all (the paper's UDR-A2A). Five or more models of a label are advised: of fewer the median is
    one or two accidents.
    Raises ShapeError for codes that do not match, DataError for fewer than two models or non-finite codes,
    SettingError for a method that does not exist.

    >>> first = np.random.default_rng(0).standard_normal((1_000, 3))
    >>> udr([first, -first[:, ::-1], first @ np.linalg.qr(np.vander([1, 2, 3]))[0]], method="spearman").best in (0, 1)
    True
    """
    codes = [encoded(each).codes for each in checked_sequence(codes, "codes", "a list with the codes of each model")]
    if kl is not None:
        kl = [checked_numbers(each, "kl", "(d,)") for each in checked_sequence(kl, "kl", "a list, one of each model")]
    check_number("alpha", alpha, "a positive number", lambda value: value > 0)
    for name, value in (("least_kl", least_kl), ("least_variance", least_variance)):
        check_number(name, value, "0 or more", lambda value: value >= 0)
    active = _active(codes, kl, least_kl=least_kl, least_variance=least_variance)
    groups = None if groups is None else checked_sequence(groups, "groups", "a list with a label for each model")
    if groups is not None and len(groups) != len(codes):
        raise ShapeError("groups", expected=f"one label for each of {len(codes)} models", got=len(groups))
    match method:
        case "lasso":
            relate = partial(lasso, alpha=alpha)
        case "spearman":
            relate = correlation
            codes = [ranks(each) for each in codes]
        case _:
            raise SettingError("method", expected="'lasso' or 'spearman'", got=repr(method))
    usable = [standardise(each[:, kept]) for each, kept in zip(codes, active, strict=True)]
    names = [""] * len(codes) if groups is None else [str(group) for group in groups]
    labels = np.unique(names, return_inverse=True)[1]
    compared = (labels[:, None] == labels) & ~np.eye(len(codes), dtype=bool)
    cuts = np.cumsum([each.shape[1] for each in usable])[:-1]
    pairwise = np.zeros(compared.shape)
    for row, inputs in enumerate(usable):
        relations = np.split(np.abs(relate(inputs, np.concatenate(usable, axis=1))), cuts, axis=1)
        pairwise[row] = [relative_strength(relation) for relation in relations]
    np.fill_diagonal(pairwise, 0.0)
    scores = [float(np.median(pairwise[kept, model])) if kept.any() else np.nan for model, kept in enumerate(compared)]
    return UDR(f"udr_{method}", np.array(scores), pairwise, active)


def relative_strength(relation: Float[ndarray, "d_a d_b"]) -> float:
    """How far a matrix of non-negative relations is from a permutation: 1 for one, 0 for zeros (eq. 3).

    >>> relative_strength(np.array([[0.0, 1.0], [1.0, 0.0]])), relative_strength(np.ones((2, 2)))
    (1.0, 0.5)
    """
    if not relation.size:
        return 0.0
    total = 0.0
    for axis in (0, 1):
        sums = relation.sum(axis=axis)
        total += (np.square(relation.max(axis=axis))[sums > 0] / sums[sums > 0]).sum()
    return float(total / sum(relation.shape))


def standardise(codes: Float[ndarray, "n d"]) -> Float[ndarray, "n d"]:
    """The columns with mean 0 and variance 1 (ddof 0), float64; constant ones are 0.

    >>> standardise(np.array([[1.0, 5.0], [3.0, 5.0]])).tolist()
    [[-1.0, 0.0], [1.0, 0.0]]
    """
    varies = (codes != codes[:1]).any(axis=0)
    centred = np.where(varies, codes.astype(np.float64) - codes.mean(axis=0, dtype=np.float64), 0.0)
    return centred / np.where(varies, centred.std(axis=0), 1.0)


def correlation(first: Float[ndarray, "n d"], second: Float[ndarray, "n t"]) -> Float[ndarray, "d t"]:
    """Pearson's correlation of standardised columns: Spearman's where they are ranks."""
    return first.T @ second / len(first)


def _active(
    codes: Sequence[ndarray], kl: Sequence[ndarray] | None, *, least_kl: float, least_variance: float
) -> tuple[Bool[ndarray, "_"], ...]:
    """Which dimensions of each model count; the checks of codes and kl."""
    if len(codes) < 2:
        raise DataError(
            "codes",
            expected=f"two or more models, as UDR compares them, {MODELS_ADVISED} of a setting advised",
            got=len(codes),
        )
    for index, each in enumerate(codes):
        if each.ndim != 2 or each.shape[0] != len(codes[0]) or each.shape[0] < 2:
            raise ShapeError(
                f"codes[{index}]",
                expected="(n, d), the codes of the same n observations for each model, n at least 2",
                got=f"{each.shape} beside {codes[0].shape}",
            )
        if not np.isfinite(as_floats(each, f"codes[{index}]")).all():
            raise DataError(f"codes[{index}]", expected="finite numbers", got="NaN or infinity")
    if kl is None:
        return tuple(each.var(axis=0, dtype=np.float64) > least_variance for each in codes)
    if [np.shape(each) for each in kl] != [each.shape[1:] for each in codes]:
        raise ShapeError(
            "kl",
            expected=f"the KL (d,) of each model's dimensions, {[each.shape[1:] for each in codes]}",
            got=[np.shape(each) for each in kl],
        )
    return tuple(np.asarray(each) > least_kl for each in kl)
