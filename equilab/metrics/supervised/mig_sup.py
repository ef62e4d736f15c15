"""MIG-sup (Li et al. 2020): the gap between the two factors that a block knows best."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from jaxtyping import Bool, Float
from numpy import ndarray

from equilab.latents import CodeBlock, projected_codes
from equilab.metrics.arguments import check_number
from equilab.metrics.code_table import CodeTable
from equilab.metrics.information import (
    histogram_information,
    mean_by_best,
    normalised_information,
)
from equilab.metrics.metric import Metric, Score, by_name, check_counts
from equilab.metrics.supervised.mig import mutual_information_gap


@dataclass(frozen=True)
class MIGSup(Metric):
    """Mean over active blocks of the gap between the two largest I / H: does a block know one factor alone?

    I / H: mutual information of the block and a factor, over the factor's entropy. MIG asks for one block of each
    factor, this for one factor of each block: a factor in two blocks costs nothing here, two factors in one block do.
    A block is active if the variance of one of its axes exceeds `active_variance`; the others do not count. Without
    active blocks the score is 0, with one factor alone the second I / H is 0.

    The information is estimated as by MIG, from a histogram of the codes; the authors' own code estimates it from
    samples of the posterior, as `KDEMIG` does. Rescaling matters by the threshold alone.

    matrix: I / H, (blocks, factors that vary). per_block: the gap of that block, 0 where it is not active. per_factor:
    the mean of the gaps of the active blocks that know it best, 0 without any.
    Raises SettingError for invalid settings. Default threshold: the authors' code.

    >>> factors = np.stack(np.unravel_index(np.arange(16), (4, 4)), 1)
    >>> MIGSup()(CodeTable(factors, factors), rng=np.random.default_rng(0)).value > 0.99
    True
    """

    name: ClassVar[str] = "mig_sup"
    bins: int = 20  # cells of each block
    num_samples: int = 10_000  # observations
    active_variance: float = 0.01  # variance above which an axis is active, in squared units of the code

    def __post_init__(self) -> None:
        check_counts(self, {"bins": 2, "num_samples": 2})
        check_number("active_variance", self.active_variance, "0 or more", lambda value: value >= 0)

    def score(self, table: CodeTable, blocks: tuple[CodeBlock, ...], rng: np.random.Generator) -> Score:
        labels = tuple(block.label for block in blocks)
        found = histogram_information(table, blocks, bins=self.bins, num_samples=self.num_samples, rng=rng)
        known = normalised_information(found)
        active = active_blocks(table.codes, blocks, self.active_variance)
        gaps = np.where(active, mutual_information_gap(known.T, np.ones(len(known))), 0.0)
        per_factor = mean_by_best(gaps[active], known[active].argmax(axis=1), len(table.scored))
        return Score(
            self.name,
            float(gaps.sum() / max(active.sum(), 1)),
            by_name(table.scored_names, per_factor),
            by_name(labels, gaps),
            known,
            rows=labels,
            columns=table.scored_names,
        )


def active_blocks(
    codes: Float[ndarray, "n d"], blocks: tuple[CodeBlock, ...], variance: float
) -> Bool[ndarray, "blocks"]:
    """Whether an axis of each block, projected onto its manifold, has a variance (ddof 1) above this one.

    >>> active_blocks(np.array([[0.0, 1.0], [2.0, 1.0]]), (CodeBlock((0,)), CodeBlock((1,))), 0.01).tolist()
    [True, False]
    """
    codes = projected_codes(codes, blocks)
    # a single observation has no variance, and one value exactly none, whatever the rounding of its mean
    varies = (codes != codes[:1]).any(axis=0)
    axes = varies & (codes.var(axis=0, ddof=min(1, len(codes) - 1), dtype=np.float64) > variance)
    return np.array([axes[list(block.axes)].any() for block in blocks])
