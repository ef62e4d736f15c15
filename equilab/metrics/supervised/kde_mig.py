"""The mutual information gap from samples of the posterior (Chen et al. 2018, eq. 6, as its authors estimate it)."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from equilab.latents import CodeBlock, means_and_log_variances
from equilab.metrics.code_table import CodeTable
from equilab.metrics.information import entropy
from equilab.metrics.metric import Metric, Score, by_name, check_counts
from equilab.metrics.supervised.mig import mutual_information_gap

_CHUNK = 2**18  # densities in memory at a time; 1 MiB, which a processor's cache holds
_FLOAT32_WIDTH = 1e-4  # of the span of an axis; from here on float32 places a point within 1e-3 widths
_FLOAT32_LOG_VAR = 60.0  # beyond it squares may overflow float32
_LOG_VAR = 200.0  # beyond it a density is a point, or nothing, and float64 would overflow


@dataclass(frozen=True)
class KDEMIG(Metric):
    """Mean over factors of (I_1 - I_2) / H, with I(z; v) = E log q(z | v) - log q(z) under the posterior q(z | x).

    q(z) is the mixture of the posteriors N(code, exp(log_var)) of `num_support` observations x drawn without
    replacement, q(z | v) that of those among them that show the value v. `num_samples` of these observations, drawn
    with replacement, give one z each for the mean. Estimates are kept between 0 and H. A block of several axes has the
    joint density of its axes, as they are and not projected onto a manifold: the posteriors are densities of R^m.

    In full (Chen et al. evaluate it on all of dSprites) q(z) has all N observations, and each value of each factor
    10,000 samples of its own, with every value weighted alike. Here the samples are shared among values and between
    the two terms, which changes the noise alone, and fewer observations make up the mixtures. That is the same
    estimator on a random part of the data: posteriors so narrow that they do not overlap among `num_support`
    observations have more information there than in all. Every factor that varies is scored; Chen et al. leave out
    dSprites' shape.

    matrix: mutual information, nats, (blocks, factors that vary). per_factor: the gap of that factor. per_block: the
    gaps that the block earns as the best of its factors, over the number of factors: they add up to the score.
    Raises DataError for a table without a Gaussian posterior, SettingError for invalid settings.

    >>> factors = np.stack(np.unravel_index(np.arange(16), (4, 4)), 1)
    >>> import torch
    >>> from equilab.latents import gaussian_posterior_of
    >>> posterior = gaussian_posterior_of(torch.tensor(factors, dtype=torch.float64), variance=0.0025)
    >>> table = CodeTable(factors, factors, posterior=posterior)
    >>> KDEMIG()(table, rng=np.random.default_rng(0)).value > 0.99
    True
    """

    name: ClassVar[str] = "kde_mig"
    draws: ClassVar[tuple[str, ...]] = ()  # all of a smaller table is taken
    num_samples: int = 10_000  # samples z of the mean, for each block
    num_support: int = 20_000  # observations that make up the mixtures, all of a smaller table

    def __post_init__(self) -> None:
        check_counts(self, {"num_samples": 1, "num_support": 2})

    def score(self, table: CodeTable, blocks: tuple[CodeBlock, ...], rng: np.random.Generator) -> Score:
        posterior = table.require_posterior("the density of a posterior")
        codes, log_var = (part.numpy() for part in means_and_log_variances(posterior))
        rows = rng.permutation(len(codes))[: self.num_support]
        means, log_var = codes[rows], np.clip(log_var[rows], -_LOG_VAR, _LOG_VAR)
        labels = np.stack([np.unique(column, return_inverse=True)[1] for column in table.factors[rows].T], axis=1)
        labels = labels[:, list(table.scored)]
        drawn = rng.integers(len(rows), size=self.num_samples)
        noise = rng.standard_normal((self.num_samples, means.shape[1]))
        samples = means[drawn] + np.exp(0.5 * log_var[drawn].astype(np.float64)) * noise
        information = np.empty((len(blocks), labels.shape[1]))
        for index, block in enumerate(blocks):
            axes = list(block.axes)
            information[index] = posterior_information(
                samples[:, axes], means[:, axes], log_var[:, axes], labels, drawn
            )
        entropies = np.array([entropy(label) for label in labels.T])
        gaps = mutual_information_gap(information, entropies)
        names = tuple(block.label for block in blocks)
        return Score(
            self.name,
            float(gaps.mean()),
            by_name(table.scored_names, gaps),
            by_name(names, np.bincount(information.argmax(axis=0), gaps, minlength=len(names)) / len(gaps)),
            information,
            rows=names,
            columns=table.scored_names,
            full=float(entropies.max()),
        )


def posterior_information(
    samples: Float[ndarray, "s m"],
    means: Float[ndarray, "n m"],
    log_var: Float[ndarray, "n m"],
    labels: Int[ndarray, "n k"],
    drawn: Int[ndarray, "s"],
) -> Float[ndarray, "k"]:
    """The mean over samples of log q(z | v) - log q(z) for each of k variables, nats, kept between 0 and H(v).

    samples: z (s, m), each from the posterior N(means, exp(log_var)) of the observation `drawn`; labels: the value v
    of each observation, 0, 1, ... in each column. q(z | v): the mixture of the posteriors of the observations with v.

    >>> means, labels = np.array([[0.0], [0.0], [9.0], [9.0]]), np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    >>> posterior_information(means, means, np.full((4, 1), -5.0), labels, np.arange(4)).round(6).tolist()
    [0.693147, 0.0]
    """
    centre = means.mean(axis=0, dtype=np.float64)  # once: both densities then see the same rounded distances
    samples, means = samples - centre, means - centre
    marginal = mixture_log_density(samples, means, log_var)
    information = np.empty(labels.shape[1])
    for column, label in enumerate(labels.T):
        conditional = np.empty(len(samples))
        for value in np.unique(label[drawn]):
            shown, own = label == value, label[drawn] == value
            conditional[own] = mixture_log_density(samples[own], means[shown], log_var[shown])
        information[column] = np.clip((conditional - marginal).mean(), 0, entropy(label))
    return information


def mixture_log_density(
    points: Float[ndarray, "s m"], means: Float[ndarray, "n m"], log_var: Float[ndarray, "n m"]
) -> Float[ndarray, "s"]:
    """log of the mean over n of the normal densities N(point; mean, exp(log_var)), independent over m axes.

    In float32, or float64 where a posterior is so narrow that float32 would round positions within it.

    >>> mixture_log_density(np.zeros((1, 1)), np.zeros((3, 1)), np.zeros((3, 1))).round(4).tolist()
    [-0.9189]
    """
    log_var = log_var.astype(np.float64)
    width = np.exp(0.5 * log_var) * np.sqrt(2)
    span = np.maximum(np.abs(points).max(axis=0), np.abs(means).max(axis=0))
    fits = (width > _FLOAT32_WIDTH * span).all() and np.abs(log_var).max() < _FLOAT32_LOG_VAR
    dtype = np.float32 if fits else np.float64
    per_width = (1 / width).T.astype(dtype, order="C")  # (m, n)
    points, means = points.astype(dtype), means.T.astype(dtype, order="C")
    log_scale = (-0.5 * (log_var + np.log(2 * np.pi)).sum(axis=1) - np.log(len(log_var))).astype(dtype)
    found = np.empty(len(points))
    rows = max(_CHUNK // len(log_scale), 1)
    for start in range(0, len(points), rows):
        part = slice(start, start + rows)
        exponent = _exponents(points[part], means, per_width, log_scale)
        peak = exponent.max(axis=1)
        exponent -= peak[:, None]
        found[part] = peak + np.log(np.exp(exponent, out=exponent).sum(axis=1))
    return found


def _exponents(
    points: Float[ndarray, "s m"],
    means: Float[ndarray, "m n"],
    per_width: Float[ndarray, "m n"],
    log_scale: Float[ndarray, "n"],
) -> Float[ndarray, "s n"]:
    """log_scale - sum over axes of ((point - mean) per_width)^2."""
    exponent = np.empty((len(points), len(log_scale)), points.dtype)
    exponent[:] = log_scale
    for axis, (mean, factor) in enumerate(zip(means, per_width, strict=True)):
        distance = points[:, axis, None] - mean
        distance *= factor
        exponent -= np.square(distance, out=distance)
    return exponent
