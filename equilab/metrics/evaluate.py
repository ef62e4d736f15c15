"""Scores of an encoder, or of codes alone, beside the floors and the ceiling of each metric on the same data."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from jaxtyping import Int
from numpy import ndarray

from equilab.data import Dataset
from equilab.errors import DataError, EquilabError, SettingError, check_count
from equilab.latents import Blocks
from equilab.metrics.code_table import CodeTable
from equilab.metrics.encoding import (
    NUM_DRAWN,
    Encode,
    ScoreSettings,
    encode_observations,
    observations_to_encode,
)
from equilab.metrics.factor_table import FactorTable
from equilab.metrics.metric import Metric, check_enough, generator_of, with_sample_budget
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
from equilab.metrics.scoring import check_names, scored
from equilab.metrics.validation import as_array, checked_names, encoded

_CHECKED = 200  # observations that a metric draws to be checked
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

    encode: images (n, C, H, W), float32 in [0, 1] -> codes (n, d), a `Posterior`, or a pair of means and log variances;
        a function or a module. Modules encode in evaluation mode, and are set back (UserWarning where it matters).
    dataset: whose images are encoded, each once: all of a grid, 100,000 drawn at random of other data.
    metrics: names of metrics (see `choose_metrics`) or metric objects, any mixture; default: all of the protocol.
    protocol: the id of a set of metrics with its settings; default "locatello2019".
    blocks: dimensions that belong together, such as [(0, 1), 2]; default: the posterior's, else each dimension alone.
    untrained: the encoder before training, as a floor of at most 100,000 observations; default: no such floor.
    seed: of every random draw, 0 or more; default 0.
    settings: representation, repeats, references, observations and batches (see `ScoreSettings`).
    Raises SettingError for a protocol, metric, block or setting that does not exist or fit, ShapeError for codes of
    another shape, DataError for codes that are not finite, for less than 10, for factors whose values hardly repeat.

    >>> from equilab.data import MiniSprites
    >>> scores = evaluate(lambda images: images.mean(3).flatten(1)[:, ::8], MiniSprites(size=32), metrics=["mig"])
    >>> scores["mig"].matrix.shape
    (4, 5)
    """
    chosen = choose_metrics(protocol, metrics)  # errors come before minutes of encoding, not after
    check_count("seed", seed, least=0)
    _check_settings(settings)
    if not isinstance(dataset, Dataset):
        raise DataError("dataset", expected="a Dataset, such as MiniSprites()", got=repr(dataset))
    dataset.check()
    observations = observations_to_encode(dataset, settings, seed=seed)
    is_grid = dataset.is_grid and len(observations) == len(dataset)
    factors = FactorTable(dataset.labels(observations).astype(np.int32), dataset.factors.names)
    _check(chosen, factors, is_grid=is_grid, strict=settings.strict)
    table = CodeTable.of_observations(encode, dataset, observations, settings)
    own = Reference.of(table, table.blocks(blocks))
    found = code_references(table, own.blocks, names=settings.references, seed=seed)
    if untrained is not None:
        before = _encoded(table, untrained, dataset, observations, NUM_DRAWN, seed, settings)
        found["floor_untrained"] = Reference.of(before, before.blocks(blocks))
    settings = replace(settings, inputs="torch")
    if "pca" in settings.references:
        encoder = principal_components(dataset, table.codes.shape[1], seed=seed)
        components = _encoded(table, encoder, dataset, observations, NUM_DRAWN, seed, settings)
        found["floor_pca"] = Reference.of(with_posterior_like(table, components), own.blocks)
    if "pixels" in settings.references:
        images = _encoded(table, pixels, dataset, observations, NUM_PIXELS, seed, settings)
        found["floor_pixels"] = Reference.of(with_posterior_like(table, images), images.blocks())
    if "ceiling" in found:
        found["ceiling"] = found.pop("ceiling")  # the last of all
    check_names(table)
    return scored(own, found, chosen, protocol=protocol, seed=seed, settings=settings)


