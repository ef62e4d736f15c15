"""Scores of an encoder, or of codes alone, beside the floors and the ceiling of each metric on the same data."""

from collections.abc import Sequence
from functools import partial
from typing import Literal

from numpy import ndarray
from torch import Tensor

from equilab.data import Dataset
from equilab.latents import Blocks
from equilab.metrics.code_table import CodeTable
from equilab.metrics.encoding import NUM_DRAWN, Encode, Progress, as_array, observations_to_encode
from equilab.metrics.metric import Metric, check_enough
from equilab.metrics.protocols import choose_metrics
from equilab.metrics.references import (
    NUM_PIXELS,
    REFERENCES,
    Reference,
    check_references,
    code_references,
    pixels,
    principal_components,
    with_log_var_like,
)
from equilab.metrics.score_table import check_evaluation, score_table
from equilab.metrics.scores import Scores


def evaluate(
    encode: Encode,
    dataset: Dataset,
    *,
    protocol: str = "locatello2019",
    metrics: Sequence[str | Metric] | None = None,
    seed: int = 0,
    blocks: Blocks | None = None,
    representation: Literal["mean", "sampled"] = "mean",
    repeats: int = 0,
    references: Sequence[str] = ("random", "ceiling"),
    untrained: Encode | None = None,
    batch_size: int = 256,
    num_samples: int | None = None,
    inputs: Literal["torch", "numpy"] = "torch",
    progress: Progress | None = None,
) -> dict[str, float]:
    """The scores of an encoder on a data set, as a flat dict that can be logged: `score_encoder(...).flat()`.

    >>> from equilab.data import MiniSprites
    >>> scores = evaluate(lambda images: images.mean(3).flatten(1)[:, ::8], MiniSprites(size=32), metrics=["mig"])
    >>> 0 <= scores["mig"] <= scores["mig_ceiling"] <= 1
    True
    """
    return score_encoder(
        encode, dataset, protocol=protocol, metrics=metrics, seed=seed, blocks=blocks, representation=representation,
        repeats=repeats, references=references, untrained=untrained, batch_size=batch_size, num_samples=num_samples,
        inputs=inputs, progress=progress,
    ).flat()  # fmt: skip


def score_encoder(
    encode: Encode,
    dataset: Dataset,
    *,
    protocol: str = "locatello2019",
    metrics: Sequence[str | Metric] | None = None,
    seed: int = 0,
    blocks: Blocks | None = None,
    representation: Literal["mean", "sampled"] = "mean",
    repeats: int = 0,
    references: Sequence[str] = ("random", "ceiling"),
    untrained: Encode | None = None,
    batch_size: int = 256,
    num_samples: int | None = None,
    inputs: Literal["torch", "numpy"] = "torch",
    progress: Progress | None = None,
) -> Scores:
    """The scores of an encoder on a data set, with matrices, intervals, floors and ceilings.

    encode: float32 images (n, C, H, W) in [0, 1] -> codes (n, d), or a pair (mean, log_var) of a posterior; tensors or
    arrays (`inputs` says which of the two it is given). Every image of a grid is encoded once, in batches of
    `batch_size`; with `num_samples`, and of any other data set, that many observations, drawn at random.

    references: those of `score_codes`, and "pca", as many principal components of the images as the codes have
    dimensions, and "pixels", the images themselves (15,000 of them, and slow: thousands of dimensions). `untrained`,
    the same encoder before training, gives the reference "floor_untrained". For each of them at most 100,000
    observations are encoded. `progress(done, total)` is called after every batch, from the start again for each.
    Raises ShapeError, DataError and SettingError, as `CodeTable.encode` and `score_codes` do.

    >>> from equilab.data import MiniSprites
    >>> scores = score_encoder(lambda images: images.mean(3).flatten(1)[:, ::8], MiniSprites(size=32), metrics=["mig"])
    >>> scores["mig"].matrix.shape
    (4, 5)
    """
    chosen = choose_metrics(protocol, metrics)  # what is wrong is refused before minutes of encoding, not after
    check_evaluation(seed=seed, repeats=repeats, representation=representation)
    check_references(references, REFERENCES)
    have = len(observations_to_encode(dataset, num_samples=num_samples, seed=seed))
    for metric in chosen:
        check_enough(metric, have, is_grid=dataset.is_grid and have == len(dataset))
    encode_all = partial(CodeTable.encode, dataset=dataset, batch_size=batch_size, seed=seed, inputs=inputs)
    table = encode_all(encode, num_samples=num_samples, progress=progress)
    fewer = min(num_samples or NUM_DRAWN, NUM_DRAWN)
    found = code_references(table, names=references, seed=seed, blocks=blocks)
    if untrained is not None:
        found["floor_untrained"] = Reference(encode_all(untrained, num_samples=fewer, progress=progress), blocks)
    encode_torch = partial(encode_all, inputs="torch")
    if "pca" in references:
        encoder = principal_components(dataset, table.codes.shape[1], seed=seed)
        codes = encode_torch(encoder, num_samples=fewer, progress=progress)
        found["floor_pca"] = Reference(with_log_var_like(table, codes), blocks)
    if "pixels" in references:
        codes = encode_torch(pixels, num_samples=min(fewer, NUM_PIXELS), progress=progress)
        found["floor_pixels"] = Reference(with_log_var_like(table, codes), None)
    if "ceiling" in found:
        found["ceiling"] = found.pop("ceiling")  # the last of all
    return score_table(
        table, protocol=protocol, metrics=metrics, seed=seed, blocks=blocks,
        representation=representation, repeats=repeats, references=found,
    )  # fmt: skip


