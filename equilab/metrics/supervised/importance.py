"""Disentanglement and completeness of a matrix of importances (Eastwood & Williams 2018, section 2)."""

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from equilab.errors import DataError
from equilab.latents import CodeBlock
from equilab.metrics.arguments import checked_numbers
from equilab.metrics.metric import Score, by_name

_ROUNDING = 1e-12  # of the largest importance


def disentanglement(importance: Float[ndarray, "blocks factors"]) -> float:
    """Mean of `code_disentanglement` over the blocks, weighted by their rows' mass; 0 where nothing is important.

    Raises DataError for importances that are negative or not finite: of coefficients, take absolute values.

    >>> disentanglement(np.array([[3.0, 0.0], [0.5, 0.5]]))  # weights 3/4 and 1/4 of 1 and 0
    0.75
    """
    importance = checked_numbers(importance, "importance", "(blocks, factors)")
    mass = importance.sum(axis=1)
    return float(code_disentanglement(importance) @ mass / max(mass.sum(), np.finfo(float).tiny))


def completeness(importance: Float[ndarray, "blocks factors"]) -> float:
    """Mean of `factor_completeness` over the factors, weighted by their columns' mass; 0 where nothing is important.

    Raises DataError for importances that are negative or not finite: of coefficients, take absolute values.

    >>> completeness(np.array([[3.0, 0.5], [0.0, 0.5]]))  # weights 3/4 and 1/4 of 1 and 0
    0.75
    """
    return disentanglement(checked_numbers(importance, "importance", "(blocks, factors)").T)


def code_disentanglement(importance: Float[ndarray, "blocks factors"]) -> Float[ndarray, "blocks"]:
    """1 - H_K of each row as a distribution over the K factors, the entropy to the base K: 1 for one factor, 0 for all.

    A row of zeros gives 0. A single factor (K = 1) leaves nothing to be entangled with: 1 for every row with mass.

    >>> code_disentanglement(np.array([[2.0, 0.0], [1.0, 1.0], [0.0, 0.0]])).tolist()
    [1.0, 0.0, 0.0]
    """
    lowest = -_ROUNDING * np.abs(importance).max(initial=0.0)  # importances of nothing may round to -1e-18
    wrong = importance[~(np.isfinite(importance) & (importance >= lowest))]
    if len(wrong):
        hint = "take absolute values of coefficients"
        raise DataError("importance", expected="finite numbers, none negative", got=wrong[0], hint=hint)
    importance = np.maximum(importance, 0.0)
    mass = importance.sum(axis=1, keepdims=True)
    share = np.divide(importance, mass, out=np.zeros(importance.shape), where=mass > 0)
    log_share = np.log(share, out=np.zeros_like(share), where=share > 0)
    entropies = -(share * log_share).sum(axis=1) / np.log(max(importance.shape[1], 2))
    return np.where(mass[:, 0] > 0, np.clip(1 - entropies, 0, 1), 0)


def factor_completeness(importance: Float[ndarray, "blocks factors"]) -> Float[ndarray, "factors"]:
    """1 - H_d of each column as a distribution over the d blocks: 1 for one block, 0 for all alike.

    A column of zeros gives 0. A single block (d = 1) is complete: 1 for every column with mass.

    >>> factor_completeness(np.array([[2.0, 1.0, 0.0], [0.0, 1.0, 0.0]])).tolist()
    [1.0, 0.0, 0.0]
    """
    return code_disentanglement(importance.T)


def block_features(codes: Float[ndarray, "n d"], blocks: tuple[CodeBlock, ...]) -> Float[ndarray, "n m"]:
    """The values of all blocks side by side, float64, each projected onto its manifold: a predictor's features.

    >>> block_features(np.array([[0.0, 2.0, 5.0]]), (CodeBlock((2,)), CodeBlock((0, 1)))).tolist()
    [[5.0, 0.0, 2.0]]
    """
    return np.ascontiguousarray(np.concatenate([block.values(codes) for block in blocks], axis=1))


def block_importance(
    importance: Float[ndarray, "m factors"], blocks: tuple[CodeBlock, ...]
) -> Float[ndarray, "blocks factors"]:
    """Importances of the columns of `block_features`, added up over each block.

    >>> block_importance(np.array([[1.0], [2.0], [4.0]]), (CodeBlock((2,)), CodeBlock((0, 1)))).tolist()
    [[1.0], [6.0]]
    """
    starts = np.cumsum([0] + [len(block.axes) for block in blocks[:-1]])
    return np.add.reduceat(importance, starts, axis=0)


def standardised(
    train: Float[ndarray, "n m"], test: Float[ndarray, "k m"]
) -> tuple[Float[ndarray, "n m"], Float[ndarray, "k m"]]:
    """Both, float64, less the mean of `train` and over its standard deviation; a constant column becomes 0 in both.

    >>> [part.tolist() for part in standardised(np.array([[1.0, 5.0], [3.0, 5.0]]), np.array([[4.0, 6.0]]))]
    [[[-1.0, 0.0], [1.0, 0.0]], [[2.0, 0.0]]]
    """
    mean = train.mean(axis=0, dtype=np.float64)
    varies = train.max(axis=0) > train.min(axis=0)
    scale = varies / np.where(varies, train.std(axis=0, dtype=np.float64), 1)
    return (train - mean) * scale, (test - mean) * scale


def explained(predicted: Float[ndarray, "n"], target: Float[ndarray, "n"]) -> float:
    """1 - root mean squared error / standard deviation of the target, at least 0; of a constant target, 1 if met.

    >>> explained(np.array([0.5, 0.5, 2.5, 2.5]), np.array([0.0, 1.0, 2.0, 3.0])).__round__(3)
    0.553
    """
    error, spread = np.sqrt(np.square(predicted - target).mean()), target.std()
    return float(max(1 - error / spread, 0)) if spread > 0 else float(error == 0)


def importance_score(
    name: str,
    importance: Float[ndarray, "blocks factors"],
    informativeness: Float[ndarray, "factors"],
    *,
    blocks: tuple[CodeBlock, ...],
    factors: tuple[str, ...],
) -> Score:
    """Disentanglement as a metric's value, completeness and informativeness as its parts; the matrix with each."""
    labels = tuple(block.label for block in blocks)
    shown = {"matrix": importance, "rows": labels, "columns": factors}
    per_factor = by_name(factors, factor_completeness(importance))
    informed = by_name(factors, informativeness)
    parts = (
        Score(f"{name}_completeness", completeness(importance), per_factor, **shown),
        Score(f"{name}_informativeness", float(informativeness.mean()), informed, **shown),
    )
    per_block = by_name(labels, code_disentanglement(importance))
    return Score(name, disentanglement(importance), per_block=per_block, parts=parts, **shown)
