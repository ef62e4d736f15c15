"""Scores of an encoder, or of codes alone, beside the floors and the ceiling of each metric on the same data."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.metadata import version
from typing import Any

import numpy as np
from jaxtyping import Int
from numpy import ndarray
from torch import Tensor

import equilab
from equilab.data import Dataset
from equilab.errors import DataError, EquilabError, SettingError, check_count
from equilab.latents import Blocks, Posterior
from equilab.metrics.code_table import CodeTable
from equilab.metrics.encoding import (
    NUM_DRAWN,
    Encode,
    ScoreSettings,
    encode_observations,
    observations_to_encode,
)
from equilab.metrics.metric import Metric, Score, check_enough, generator_of, with_sample_budget
from equilab.metrics.protocols import choose_metrics
from equilab.metrics.references import (
    NUM_PIXELS,
    Reference,
    check_made_of_codes,
    code_references,
    pixels,
    principal_components,
    with_posterior_like,
)
from equilab.metrics.scores import Scores
from equilab.metrics.validation import as_array, encoded

_log = logging.getLogger(__name__)  # which metric is at work: some take minutes
_CHECKED = 200  # observations that a metric draws to be checked
_RESERVED = ("floor_random", "floor_untrained", "floor_pca", "floor_pixels", "ceiling", "low", "high")
_PACKAGES = ("numpy", "scipy", "scikit-learn", "torch")  # that decide the numbers, beside this one
_DEFAULT = ScoreSettings()


def evaluate(
    encode: Encode,
    dataset: Dataset,
    *,
    metrics: Sequence[str | Metric] | None = None,
    protocol: str = "locatello2019",
    blocks: Blocks | None = None,
    untrained: Encode | None = None,
    seed: int = 0,
    settings: ScoreSettings = _DEFAULT,
) -> Scores:
    """Scores of an encoder on a data set, with matrices, intervals, floors and ceilings.

    encode: images (n, C, H, W), float32 in [0, 1] -> codes (n, d), a `Posterior`, or a pair of means and log variances.
    dataset: whose images are encoded, each once: all of a grid, 100,000 drawn at random of other data.
    metrics: names of the protocol's metrics, or metric objects; default: all of the protocol.
    protocol: the id of a set of metrics with its settings; default "locatello2019".
    blocks: dimensions that belong together, such as [(0, 1), 2]; default: the posterior's, else each dimension alone.
    untrained: the encoder before training, as a floor of at most 100,000 observations; default: no such floor.
    seed: of every random draw, 0 or more; default 0.
    settings: representation, repeats, references, observations and batches (see `ScoreSettings`).
    Raises SettingError for a protocol, metric, block or setting that does not exist or fit, ShapeError for codes of
    another shape, DataError for codes that are not finite or too few.

    >>> from equilab.data import MiniSprites
    >>> scores = evaluate(lambda images: images.mean(3).flatten(1)[:, ::8], MiniSprites(size=32), metrics=["mig"])
    >>> scores["mig"].matrix.shape
    (4, 5)
    """
    chosen = choose_metrics(protocol, metrics)  # errors come before minutes of encoding, not after
    check_count("seed", seed, least=0)
    _check_settings(settings)
    observations = observations_to_encode(dataset, settings, seed=seed)
    for metric in chosen:
        check_enough(metric, len(observations), is_grid=dataset.is_grid and len(observations) == len(dataset))
    table = CodeTable.of_observations(encode, dataset, observations, settings)
    own = Reference(table, table.blocks(blocks))
    found = code_references(*own, names=settings.references, seed=seed)
    if untrained is not None:
        before = _encoded(table, untrained, dataset, observations, NUM_DRAWN, seed, settings)
        found["floor_untrained"] = Reference(before, before.blocks(blocks))
    settings = replace(settings, inputs="torch")
    if "pca" in settings.references:
        encoder = principal_components(dataset, table.codes.shape[1], seed=seed)
        components = _encoded(table, encoder, dataset, observations, NUM_DRAWN, seed, settings)
        found["floor_pca"] = Reference(with_posterior_like(table, components), own.blocks)
    if "pixels" in settings.references:
        images = _encoded(table, pixels, dataset, observations, NUM_PIXELS, seed, settings)
        found["floor_pixels"] = Reference(with_posterior_like(table, images), images.blocks())
    if "ceiling" in found:
        found["ceiling"] = found.pop("ceiling")  # the last of all
    return _scored(own, found, chosen, protocol if _is_of_protocol(metrics) else "", seed, settings)


def score_codes(
    codes: ndarray | Tensor | Posterior | tuple[Any, Any] | list[Any],
    factors: ndarray | Tensor,
    *,
    metrics: Sequence[str | Metric] | None = None,
    protocol: str = "locatello2019",
    blocks: Blocks | None = None,
    factor_names: Sequence[str] | ndarray | None = None,
    seed: int = 0,
    settings: ScoreSettings = _DEFAULT,
) -> Scores:
    """Scores of codes against the factors of the same observations, with matrices, intervals, floors and ceilings.

    codes: (n, d) floats, a `Posterior`, whose means are scored, or a pair of means and log variances, both (n, d).
    factors: (n, k) integers, the index of each factor's value.
    metrics: names of the protocol's metrics, or metric objects; default: all of the protocol.
    protocol: the id of a set of metrics with its settings; default "locatello2019".
    blocks: dimensions that belong together, such as [(0, 1), 2]; default: the posterior's, else each dimension alone.
    factor_names: k different names; default: factor0, factor1, ...
    seed: of every random draw, 0 or more; default 0.
    settings: representation, repeats and references (see `ScoreSettings`).
    Raises ShapeError and DataError for arrays that cannot be scored (see `CodeTable`), SettingError for a protocol,
    metric, block or setting that does not exist or fit.

    >>> factors = np.stack(np.unravel_index(np.arange(60), (3, 4, 5)), 1)
    >>> scores = score_codes(factors + 0.01, factors, metrics=["mig"], settings=ScoreSettings(repeats=4))
    >>> scores["mig"].matrix.shape, scores.references["ceiling"].keys(), scores.intervals["mig"].low < 1
    ((3, 3), dict_keys(['mig']), True)
    """
    chosen = choose_metrics(protocol, metrics)
    check_count("seed", seed, least=0)
    _check_settings(settings)
    check_made_of_codes(settings.references)
    means, posterior = encoded(codes)
    table = CodeTable(means, as_array(factors), () if factor_names is None else factor_names, posterior)
    for metric in chosen:
        check_enough(metric, len(table.codes), is_grid=table.is_grid)
    own = Reference(table, table.blocks(blocks))
    found = code_references(*own, names=settings.references, seed=seed)
    return _scored(own, found, chosen, protocol if _is_of_protocol(metrics) else "", seed, settings)


def check_scoring(
    codes: Posterior | ndarray | Tensor,
    factors: ndarray | Tensor,
    *,
    metrics: Sequence[str | Metric] | None = None,
    protocol: str = "locatello2019",
    factor_names: Sequence[str] | ndarray = (),
    num_observations: int = 0,
    seed: int = 0,
) -> None:
    """Raises what `score_codes` would raise of such codes and factors, in a fraction of its time.

    Each metric draws little, and one whose fit takes long leaves it out. Arguments as of `score_codes`, and
    num_observations: how many the scoring will have, where these are no complete grid; default 0: those given.

    >>> factors = np.stack(np.unravel_index(np.arange(60), (3, 4, 5)), 1)
    >>> check_scoring(factors + 0.01, factors)
    """
    chosen = choose_metrics(protocol, metrics)
    means, posterior = encoded(codes)
    table = CodeTable(means, as_array(factors), factor_names, posterior)
    _check_names(table)
    for metric in chosen:
        check_enough(metric, num_observations or len(table.codes), is_grid=table.is_grid and not num_observations)
        try:
            with_sample_budget(metric, _CHECKED).check(table, table.blocks(None), generator_of(metric, seed))
        except EquilabError as error:
            raise error.within(metric.name) from error


def _check_settings(settings: object) -> None:
    if not isinstance(settings, ScoreSettings):
        raise SettingError("settings", expected="a ScoreSettings", got=repr(settings))


def _check_names(table: CodeTable) -> None:
    """DataError for a factor that varies whose name is that of a reference score."""
    if taken := [name for name in table.scored_names if name in _RESERVED]:
        expected = "none of the names of the reference scores"
        raise DataError("factor_names", expected=expected, got=", ".join(taken), hint="rename it")


def _is_of_protocol(metrics: Sequence[str | Metric] | None) -> bool:
    """Whether every metric has the settings of the protocol."""
    return not any(isinstance(metric, Metric) for metric in metrics or ())


def _encoded(
    table: CodeTable,
    encode: Encode,
    dataset: Dataset,
    observations: Int[ndarray, "n"],
    most: int,
    seed: int,
    settings: ScoreSettings,
) -> CodeTable:
    """The codes that another encoder gives to at most so many of a table's observations."""
    if len(observations) > most:
        fewer = np.random.default_rng(seed).choice(observations, size=most, replace=False)
        return CodeTable.of_observations(encode, dataset, fewer, settings)
    return table.with_codes(*encode_observations(encode, dataset, observations, settings))


