"""A quick predictor in the place of boosted trees, for what does not depend on which predictor it is."""

import numpy as np
import pytest
from sklearn.tree import DecisionTreeClassifier

from equilab.metrics.boosting.gradient_boosting import GradientBoosting


class SingleTree:
    """One tree that is grown to the end."""

    def __init__(self, features: np.ndarray, labels: np.ndarray, rng: np.random.Generator) -> None:
        self.tree = DecisionTreeClassifier(random_state=int(rng.integers(2**31))).fit(features, labels)
        self.importances, self.classes = self.tree.feature_importances_, self.tree.classes_

    def predict(self, features: np.ndarray) -> np.ndarray:
        return self.tree.predict(features)

    def predict_probabilities(self, features: np.ndarray) -> np.ndarray:
        return self.tree.predict_proba(features)


@pytest.fixture
def single_trees(monkeypatch: pytest.MonkeyPatch) -> None:
    def fit(self, features, labels, *, rng):
        return SingleTree(features, labels, rng)

    def fit_each(self, features, labels, *, rng):
        return tuple(SingleTree(features, column, rng) for column in labels.T)

    monkeypatch.setattr(GradientBoosting, "fit", fit)
    monkeypatch.setattr(GradientBoosting, "fit_each", fit_each)
