"""Mutual information based entropy disentanglement (Cao et al. 2022, section 3): the entropies of DCI, no predictor."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from equilab.latents import CodeBlock
from equilab.metrics.code_table import CodeTable
from equilab.metrics.information import histogram_information
from equilab.metrics.metric import Metric, Score, by_name, check_counts


@dataclass(frozen=True)
class MED(Metric):
    """Mean over blocks, weighted by their importance, of 1 minus the entropy of the factors that the block knows.

    Importance R of a block for a factor: their mutual information, the block in `bins` cells, the factor raw, over
    `num_samples` observations, divided by its sum over blocks. With p the row of a block divided by its sum,

        D_block = 1 + sum over the K factors of p log_K p,    MED = sum of R D_block / sum of R;

    with a single factor D is 1. The part `med_completeness` is the same of columns: 1 minus the entropy, to the base
    of the number of blocks, of the blocks that know the factor, averaged over factors.

    matrix: R (blocks, factors that vary). per_factor: the mean of D over blocks weighted by that factor's column of
    R. per_block: D of that block, 0 for one that knows nothing. Of the part: per_factor its completeness; per_block the
    mean completeness of the factors weighted by that block's row of R.
    Raises SettingError for invalid settings. Defaults: 20 bins as in that paper.

    >>> factors = np.stack(np.unravel_index(np.arange(16), (4, 4)), 1)
    >>> MED()(CodeTable(factors, factors), rng=np.random.default_rng(0)).value > 0.99
    True
    """

    name: ClassVar[str] = "med"
    bins: int = 20  # cells of each block
    num_samples: int = 10_000  # observations

    def __post_init__(self) -> None:
        check_counts(self, {"bins": 2, "num_samples": 2})

    def score(self, table: CodeTable, blocks: tuple[CodeBlock, ...], rng: np.random.Generator) -> Score:
        found = histogram_information(table, blocks, bins=self.bins, num_samples=self.num_samples, rng=rng)
        importance = column_shares(found.information)
        labels, names = tuple(block.label for block in blocks), table.scored_names
        pure, complete = concentration(importance), concentration(importance.T)
        of_factor, of_code = _weighted(importance.T, pure), _weighted(importance, complete)
        return Score(
            self.name,
            _mean(pure, importance.sum(axis=1)),
            by_name(names, of_factor),
            by_name(labels, pure),
            importance,
            rows=labels,
            columns=names,
            parts=(
                Score(
                    f"{self.name}_completeness",
                    _mean(complete, importance.sum(axis=0)),
                    by_name(names, complete),
                    by_name(labels, of_code),
                    importance,
                    rows=labels,
                    columns=names,
                ),
            ),
        )


def column_shares(values: Float[ndarray, "rows columns"]) -> Float[ndarray, "rows columns"]:
    """Each column divided by its sum; a column of zeros stays.

    >>> column_shares(np.array([[3.0, 0.0], [1.0, 0.0]])).tolist()
    [[0.75, 0.0], [0.25, 0.0]]
    """
    total = values.sum(axis=0)
    return values / np.where(total > 0, total, 1.0)


def concentration(importance: Float[ndarray, "rows columns"]) -> Float[ndarray, "rows"]:
    """1 minus the entropy of each row's shares, to the base of their number: 1 for one entry, 0 for equal ones.

    A row of zeros has 0; with a single column every other row has 1.

    >>> concentration(np.array([[2.0, 0.0], [1.0, 1.0], [0.0, 0.0]])).tolist()
    [1.0, 0.0, 0.0]
    """
    total = importance.sum(axis=1)
    shares = importance / np.where(total > 0, total, 1.0)[:, None]
    entropy = -(shares * np.log(np.where(shares > 0, shares, 1.0))).sum(axis=1) / np.log(max(shares.shape[1], 2))
    return np.where(total > 0, np.clip(1 - entropy, 0.0, 1.0), 0.0)


def _weighted(weights: Float[ndarray, "rows columns"], values: Float[ndarray, "columns"]) -> Float[ndarray, "rows"]:
    """The mean of the values by each row of weights."""
    return np.array([_mean(values, row) for row in weights])


def _mean(values: Float[ndarray, "n"], weights: Float[ndarray, "n"]) -> float:
    """The weighted mean; 0 where nothing weighs."""
    return float(values @ weights / weights.sum()) if weights.sum() > 0 else 0.0
