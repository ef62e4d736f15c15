"""DCI by random forests (Eastwood & Williams 2018, section 4: the regressor that needs no linear code)."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from equilab.errors import SettingError
from equilab.latents import CodeBlock
from equilab.metrics.code_table import CodeTable
from equilab.metrics.metric import Metric, Score, check_counts
from equilab.metrics.supervised.importance import (
    block_features,
    block_importance,
    explained,
    importance_score,
    standardised,
)


@dataclass(frozen=True)
class DCIForest(Metric):
    """Disentanglement, completeness and informativeness, from a forest of regression trees for each factor.

    Codes and factors are z-scored by the training observations, the factor read as a number; the depth of each
    forest is that of `depths` with the least error on a tenth of the training observations kept out. R[block, factor]:
    the forest's importances, added up over the block's axes. Disentanglement and completeness as DCI has them;
    informativeness = 1 - root mean squared error / standard deviation, on unseen observations, at least 0.

    The value is the disentanglement; dci_forest_completeness and dci_forest_informativeness are parts. matrix: R.
    per_block: 1 - H_K of each block; per_factor of the completeness: 1 - H_d, of the informativeness: its own.
    Another estimator is another score: on the same codes boosted trees, forests and Lasso disagree.
    Raises DataError for less than two observations, SettingError for invalid settings.
    Defaults: protocol eastwood2018 (10 trees; its authors choose the depths by validation, between 2 and 12).

    >>> factors = np.stack(np.unravel_index(np.arange(64), (4, 4, 4)), 1)
    >>> found = DCIForest(400, 200)(CodeTable(factors, factors), rng=np.random.default_rng(0))
    >>> found.value > 0.99, found.parts[1].name
    (True, 'dci_forest_informativeness')
    """

    name: ClassVar[str] = "dci_forest"
    num_train: int = 10_000  # observations that the forests are fitted to
    num_test: int = 5_000  # observations that they are scored on
    trees: int = 10
    depths: tuple[int, ...] = (2, 4, 8, 12)  # to choose from

    def __post_init__(self) -> None:
        check_counts(self, {"num_train": 10, "num_test": 1, "trees": 1})
        whole = isinstance(self.depths, tuple) and all(type(depth) is int and depth >= 1 for depth in self.depths)
        if not whole or not self.depths:
            raise SettingError("depths", expected="integers, each at least 1", got=repr(self.depths))

    def score(self, table: CodeTable, blocks: tuple[CodeBlock, ...], rng: np.random.Generator) -> Score:
        train, test = table.sample_split(self.num_train, self.num_test, rng)
        features = standardised(block_features(table.codes[train], blocks), block_features(table.codes[test], blocks))
        importance, informed = [], []
        for factor in table.scored:
            column = table.factors[:, [factor]].astype(np.float64)
            target = standardised(column[train], column[test])
            forest = self._fit(features[0], target[0][:, 0], rng)
            importance.append(np.maximum(forest.feature_importances_, 0))  # scikit-learn's round to -1e-18
            informed.append(explained(forest.predict(features[1]), target[1][:, 0]))
        matrix = block_importance(np.stack(importance, axis=1), blocks)
        return importance_score(self.name, matrix, np.array(informed), blocks=blocks, factors=table.scored_names)

    def _fit(self, features: Float[ndarray, "n m"], target: Float[ndarray, "n"], rng: np.random.Generator):
        """The forest of all observations, as deep as does best on a tenth of them that it has not seen."""
        from sklearn.ensemble import RandomForestRegressor

        seed, kept = int(rng.integers(2**31)), max(len(target) - max(len(target) // 10, 1), 1)
        checked = slice(kept, None) if kept < len(target) else slice(None)  # a single observation is all there is
        errors = []
        for depth in self.depths:
            forest = RandomForestRegressor(self.trees, max_depth=depth, random_state=seed)
            predicted = forest.fit(features[:kept], target[:kept]).predict(features[checked])
            errors.append(np.square(predicted - target[checked]).mean())
        depth = self.depths[int(np.argmin(errors))]
        return RandomForestRegressor(self.trees, max_depth=depth, random_state=seed).fit(features, target)
