"""Accuracy of predictors of the factors by how many points they were fitted to (Locatello et al. 2019, section 5.4)."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from equilab.latents import CodeBlock
from equilab.metrics.code_table import CodeTable
from equilab.metrics.downstream.predictors import Fit, by_block
from equilab.metrics.metric import Score, by_name
from equilab.metrics.supervised.importance import block_features


class LearningCurve(NamedTuple):
    """Test accuracy by number of training points, and what the predictors of the largest number look at."""

    accuracy: Float[ndarray, "sizes factors"]
    importances: Float[ndarray, "m"]  # share of each feature, mean over factors


def learning_curve(
    train: tuple[Float[ndarray, "n m"], Int[ndarray, "n k"]],
    test: tuple[Float[ndarray, "t m"], Int[ndarray, "t k"]],
    sizes: tuple[int, ...],
    fit: Fit,
    rng: np.random.Generator,
) -> LearningCurve:
    """The share of test points whose factor is named rightly by a predictor fitted to each of these numbers of points.

    train, test: features (n, m) and factors (n, k). Every number of points has rows of its own: n = sum of the sizes.

    >>> from equilab.metrics.downstream.predictors import fit_logistic
    >>> points = (np.arange(8.0)[:, None] % 2, np.arange(8)[:, None] % 2)
    >>> learning_curve(points, points, (1, 7), fit_logistic, np.random.default_rng(0)).accuracy.tolist()
    [[0.5], [1.0]]
    """
    (features, factors), (fresh, asked) = train, test
    accuracy, importances = np.empty((len(sizes), factors.shape[1])), np.zeros(features.shape[1])
    start = 0
    for row, size in enumerate(sizes):
        rows = slice(start, start + size)
        start += size
        models = fit(features[rows], factors[rows], rng=rng)
        accuracy[row] = [(model.predict(fresh) == factor).mean() for model, factor in zip(models, asked.T, strict=True)]
        importances = np.mean([model.importances for model in models], axis=0)
    return LearningCurve(accuracy, importances)


def sample_efficiency(accuracy: Float[ndarray, "sizes factors"]) -> Float[ndarray, "sizes"]:
    """The mean accuracy over factors by number of points, as a share of that of the last, largest number.

    0 where the largest number of points gets nothing right.

    >>> sample_efficiency(np.array([[0.5, 0.25], [1.0, 0.5]])).tolist()
    [0.5, 1.0]
    """
    mean = accuracy.mean(axis=1)
    return mean / mean[-1] if mean[-1] > 0 else np.zeros(len(mean))


def downstream_score(
    name: str,
    fit: Fit,
    table: CodeTable,
    *,
    num_train: int,
    num_test: int,
    blocks: tuple[CodeBlock, ...],
    rng: np.random.Generator,
) -> Score:
    """Test accuracy by training-set size; the fields of the score: see `DownstreamBoosting`."""
    names, labels = table.scored_names, tuple(block.label for block in blocks)
    train_sizes = growing_sizes(num_train)
    parts = table.draw_split(sum(train_sizes), num_test, rng)  # every number of points needs rows of its own
    train, test = (
        (block_features(table.codes[rows], blocks), table.factors[rows][:, list(table.scored)]) for rows in parts
    )
    found = learning_curve(train, test, train_sizes, fit, rng)
    sizes = tuple(map(str, train_sizes))
    efficiency = sample_efficiency(found.accuracy)
    return Score(
        name,
        float(found.accuracy[-1].mean()),
        by_name(names, found.accuracy[-1]),
        by_name(labels, by_block(found.importances, blocks)),
        found.accuracy,
        rows=sizes,
        columns=names,
        parts=(
            *(
                Score(f"{name}_{size}", float(accuracy.mean()), by_name(names, accuracy))
                for size, accuracy in zip(sizes, found.accuracy, strict=True)
            ),
            *(
                Score(f"{name}_efficiency_{size}", float(share), unit="ratio")
                for size, share in zip(sizes[:-1], efficiency, strict=False)
            ),
        ),
    )


def growing_sizes(largest: int) -> tuple[int, ...]:
    """The powers of ten from 10 that lie below a number, and that number.

    >>> growing_sizes(5_000), growing_sizes(10)
    ((10, 100, 1000, 5000), (10,))
    """
    return (*(10**power for power in range(1, 20) if 10**power < largest), largest)
