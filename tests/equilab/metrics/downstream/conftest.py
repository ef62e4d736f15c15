"""A quick predictor in the place of boosted trees, for what does not depend on which predictor it is."""

import numpy as np
import pytest
from sklearn.tree import DecisionTreeClassifier

from equilab.metrics.downstream.predictors import Predictor


def fit_single_tree(features: np.ndarray, labels: np.ndarray, rng: np.random.Generator) -> Predictor:
    tree = DecisionTreeClassifier(random_state=int(rng.integers(2**31))).fit(features, labels)
    return Predictor(tree.feature_importances_, tree.predict)


@pytest.fixture
def single_trees(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("downstream_boosting", "fairness", "strong_generalisation"):
        monkeypatch.setattr(f"equilab.metrics.downstream.{module}.fit_boosting", fit_single_tree)
