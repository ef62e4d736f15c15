"""JEMMIG, the joint entropy minus the mutual information gap (Do & Tran 2020)."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from equilab.latents import CodeBlock
from equilab.metrics.code_table import CodeTable
from equilab.metrics.information import histogram_information
from equilab.metrics.metric import Metric, Score, by_name, check_counts


@dataclass(frozen=True)
class JEMMIG(Metric):
    """Mean over factors of 1 - (H(z, y) - I(z, y) + I(z', y)) / (H(y) + log bins).

    z: the block, in `bins` cells, that knows most of the factor y; z': the second best; H(z, y): their joint entropy.
    Where MIG asks how much more z knows than z', this asks as well that z knows nothing else: whatever moves z while
    y stays adds to H(z, y). The part `jemmig_nats` is H(z, y) - I(z, y) + I(z', y) itself, where 0 is best.

    A dead code scores log bins / (H(y) + log bins), not 0, since it knows nothing else: 0.45 to 0.73 on dSprites. A
    single block has a second that knows nothing. Estimated as by MIG, from a histogram of the codes over their own
    range; the authors integrate the posterior over 100 bins from -4 to 4.

    matrix: mutual information, nats, (blocks, factors that vary); of the part: joint entropy, nats. per_factor: the
    value of that factor. per_block: the sum of the values of the factors that the block knows best, over the number of
    factors: they add up to the score.
    Raises SettingError for invalid settings.

    >>> factors = np.stack(np.unravel_index(np.arange(16), (4, 4)), 1)
    >>> JEMMIG()(CodeTable(factors, factors), rng=np.random.default_rng(0)).value > 0.99
    True
    """

    name: ClassVar[str] = "jemmig"
    bins: int = 20  # cells of each block
    num_samples: int = 10_000  # observations

    def __post_init__(self) -> None:
        check_counts(self, {"bins": 2, "num_samples": 2})

    def score(self, table: CodeTable, blocks: tuple[CodeBlock, ...], rng: np.random.Generator) -> Score:
        found = histogram_information(table, blocks, bins=self.bins, num_samples=self.num_samples, rng=rng)
        joint = found.block_entropies[:, None] + found.factor_entropies - found.information
        nats = joint_entropy_minus_gap(found.information, joint)
        values = 1 - nats / (found.factor_entropies + np.log(self.bins))
        best = found.information.argmax(axis=0)
        labels = tuple(block.label for block in blocks)
        raw = Score(
            f"{self.name}_nats",
            float(nats.mean()),
            by_name(table.scored_names, nats),
            by_name(labels, _shares(nats, best, len(labels))),
            joint,
            rows=labels,
            columns=table.scored_names,
            unit="nats",
            better="down",
            full=float(found.factor_entropies.max() + np.log(self.bins)),
        )
        return Score(
            self.name,
            float(values.mean()),
            by_name(table.scored_names, values),
            by_name(labels, _shares(values, best, len(labels))),
            found.information,
            rows=labels,
            columns=table.scored_names,
            parts=(raw,),
            full=float(found.factor_entropies.max()),
        )


def joint_entropy_minus_gap(
    information: Float[ndarray, "blocks factors"], joint: Float[ndarray, "blocks factors"]
) -> Float[ndarray, "factors"]:
    """H(z, y) - I(z, y) + I(z', y) of each factor y, z and z' the blocks with the most information on it; nats.

    joint: entropy of each block and factor together.

    >>> joint_entropy_minus_gap(np.array([[0.75], [0.25]]), np.array([[1.0], [2.0]])).tolist()
    [0.5]
    """
    ranked = np.sort(np.vstack([information, np.zeros_like(information[:1])]), axis=0)[::-1]
    best = information.argmax(axis=0)
    return joint[best, np.arange(len(best))] - ranked[0] + ranked[1]


def _shares(values: Float[ndarray, "factors"], best: Int[ndarray, "factors"], size: int) -> Float[ndarray, "size"]:
    """What each block has of the mean over factors, as the best of some."""
    return np.bincount(best, values, minlength=size) / len(values)
