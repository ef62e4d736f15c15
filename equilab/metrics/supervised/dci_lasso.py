"""DCI by Lasso (Eastwood & Williams 2018, section 4: the linear regressor)."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from equilab.latents import CodeBlock
from equilab.metrics.code_table import CodeTable
from equilab.metrics.metric import Metric, Score, check_counts, check_positive
from equilab.metrics.supervised.importance import (
    block_features,
    block_importance,
    explained,
    importance_score,
    standardised,
)


@dataclass(frozen=True)
class DCILasso(Metric):
    """Disentanglement, completeness and informativeness, from a Lasso regression of each factor on the codes.

    Codes and factors are z-scored by the training observations, the factor read as a number. R[block, factor]: the
    absolute coefficients, added up over the block's axes. Disentanglement and completeness as DCI has them;
    informativeness = 1 - root mean squared error / standard deviation, on unseen observations, at least 0. It sees
    only what is linear: a perfect code that is warped, or an angle as its cosine and sine, scores lower.

    The value is the disentanglement; dci_lasso_completeness and dci_lasso_informativeness are parts. matrix: R.
    per_block: 1 - H_K of each block; per_factor of the completeness: 1 - H_d, of the informativeness: its own.
    Raises DataError for less than two observations, SettingError for invalid settings.
    Defaults: protocol eastwood2018.

    >>> factors = np.stack(np.unravel_index(np.arange(64), (4, 4, 4)), 1)
    >>> found = DCILasso()(CodeTable(factors, factors), rng=np.random.default_rng(0))
    >>> found.value > 0.95, found.parts[1].value > 0.95
    (True, True)
    """

    name: ClassVar[str] = "dci_lasso"
    num_train: int = 10_000  # observations that the regressions are fitted to
    num_test: int = 5_000  # observations that they are scored on
    alpha: float = 0.02  # multiplies the sum of absolute coefficients, beside half the mean squared error
    max_iterations: int = 10_000  # of the solver (coordinate descent)

    def __post_init__(self) -> None:
        check_counts(self, {"num_train": 1, "num_test": 1, "max_iterations": 1})
        check_positive(self, "alpha")

    def score(self, table: CodeTable, blocks: tuple[CodeBlock, ...], rng: np.random.Generator) -> Score:
        from sklearn.linear_model import Lasso

        train, test = table.sample_split(self.num_train, self.num_test, rng)
        features = standardised(block_features(table.codes[train], blocks), block_features(table.codes[test], blocks))
        importance, informed = [], []
        for factor in table.scored:
            column = table.factors[:, [factor]].astype(np.float64)
            target = standardised(column[train], column[test])
            lasso = Lasso(self.alpha, max_iter=self.max_iterations, random_state=int(rng.integers(2**31))).fit(
                features[0], target[0][:, 0]
            )
            importance.append(np.abs(lasso.coef_))
            informed.append(explained(lasso.predict(features[1]), target[1][:, 0]))
        matrix = block_importance(np.stack(importance, axis=1), blocks)
        return importance_score(self.name, matrix, np.array(informed), blocks=blocks, factors=table.scored_names)