def evaluate_codes(
    codes: ndarray | Tensor,
    factors: ndarray | Tensor,
    *,
    protocol: str = "locatello2019",
    metrics: Sequence[str | Metric] | None = None,
    seed: int = 0,
    blocks: Blocks | None = None,
    factor_names: Sequence[str] | ndarray | None = None,
    log_var: ndarray | Tensor | None = None,
    representation: Literal["mean", "sampled"] = "mean",
    repeats: int = 0,
    references: Sequence[str] = ("random", "ceiling"),
) -> dict[str, float]:
    """The scores of codes (n, d) against integer factors (n, k) as a flat dict: `score_codes(...).flat()`.

    Keys, for each score: `<score>`, `<score>_<factor>` for each factor that varies, `<score>_floor_random` and
    `<score>_ceiling` for the references, and with `repeats` `<score>_low` and `<score>_high`.

    >>> import numpy as np
    >>> factors = np.stack(np.unravel_index(np.arange(60), (3, 4, 5)), 1)
    >>> names = ("shape", "x", "y")
    >>> scores = evaluate_codes(factors + 0.01, factors, metrics=["factor_vae_score", "mig"], factor_names=names)
    >>> scores["factor_vae_score"], round(scores["mig_shape"], 1)
    (1.0, 1.0)
    """
    return score_codes(
        codes, factors, protocol=protocol, metrics=metrics, seed=seed, blocks=blocks, factor_names=factor_names,
        log_var=log_var, representation=representation, repeats=repeats, references=references,
    ).flat()  # fmt: skip


def score_codes(
    codes: ndarray | Tensor,
    factors: ndarray | Tensor,
    *,
    protocol: str = "locatello2019",
    metrics: Sequence[str | Metric] | None = None,
    seed: int = 0,
    blocks: Blocks | None = None,
    factor_names: Sequence[str] | ndarray | None = None,
    log_var: ndarray | Tensor | None = None,
    representation: Literal["mean", "sampled"] = "mean",
    repeats: int = 0,
    references: Sequence[str] = ("random", "ceiling"),
) -> Scores:
    """The scores of codes (n, d) against integer factors (n, k), with matrices, intervals, floors and ceilings.

    metrics: names of the protocol's metrics, or metrics with settings of your own; None: all of the protocol.
    blocks: dimensions that belong together, such as [(0, 1), 2]; None: each by itself.
    log_var: (n, d) log variances of a posterior whose means are the codes; some metrics need them, and so does
    `representation="sampled"`, which scores one sample of each posterior in place of its mean.
    repeats: further evaluations, with other seeds, for an interval of each value.
    references: "random" (Gaussian noise of the codes' shape, in the same blocks), "ceiling" (the factors themselves).
    Raises ShapeError and DataError for arrays that cannot be scored (see `CodeTable`), SettingError for a protocol,
    metric, seed, reference or blocks that do not exist or do not fit.

    >>> import numpy as np
    >>> factors = np.stack(np.unravel_index(np.arange(60), (3, 4, 5)), 1)
    >>> scores = score_codes(factors + 0.01, factors, metrics=["mig"], repeats=4)
    >>> scores["mig"].matrix.shape, scores.references["ceiling"].keys(), scores.intervals["mig"].low < 1
    ((3, 3), dict_keys(['mig']), True)
    """
    check_references(references, ("random", "ceiling"))
    check_evaluation(seed=seed, repeats=repeats, representation=representation)
    table = CodeTable(
        as_array(codes),
        as_array(factors),
        () if factor_names is None else factor_names,
        None if log_var is None else as_array(log_var),
    )
    for metric in choose_metrics(protocol, metrics):
        check_enough(metric, len(table.codes), is_grid=table.is_grid)
    return score_table(
        table, protocol=protocol, metrics=metrics, seed=seed, blocks=blocks, representation=representation,
        repeats=repeats, references=code_references(table, names=references, seed=seed, blocks=blocks),
    )  # fmt: skip
