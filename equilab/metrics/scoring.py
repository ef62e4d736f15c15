"""The scores of one table of codes, of the reference codes beside it, and of further evaluations."""

import logging
from collections.abc import Callable, Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version

import numpy as np

import equilab
from equilab.errors import DataError, EquilabError
from equilab.metrics.code_table import CodeTable
from equilab.metrics.encoding import ScoreSettings
from equilab.metrics.metric import Metric, Score, generator_of, has_enough
from equilab.metrics.protocols import find_protocol
from equilab.metrics.reference_cache import ReferenceValues, kept_values, values_of
from equilab.metrics.references import Reference
from equilab.metrics.scores import Scores

_log = logging.getLogger(__name__)  # which metric is at work: some take minutes
_RESERVED = ("floor_random", "floor_untrained", "floor_pca", "floor_pixels", "ceiling", "low", "high")
_PACKAGES = ("numpy", "scipy", "scikit-learn", "torch")  # that decide the numbers, beside this one


def scored(
    own: Reference,
    references: Mapping[str, Reference],
    metrics: tuple[Metric, ...],
    *,
    protocol: str,
    seed: int,
    settings: ScoreSettings,
) -> Scores:
    """The scores of a table's codes, of its references, and of further evaluations.

    The protocol's id is kept where all metrics are the protocol's and have the observations that they draw.
    """
    versions, rows = _versions(), len(own.build().codes)
    scores = _scores_of(own, metrics, "the codes", seed, settings)
    Scores(scores).flat()  # names of factors that collide are refused before the longer part of the work
    again = [
        _scores_of(own, metrics, f"the codes, evaluation {repeat}", seed, settings, repeat)
        for repeat in range(1, settings.repeats + 1)
    ]
    found = {
        where: _reference_values(reference, metrics, where, versions, seed, settings)
        for where, reference in references.items()
    }
    few = [each for each in metrics if not has_enough(each, rows, is_grid=own.is_grid)]
    of_protocol = all(metric in find_protocol(protocol) for metric in metrics)
    return Scores(
        scores,
        {where: values.scores for where, values in found.items()},
        {name: tuple(found[name].value for found in again) for name in scores} if again else {},
        protocol=protocol if of_protocol and not few else "",
        representation=settings.representation,
        seed=seed,
        settings={metric.name: repr(metric) for metric in metrics},
        versions=versions,
        notes=_notes(few, rows),
        white=found["floor_random"].largest if "floor_random" in found else {},
    )


def check_names(table: CodeTable) -> None:
    """DataError for a factor that varies whose name is that of a reference score."""
    if taken := [name for name in table.scored_names if name in _RESERVED]:
        expected = "none of the names of the reference scores"
        raise DataError("factor_names", expected=expected, got=", ".join(taken), hint="rename it")


def _scores_of(
    reference: Reference, metrics: tuple[Metric, ...], what: str, seed: int, settings: ScoreSettings, repeat: int = 0
) -> dict[str, Score]:
    """Every score of one table, by name."""
    table = _read_table(reference, seed, settings, repeat)
    scores = [_score(metric, table, reference, what, seed, repeat) for metric in metrics]
    return {each.name: each for score in scores for each in score.each()}


def _score(metric: Metric, table: CodeTable, reference: Reference, what: str, seed: int, repeat: int = 0) -> Score:
    """The score of a metric, or its error with the metric's name."""
    _log.info("%s of %s", metric.name, what)
    try:
        return metric.score(table, reference.blocks, generator_of(metric, seed, repeat))
    except EquilabError as error:
        raise error.within(metric.name) from error


def _read_table(reference: Reference, seed: int, settings: ScoreSettings, repeat: int = 0) -> CodeTable:
    """The table whose codes are scored: the means, or samples of the posteriors."""
    table = reference.build()
    if settings.representation == "sampled":
        return table.sampled(np.random.default_rng([seed, 3, repeat]))
    return table


def _reference_values(
    reference: Reference,
    metrics: tuple[Metric, ...],
    where: str,
    versions: dict[str, str],
    seed: int,
    settings: ScoreSettings,
) -> ReferenceValues:
    """The values of reference codes: kept ones where these decide them, without building the codes."""
    table: Callable[[], CodeTable] = cache(lambda: _read_table(reference, seed, settings))
    found = ReferenceValues({}, {})
    for metric in metrics:
        if metric.needs_grid and not reference.is_grid:
            continue

        def compute(metric: Metric = metric) -> ReferenceValues:
            return values_of(_score(metric, table(), reference, where, seed))

        of = f"{where}, {reference.key}, seed {seed}, {settings.representation}"
        values = kept_values(metric, of, versions, compute) if reference.key else compute()
        found.scores.update(values.scores)
        found.largest.update(values.largest)
    return found


def _notes(few: list[Metric], rows: int) -> tuple[str, ...]:
    """Which metrics had fewer observations than they draw."""
    if not few:
        return ()
    draws = ", ".join(f"{metric.name} {metric.num_observations:,}" for metric in few)
    return (
        f"{rows:,} observations, no complete grid: fewer than these metrics draw ({draws}); not comparable with "
        "published scores; settings=ScoreSettings(strict=True), or --strict, refuses such a table",
    )


def _versions() -> dict[str, str]:
    """Versions of what decides the numbers; "unknown" of a package that is there without being installed."""
    found = {"equilab": equilab.__version__}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "unknown"
    return found