def score_codes(
    codes: Any,
    factors: Any,
    *,
    metrics: Sequence[str | Metric] | None = None,
    protocol: str = "locatello2019",
    blocks: Blocks | None = None,
    factor_names: Iterable[str | bytes] | None = None,
    seed: int = 0,
    settings: ScoreSettings = _DEFAULT,
) -> Scores:
    """Scores of codes against the factors of the same observations, with matrices, intervals, floors and ceilings.

    codes: (n, d) floats, a `Posterior`, whose means are scored, or a pair of means and log variances, both (n, d).
    factors: (n, k) integers, the index of each factor's value; both may be arrays, tensors or data frames.
    metrics: names of metrics (see `choose_metrics`) or metric objects, any mixture; default: all of the protocol.
    protocol: the id of a set of metrics with its settings; default "locatello2019".
    blocks: dimensions that belong together, such as [(0, 1), 2]; default: the posterior's, else each dimension alone.
    factor_names: k different names; default: factor0, factor1, ...
    seed: of every random draw, 0 or more; default 0.
    settings: representation, repeats, references and strictness (see `ScoreSettings`).
    Any number of rows from 10 on: a table of fewer rows than a metric draws is used whole, and `notes` of the scores
    says so where it is no complete grid; with `settings=ScoreSettings(strict=True)` it is refused.
    Raises ShapeError and DataError for arrays that cannot be scored (see `CodeTable`), or factors whose values hardly
    repeat, SettingError for a protocol, metric, block or setting that does not exist or fit.

    >>> factors = np.stack(np.unravel_index(np.arange(60), (3, 4, 5)), 1)
    >>> scores = score_codes(factors + 0.01, factors, metrics=["mig", "mcc"], settings=ScoreSettings(repeats=4))
    >>> scores["mig"].matrix.shape, list(scores.references["ceiling"]), scores.intervals["mig"].low.__round__(3)
    ((3, 3), ['mig', 'mcc'], 1.0)
    """
    chosen = choose_metrics(protocol, metrics)
    check_count("seed", seed, least=0)
    _check_settings(settings)
    check_made_of_codes(settings.references)
    means, posterior = encoded(codes)
    names = () if factor_names is None else checked_names(factor_names, "factor_names")
    table = CodeTable(means, as_array(factors, "factors"), names, posterior)
    _check(chosen, table.factor_table, is_grid=table.is_grid, strict=settings.strict)
    check_names(table)
    own = Reference.of(table, table.blocks(blocks))
    found = code_references(table, own.blocks, names=settings.references, seed=seed)
    return scored(own, found, chosen, protocol=protocol, seed=seed, settings=settings)


def check_scoring(
    codes: Any,
    factors: Any,
    *,
    metrics: Sequence[str | Metric] | None = None,
    protocol: str = "locatello2019",
    factor_names: Iterable[str | bytes] = (),
    seed: int = 0,
) -> None:
    """Raises what `score_codes` would raise of such codes and factors, in a fraction of its time.

    Each metric draws little, and one whose fit takes long leaves it out. Arguments as of `score_codes`.

    >>> factors = np.stack(np.unravel_index(np.arange(60), (3, 4, 5)), 1)
    >>> check_scoring(factors + 0.01, factors)
    """
    chosen = choose_metrics(protocol, metrics)
    check_count("seed", seed, least=0)
    means, posterior = encoded(codes)
    names = checked_names(factor_names, "factor_names")
    table = CodeTable(means, as_array(factors, "factors"), names, posterior)
    check_names(table)
    _check(chosen, table.factor_table, is_grid=table.is_grid, strict=False)
    for metric in chosen:
        try:
            with_sample_budget(metric, _CHECKED).check(table, table.blocks(None), generator_of(metric, seed))
        except EquilabError as error:
            raise error.within(metric.name) from error


def _check_settings(settings: object) -> None:
    if not isinstance(settings, ScoreSettings):
        raise SettingError("settings", expected="a ScoreSettings", got=repr(settings))


def _check(metrics: tuple[Metric, ...], factors: FactorTable, *, is_grid: bool, strict: bool) -> None:
    """DataError for observations that are too few, or that show the values of a factor too seldom."""
    for metric in metrics:
        check_enough(metric, len(factors.values), is_grid=is_grid, strict=strict)
        if metric.needs_factors:
            factors.require_repeats()


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
