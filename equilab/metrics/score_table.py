"""The scores of a table of codes: every metric with a generator of its own, beside its references."""

import logging
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from numbers import Integral
from typing import Literal

import numpy as np

from equilab.errors import DataError, SettingError
from equilab.latents import Blocks, parse_blocks
from equilab.metrics.code_table import CodeTable
from equilab.metrics.metric import Metric, Score
from equilab.metrics.protocols import choose_metrics
from equilab.metrics.references import Reference
from equilab.metrics.scores import Scores

_log = logging.getLogger(__name__)  # which metric is at work: some take minutes
_RESERVED = ("floor_random", "floor_untrained", "floor_pca", "floor_pixels", "ceiling", "low", "high")


def score_table(
    table: CodeTable,
    *,
    protocol: str = "locatello2019",
    metrics: Sequence[str | Metric] | None = None,
    seed: int = 0,
    blocks: Blocks | None = None,
    representation: Literal["mean", "sampled"] = "mean",
    repeats: int = 0,
    references: Mapping[str, Reference] | None = None,
) -> Scores:
    """The scores of a table, with matrices; arguments as of `score_codes`, the references as tables of their own.

    Each metric draws from a generator of its own, made of the seed and its name: a protocol with one more metric
    leaves the others as they are. Raises SettingError for a protocol, metric, seed or blocks that do not exist or do
    not fit, DataError for a table that a metric cannot score.

    >>> factors = np.stack(np.unravel_index(np.arange(60), (3, 4, 5)), 1)
    >>> list(score_table(CodeTable(factors, factors), metrics=["factor_vae_score", "mig"]))
    ['factor_vae_score', 'mig']
    """
    chosen = choose_metrics(protocol, metrics)
    check_evaluation(seed=seed, repeats=repeats, representation=representation)
    parse_blocks(blocks, table.codes.shape[1])
    if taken := [name for name in table.scored_names if name in _RESERVED]:
        expected = "none of the names of the reference scores"
        raise DataError("factor_names", expected=expected, got=", ".join(taken), hint="rename it")

    def scores_of(reference: Reference, what: str, repeat: int = 0) -> dict[str, Score]:
        scored = reference.table
        metrics = [metric for metric in chosen if reference is own or scored.is_grid or not metric.needs_grid]
        if representation == "sampled":
            scored = scored.sampled(np.random.default_rng([seed, 3, repeat]))
        found: dict[str, Score] = {}
        for metric in metrics:
            _log.info("%s of %s", metric.name, what)
            score = metric(scored, rng=generator_of(metric, seed, repeat), blocks=reference.blocks)
            found |= {each.name: each for each in score.each()}
        return found

    own = Reference(table, blocks)
    scores = scores_of(own, "the codes")
    Scores(scores).flat()  # names of factors that collide are refused before the longer part of the work
    again = [scores_of(own, f"the codes, evaluation {repeat + 1}", repeat) for repeat in range(1, repeats + 1)]
    return Scores(
        scores,
        {
            where: {name: score.value for name, score in scores_of(reference, where).items()}
            for where, reference in (references or {}).items()
        },
        {name: tuple(found[name].value for found in again) for name in scores} if repeats else {},
        protocol=protocol if not any(isinstance(metric, Metric) for metric in metrics or ()) else "",
        representation=representation,
        seed=seed,
        settings={metric.name: repr(metric) for metric in chosen},
        versions={package: version(package) for package in ("equilab", "numpy", "scipy", "scikit-learn", "torch")},
    )


def generator_of(metric: Metric, seed: int, repeat: int = 0) -> np.random.Generator:
    """The generator that a metric draws from, for the seed itself or for a further evaluation.

    >>> from equilab.metrics.protocols import find_protocol
    >>> generators = [generator_of(metric, seed=0) for metric in find_protocol("locatello2019")[:2]]
    >>> bool(generators[0].integers(2**62) == generators[1].integers(2**62))
    False
    """
    return np.random.default_rng([seed, *([repeat] if repeat else []), *metric.name.encode()])


def check_evaluation(*, seed: object, repeats: object, representation: str) -> None:
    """SettingError for a number that is negative, or codes of another kind than there are."""
    for name, value in (("seed", seed), ("repeats", repeats)):
        if not isinstance(value, Integral) or value < 0:
            raise SettingError(name, expected="an integer, 0 or more", got=value)
    if representation not in ("mean", "sampled"):
        raise SettingError("representation", expected="'mean' or 'sampled'", got=repr(representation))
