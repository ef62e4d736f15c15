"""DCI by gradient boosted trees (Eastwood & Williams 2018; importances and accuracy as Locatello et al. 2019)."""

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from equilab.latents import CodeBlock
from equilab.metrics.boosting.gradient_boosting import GradientBoosting, check_boosting
from equilab.metrics.code_table import CodeTable
from equilab.metrics.metric import Metric, Score, check_counts
from equilab.metrics.supervised.importance import block_features, block_importance, importance_score


@dataclass(frozen=True)
class DCI(Metric):
    """Disentanglement, completeness and informativeness, from one boosted classifier for each factor.

    R[block, factor]: the importances of the block's axes (projected onto its manifold), added up, in the
    classifier of that factor. With K factors that vary and d blocks:

    disentanglement = sum_i w_i (1 - H_K(row i of R)), w_i the row's share of all importance;
    completeness = sum_j v_j (1 - H_d(column j of R)), v_j the column's share;
    informativeness = the classifiers' accuracy on `num_test` observations they have not seen, mean over factors.

    The value is the disentanglement; dci_completeness and dci_informativeness are parts. matrix: R. per_block: 1 - H_K
    of each block, 0 for one that nothing needs; per_factor of the completeness: 1 - H_d, of the informativeness: the
    accuracy. A single factor makes every block that counts disentangled, a single block every factor complete: 1.
    Raises DataError for less than two observations, SettingError for invalid settings.
    Defaults: protocol locatello2019.

    >>> factors = np.stack(np.unravel_index(np.arange(64), (4, 4, 4)), 1)
    >>> found = DCI(400, 200, GradientBoosting(stages=5))(CodeTable(factors, factors), rng=np.random.default_rng(0))
    >>> found.value > 0.99, [part.name for part in found.parts]
    (True, ['dci_completeness', 'dci_informativeness'])
    """

    name: ClassVar[str] = "dci"
    num_train: int = 10_000  # observations that the classifiers are fitted to
    num_test: int = 5_000  # observations that they are scored on
    boosting: GradientBoosting = field(default_factory=GradientBoosting)  # 100 stages of depth 3, rate 0.1

    def __post_init__(self) -> None:
        check_counts(self, {"num_train": 1, "num_test": 1})
        check_boosting(self.boosting)

    def score(self, table: CodeTable, blocks: tuple[CodeBlock, ...], rng: np.random.Generator) -> Score:
        train, test = table.sample_split(self.num_train, self.num_test, rng)
        factors = table.factors[:, list(table.scored)]
        fitted = self.boosting.fit_each(block_features(table.codes[train], blocks), factors[train], rng=rng)
        importance = np.stack([boosted.importances for boosted in fitted], axis=1)
        unseen = block_features(table.codes[test], blocks)
        predicted = np.stack([boosted.predict(unseen) for boosted in fitted], axis=1)
        return importance_score(
            self.name,
            block_importance(importance, blocks),
            (predicted == factors[test]).mean(axis=0),
            blocks=blocks,
            factors=table.scored_names,
        )
