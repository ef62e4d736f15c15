"""Explicitness and size of DCI-ES (Eastwood et al. 2023, section 4), from loss-capacity curves of cheap probes."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from equilab.latents import CodeBlock
from equilab.metrics.arguments import check_number
from equilab.metrics.code_table import CodeTable
from equilab.metrics.metric import Metric, Score, by_name, check_counts
from equilab.metrics.supervised.correlation import value_ranks
from equilab.metrics.supervised.loss_capacity import explicitness_of_curve, probe_losses, random_features


@dataclass(frozen=True)
class DCIES(Metric):
    """Mean over factors of E: how little capacity a probe needs to read the factor from the code as well as any can.

    Probes: least squares on all codes and the first 0, 2, 4, 8, ..., 2^`doublings` random waves of them, fitted to
    `num_train` observations; their loss, the squared error on `num_test` others, over the variance of the factor
    there, factor values counted as 0, 1, 2, .... Capacity: the position in that list, 0, 1, 2, ... With the least loss
    and the baseline 1, of predicting the mean,

        E = 1 - (area between the loss-capacity curve and the least loss)
                / (half of the capacity range times (1 - least loss)).

    1: a linear probe reads all there is to read. 0: the loss falls evenly with capacity. -1: only the last probe reads
    anything. E says nothing of how much is read, so read it with the part `dci_es_informativeness`, 1 minus the least
    loss; a factor of which no probe reads more than `least_gain` has E = 0. The part `dci_es_size`: number of factors
    that vary over number of dimensions, those of the manifolds; 1 for a code as large as what it codes, less for
    a larger, more for a smaller one.

    The paper's probes are multilayer perceptrons and forests; with other probes E is another number. Waves are
    drawn axis by axis: to reorder the dimensions is to change the seed.

    matrix: loss of each probe (capacity, factor that varies), rows named by the number of waves. per_factor: its E;
    of the informativeness, its own. per_block: empty, as the probes read all codes.
    Raises SettingError for invalid settings.

    >>> factors = np.stack(np.unravel_index(np.arange(16), (4, 4)), 1)
    >>> round(DCIES(1000, 1000, 4)(CodeTable(factors, factors), rng=np.random.default_rng(0)).value, 6)
    1.0
    """

    name: ClassVar[str] = "dci_es"
    unit: ClassVar[str] = "-1 to 1"
    num_train: int = 10_000  # observations that the probes are fitted to
    num_test: int = 5_000  # observations that they are scored on
    doublings: int = 10  # 2 to this power is the number of waves of the largest probe
    least_gain: float = 0.01  # share of a factor's variance; a factor that no probe explains to more has E = 0

    def __post_init__(self) -> None:
        check_counts(self, {"num_train": 2, "num_test": 1, "doublings": 1})
        check_number("least_gain", self.least_gain, "a number from 0 to below 1", lambda value: 0 <= value < 1)

    def score(self, table: CodeTable, blocks: tuple[CodeBlock, ...], rng: np.random.Generator) -> Score:
        split = table.sample_split(self.num_train, self.num_test, rng)
        rows, fitted = np.concatenate(split), len(split.train)
        codes = np.concatenate([block.values(table.codes[rows]) for block in blocks], axis=1)
        centre, spread = codes[:fitted].mean(axis=0), codes[:fitted].std(axis=0)
        codes = (codes - centre) / np.where(spread > 1e-12 * np.abs(centre), spread, np.inf)
        targets = value_ranks(table.factors[rows][:, list(table.scored)])
        targets -= targets[:fitted].mean(axis=0)
        waves = (0, *(2**power for power in range(1, self.doublings + 1)))
        features = random_features(codes, num=waves[-1], rng=rng)
        losses = probe_losses(
            features[:fitted],
            targets[:fitted],
            features[fitted:],
            targets[fitted:],
            sizes=tuple(1 + codes.shape[1] + num for num in waves),
        )
        baseline = (targets[fitted:] ** 2).mean(axis=0)
        losses = losses / np.where(baseline > 0, baseline, 1.0)
        capacities = np.arange(len(waves), dtype=np.float64)
        explicit = np.array(
            [explicitness_of_curve(capacities, loss, baseline=1.0, least_gain=self.least_gain) for loss in losses.T]
        )
        informative = 1 - np.minimum(losses.min(axis=0), 1.0)
        dim = sum(block.manifold.intrinsic_dim for block in blocks)
        return Score(
            self.name,
            float(explicit.mean()),
            by_name(table.scored_names, explicit),
            matrix=losses,
            rows=tuple(str(num) for num in waves),
            columns=table.scored_names,
            parts=(
                Score(f"{self.name}_size", len(table.scored) / dim, unit="factors / dimensions"),
                Score(
                    f"{self.name}_informativeness",
                    float(informative.mean()),
                    by_name(table.scored_names, informative),
                ),
            ),
            unit=self.unit,
        )
