"""Gradient boosted trees for classification (Friedman 2001), with scikit-learn's defaults and, on request, its code."""

from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float, Int
from numpy import ndarray

from equilab.errors import SettingError, ShapeError
from equilab.metrics.arguments import check_number
from equilab.metrics.boosting.ensemble import Growth, fit_ensembles


@runtime_checkable
class Boosted(Protocol):
    """A fitted classifier."""

    @property
    def classes(self) -> Int[ndarray, "classes"]:
        """The labels, in rising order."""
        ...

    @property
    def importances(self) -> Float[ndarray, "d"]:
        """That of each feature; they add up to 1, or are all 0 where nothing could be split."""
        ...

    def predict_probabilities(self, features: Float[ndarray, "n d"]) -> Float[ndarray, "n classes"]:
        """The probability (n, classes) of each label, in the order of `classes`."""
        ...

    def predict(self, features: Float[ndarray, "n d"]) -> Int[ndarray, "n"]:
        """The most probable label (n,) of each row."""
        ...


@dataclass(frozen=True)
class GradientBoosting:
    """Stages of regression trees, one for each class (one in all for two classes), fitted to y - p.

    The defaults are those of scikit-learn's GradientBoostingClassifier: trees of depth 3 on all observations, best
    first by squared error, the learning rate 0.1, a leaf's value one Newton step, (K - 1) / K times it for K > 2. The
    importance of a feature is the squared error that its splits remove, added over all trees.

    implementation: "presorted" sorts the features once and searches the splits of all classes of a stage together;
    it finds the splits that scikit-learn finds, in a small part of its time. Where several gain exactly as much, as
    often in nodes of few observations, it draws the feature, while scikit-learn's rounding picks one. Splits are sought
    in float32, so that gains within about 1e-5 of one another count as equal; leaves are summed in float64.
    "scikit-learn" calls scikit-learn. device: of torch, for "presorted".

    >>> features = np.random.default_rng(0).random((200, 2))
    >>> labels = (3 * features[:, 1]).astype(int)
    >>> boosted = GradientBoosting(stages=20).fit(features, labels, rng=np.random.default_rng(0))
    >>> boosted.importances.round(1).tolist(), bool((boosted.predict(features) == labels).all())
    ([0.0, 1.0], True)
    """

    stages: int = 100
    depth: int = 3  # levels of splits of each tree
    learning_rate: float = 0.1
    implementation: Literal["presorted", "scikit-learn"] = "presorted"
    device: str = "cpu"

    def __post_init__(self) -> None:
        for setting in ("stages", "depth"):
            value = getattr(self, setting)
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise SettingError(setting, expected="an integer, at least 1", got=value)
        check_number("learning_rate", self.learning_rate, "a positive number", lambda value: value > 0)
        try:
            torch.device(self.device)
        except (RuntimeError, TypeError) as error:
            expected = "the name of a device of torch, such as 'cpu'"
            raise SettingError("device", expected=expected, got=repr(self.device)) from error
        if self.implementation not in ("presorted", "scikit-learn"):
            raise SettingError(
                "implementation", expected="'presorted' or 'scikit-learn'", got=repr(self.implementation)
            )

    def fit(self, features: ndarray, labels: ndarray, *, rng: np.random.Generator) -> Boosted:
        """The classifier of features (n, d) and labels (n,), any integers; a single one is always predicted.

        rng: draws which of several features is taken that split equally well. Raises ShapeError for shapes that do
        not match.
        """
        return self.fit_each(features, np.asarray(labels)[..., None], rng=rng)[0]

    def fit_each(self, features: ndarray, labels: ndarray, *, rng: np.random.Generator) -> tuple[Boosted, ...]:
        """A classifier of each column of labels (n, k), as `fit` gives; together they cost less than one by one."""
        features, labels = np.asarray(features), np.asarray(labels)
        if features.ndim != 2 or labels.ndim != 2 or len(labels) != len(features) or not features.size:
            raise ShapeError(
                "features, labels",
                expected="(n, d) and (n,), or (n, k) of several problems, n and d at least 1",
                got=f"{features.shape} and {labels.shape}",
            )
        varies = (labels != labels[:1]).any(axis=0)
        if self.implementation == "scikit-learn":
            fitted = [self._fit_scikit_learn(features, column, rng) for column in labels.T[varies]]
        elif varies.any():
            growth = Growth(self.stages, self.depth, self.learning_rate, self.device)
            fitted = fit_ensembles(features, labels[:, varies], growth, rng=rng)
        else:
            fitted = []
        waiting = iter(fitted)
        none = np.zeros(features.shape[1])
        return tuple(
            next(waiting) if several else _Constant(column[:1], none)
            for several, column in zip(varies, labels.T, strict=True)
        )

    def _fit_scikit_learn(self, features: ndarray, labels: ndarray, rng: np.random.Generator) -> "_ScikitLearn":
        from sklearn.ensemble import GradientBoostingClassifier

        classifier = GradientBoostingClassifier(
            n_estimators=self.stages,
            max_depth=self.depth,
            learning_rate=self.learning_rate,
            random_state=int(rng.integers(2**31)),
        )
        return _ScikitLearn(classifier.fit(features, labels))


@dataclass(frozen=True, eq=False)
class _Constant:
    """The classifier of a single label."""

    classes: Int[ndarray, "1"]
    importances: Float[ndarray, "d"]

    def predict_probabilities(self, features: ndarray) -> ndarray:
        return np.ones((len(features), 1))

    def predict(self, features: ndarray) -> ndarray:
        return np.full(len(features), self.classes[0])


class _ScikitLearn:
    """A fitted classifier of scikit-learn."""

    def __init__(self, classifier) -> None:
        self._classifier = classifier
        self.classes: ndarray = classifier.classes_
        self.importances: ndarray = np.maximum(classifier.feature_importances_, 0)  # rounding leaves -1e-20

    def predict_probabilities(self, features: ndarray) -> ndarray:
        return self._classifier.predict_proba(features)

    def predict(self, features: ndarray) -> ndarray:
        return self._classifier.predict(features)


def check_boosting(boosting: object) -> None:
    """SettingError unless these are settings of boosted trees."""
    if not isinstance(boosting, GradientBoosting):
        raise SettingError("boosting", expected="a GradientBoosting", got=repr(boosting))
