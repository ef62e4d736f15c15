"""InfoMEC: modularity, explicitness and compactness in terms of information (Hsu et al. 2023)."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy import ndarray

from equilab.errors import DataError, SettingError
from equilab.latents import CodeBlock, projected_codes
from equilab.metrics.code_table import CodeTable
from equilab.metrics.information import entropy, mean_by_best, mutual_information_matrix
from equilab.metrics.metric import Metric, Score, by_name, check_counts
from equilab.metrics.supervised.nearest_neighbours import mutual_information_ross
from equilab.metrics.supervised.predictive_information import predictive_information, standardised


@dataclass(frozen=True)
class InfoMEC(Metric):
    """InfoM: mean over active blocks of the share of the block's information that is on one factor, chance at 0.

    With N = I(block; factor) / H(factor) and K factors, a block's share is max N / sum N over factors, its score
    (share - 1/K) / (1 - 1/K). The part `infomec_compactness`, InfoC, is the same with the roles exchanged: the mean
    over factors of the share of what the active blocks know of it that the best one knows. The part
    `infomec_explicitness`, InfoE, is the mean over factors of 1 - loss / log(values) of a linear softmax model of the
    whole code (`predictive_information`). Nothing known scores 0; where there is no second factor, or no second active
    block, anything known scores 1.

    I: for `latents` "continuous" from nearest neighbours (`mutual_information_ross`), for "quantised" from the
    frequencies of the values, which InfoE then reads one-hot. Observations are drawn without replacement, as
    copies would be each other's neighbours. A block is active if its largest range over axes exceeds a twentieth of
    the largest of all blocks; quantised, if it varies. Blocks of several axes are scored whole.

    InfoM and InfoC compare whatever is there: noise, whose few thousandths of nats are errors of the estimate, scores
    far above 0. Read them beside the matrix, and beside InfoE.

    matrix: N, (blocks, factors that vary). Of InfoM per_block: the score of the block, 0 where it is not active;
    per_factor: the mean of the scores of the active blocks that know it best, 0 without any. Of InfoC per_factor: the
    score of that factor; per_block: the sum of the scores of the factors that the block knows best, over the number of
    factors. Of InfoE per_factor: the score of that factor; no per_block, as the model reads the whole code.
    Raises SettingError for invalid settings, DataError for a factor whose values are all
    different, and for "quantised" codes of which no value repeats. Defaults: the authors' code.

    >>> factors = np.stack(np.unravel_index(np.arange(100), (10, 10)), 1)
    >>> InfoMEC(latents="quantised")(CodeTable(factors, factors), rng=np.random.default_rng(0)).value > 0.99
    True
    """

    name: ClassVar[str] = "infomec"
    draws: ClassVar[tuple[str, ...]] = ()  # all of a smaller table is taken, once
    num_samples: int = 10_000  # observations, all of a smaller table
    neighbours: int = 10  # of each point, among those with its factor value
    max_iterations: int = 100  # of the linear model's solver (lbfgs)
    latents: Literal["continuous", "quantised"] = "continuous"  # what the values of a code are

    def __post_init__(self) -> None:
        check_counts(self, {"num_samples": 2, "neighbours": 1, "max_iterations": 1})
        if self.latents not in ("continuous", "quantised"):
            raise SettingError("latents", expected="'continuous' or 'quantised'", got=repr(self.latents))

    def score(self, table: CodeTable, blocks: tuple[CodeBlock, ...], rng: np.random.Generator) -> Score:
        rows = rng.permutation(len(table.codes))[: self.num_samples]
        codes, factors = table.codes[rows], table.factors[rows][:, list(table.scored)]
        if self.latents == "quantised":
            cells = numbered_values(codes, blocks)
            information = mutual_information_matrix(cells, factors)
            active = cells.max(axis=0) > 0
            features = np.concatenate([np.eye(cell.max() + 1)[cell] for cell in cells.T], axis=1)
        else:
            values = [block.values(codes) for block in blocks]
            information = np.array(
                [
                    [
                        mutual_information_ross(value, factor, neighbours=self.neighbours, rng=rng)
                        for factor in factors.T
                    ]
                    for value in values
                ]
            )
            active = wide_blocks(codes, blocks)
            features = standardised(np.concatenate(values, axis=1))
        entropies = np.array([entropy(factor) for factor in factors.T])
        known = np.divide(information, entropies, out=np.zeros_like(information), where=entropies > 0)
        explicit = [
            predictive_information(features, factor, max_iterations=self.max_iterations, rng=rng)
            for factor in factors.T
        ]
        return self._score(known, active, np.array(explicit), blocks, table.scored_names)

    def _score(
        self,
        known: Float[ndarray, "blocks factors"],
        active: Bool[ndarray, "blocks"],
        explicit: Float[ndarray, "factors"],
        blocks: tuple[CodeBlock, ...],
        factors: tuple[str, ...],
    ) -> Score:
        """InfoM with InfoC and InfoE as its parts."""
        labels = tuple(block.label for block in blocks)
        modular = np.zeros(len(blocks))
        modular[active] = concentration(known[active])
        of_best = mean_by_best(modular[active], known[active].argmax(axis=1), len(factors))
        compact = concentration(known[active].T)
        best = np.where(active[:, None], known, -1).argmax(axis=0)
        earned = np.bincount(best, compact, minlength=len(blocks)) / len(factors)
        parts = (
            Score(
                f"{self.name}_compactness",
                float(compact.mean()),
                by_name(factors, compact),
                by_name(labels, earned),
            ),
            Score(f"{self.name}_explicitness", float(explicit.mean()), by_name(factors, explicit)),
        )
        return Score(
            self.name,
            float(modular.sum() / max(active.sum(), 1)),
            by_name(factors, of_best),
            by_name(labels, modular),
            known,
            rows=labels,
            columns=factors,
            parts=parts,
        )


def concentration(known: Float[ndarray, "rows columns"]) -> Float[ndarray, "rows"]:
    """(max / sum - 1/m) / (1 - 1/m) of each row of m values: 0 for equal ones, 1 for a single one that is not 0.

    A row of zeros has 0, a row of one positive value 1, a row without values 0.

    >>> concentration(np.array([[1.0, 0.0], [0.5, 0.5], [0.75, 0.25], [0.0, 0.0]])).tolist()
    [1.0, 0.0, 0.5, 0.0]
    """
    total = known.sum(axis=1)
    if known.shape[1] < 2:
        return (total > 0).astype(np.float64)
    chance = 1 / known.shape[1]
    share = np.divide(known.max(axis=1), total, out=np.full(len(known), chance), where=total > 0)
    return (share - chance) / (1 - chance)


def wide_blocks(codes: Float[ndarray, "n d"], blocks: tuple[CodeBlock, ...]) -> Bool[ndarray, "blocks"]:
    """Whether the largest range among a block's axes, projected onto its manifold, exceeds a twentieth of that of all.

    >>> codes, blocks = np.array([[0.0, 0.0, 5.0], [1.0, 0.05, 5.0]]), tuple(CodeBlock((axis,)) for axis in range(3))
    >>> wide_blocks(codes, blocks).tolist()
    [True, False, False]
    """
    ranges = np.ptp(projected_codes(codes, blocks).astype(np.float64), axis=0)
    widths = np.array([ranges[list(block.axes)].max() for block in blocks])
    return widths > widths.max() / 20


def numbered_values(codes: Float[ndarray, "n d"], blocks: tuple[CodeBlock, ...]) -> Int[ndarray, "n blocks"]:
    """The different values of each block, numbered from 0; DataError where no two observations share one.

    Values that are projected onto a manifold are rounded to six decimals.

    >>> numbered_values(np.array([[2.5, 1.0], [0.5, 1.0], [2.5, 1.0]]), (CodeBlock((0,)), CodeBlock((1,)))).tolist()
    [[1, 0], [0, 0], [1, 0]]
    """
    cells = np.empty((len(codes), len(blocks)), np.int64)
    for index, block in enumerate(blocks):
        points = block.values(codes)
        if block.manifold.is_projected:
            points = points.round(6) + 0.0  # -0 and 0 are one value
        values, inverse = np.unique(points, axis=0, return_inverse=True)
        if len(values) == len(codes) > 1:
            raise DataError(
                "codes",
                expected="the few values of a quantised latent",
                got=f"{len(values)} different ones in {block.label}, one for each observation",
                hint="read them as latents='continuous'",
            )
        cells[:, index] = inverse.reshape(-1)
    return cells