def _scored(
    own: Reference,
    references: Mapping[str, Reference],
    metrics: tuple[Metric, ...],
    protocol: str,
    seed: int,
    settings: ScoreSettings,
) -> Scores:
    """The scores of a table, of its references, and of further evaluations."""
    _check_names(own.table)

    def scores_of(reference: Reference, what: str, repeat: int = 0) -> dict[str, Score]:
        table, found = reference.table, {}
        able = [metric for metric in metrics if reference is own or table.is_grid or not metric.needs_grid]
        if settings.representation == "sampled":
            table = table.sampled(np.random.default_rng([seed, 3, repeat]))
        for metric in able:
            _log.info("%s of %s", metric.name, what)
            try:
                score = metric.score(table, reference.blocks, generator_of(metric, seed, repeat))
            except EquilabError as error:
                raise error.within(metric.name) from error
            found |= {each.name: each for each in score.each()}
        return found

    scores = scores_of(own, "the codes")
    Scores(scores).flat()  # names of factors that collide are refused before the longer part of the work
    again = [scores_of(own, f"the codes, evaluation {repeat + 1}", repeat) for repeat in range(1, settings.repeats + 1)]
    return Scores(
        scores,
        {
            where: {name: score.value for name, score in scores_of(reference, where).items()}
            for where, reference in references.items()
        },
        {name: tuple(found[name].value for found in again) for name in scores} if again else {},
        protocol=protocol,
        representation=settings.representation,
        seed=seed,
        settings={metric.name: repr(metric) for metric in metrics},
        versions={"equilab": equilab.__version__, **{package: version(package) for package in _PACKAGES}},
    )
