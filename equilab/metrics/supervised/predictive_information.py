"""What a linear softmax model reads from a code (V-information, Xu et al. 2020), as InfoE of Hsu et al. 2023."""

import warnings

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray


def predictive_information(
    features: Float[ndarray, "n m"], labels: Int[ndarray, "n"], *, max_iterations: int, rng: np.random.Generator
) -> float:
    """1 - (log loss of a logistic regression on the features) / (that of one without features); 0 to 1.

    The regression is multinomial, without a penalty, classes weighted to count alike, fitted by at most
    `max_iterations` steps of lbfgs to the points that it is scored on. Without features it predicts every class alike,
    a log loss of log(classes) nats. Where the features separate the classes the loss has no least value: what is
    reached in `max_iterations` is the protocol. A fit that is worse than no features is 0, a single class is 0.

    features: for a result that depends on neither scale nor offset, standardise them.

    >>> labels = np.repeat([0, 1, 2], 20)
    >>> features = np.eye(3)[labels]
    >>> predictive_information(features, labels, max_iterations=100, rng=np.random.default_rng(0)) > 0.99
    True
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    values, numbered = np.unique(labels, return_inverse=True)
    if len(values) < 2:
        return 0.0
    # C without bound is no penalty, under every name that scikit-learn has given it
    model = LogisticRegression(
        C=np.inf, class_weight="balanced", max_iter=max_iterations, random_state=int(rng.integers(2**31))
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # stopping early is the protocol
        model.fit(features, numbered)
    probability = model.predict_proba(features)[np.arange(len(numbered)), numbered]
    loss = -np.log(np.maximum(probability, np.finfo(np.float64).eps)).mean()  # some underflow; log_loss has this floor
    return max(float(1 - loss / np.log(len(values))), 0.0)


def standardised(features: Float[ndarray, "n m"]) -> Float[ndarray, "n m"]:
    """The columns at mean 0 and variance 1, those with one value at 0.

    >>> standardised(np.array([[1.0, 5.0], [3.0, 5.0]])).tolist()
    [[-1.0, 0.0], [1.0, 0.0]]
    """
    varies = (features != features[:1]).any(axis=0)
    centred = np.where(varies, features - features.mean(axis=0), 0)
    centred /= np.where(varies, np.abs(centred).max(axis=0), 1)  # first by the range: the square of a tiny value is 0
    return centred / np.where(varies, centred.std(axis=0), 1)
