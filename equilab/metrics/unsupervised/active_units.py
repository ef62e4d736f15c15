"""Number of code dimensions that depend on the observation at all (Burda et al. 2016, section 5)."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from equilab.latents import CodeBlock
from equilab.metrics.code_table import CodeTable
from equilab.metrics.metric import Metric, Score, by_name, check_positive
from equilab.metrics.unsupervised.block_axes import block_covariance


@dataclass(frozen=True)
class ActiveUnits(Metric):
    """Number of blocks whose code varies over the data by more than `least_variance`; of dimensions without blocks.

    The variance (ddof 1) of a block is the sum of those of its axes, projected onto its manifold. It is taken over the
    whole table: nothing is drawn. Meant for posterior means, whose prior has variance 1; the number is no
    better for being large or small. Factors are not looked at.

    matrix: variance of each block, one column. per_block: the same. No per_factor.
    Raises SettingError for an invalid threshold. Default: Burda et al. 2016.

    >>> codes = np.random.default_rng(0).standard_normal((1_000, 3)) * [1.0, 0.2, 0.05]
    >>> ActiveUnits()(CodeTable(codes, np.arange(1_000)[:, None]), rng=np.random.default_rng(0)).value
    2.0
    """

    name: ClassVar[str] = "active_units"
    needs_factors: ClassVar[bool] = False
    unit: ClassVar[str] = "dimensions"
    better: ClassVar[Literal["up", "down", ""]] = ""
    least_variance: float = 0.01  # variance above which a block is active, in squared units of the code

    def __post_init__(self) -> None:
        check_positive(self, "least_variance")

    def score(self, table: CodeTable, blocks: tuple[CodeBlock, ...], rng: np.random.Generator) -> Score:
        sigma, owner = block_covariance(table.codes, blocks)
        variance = np.bincount(owner, sigma.diagonal(), minlength=len(blocks))
        labels = tuple(block.label for block in blocks)
        return Score(
            self.name,
            float((variance > self.least_variance).sum()),
            per_block=by_name(labels, variance),
            matrix=variance[:, None],
            rows=labels,
            columns=("variance",),
            unit=self.unit,
            better=self.better,
        )
