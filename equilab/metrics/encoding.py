"""Codes of a data set's images, streamed through an encoder batch by batch."""

from collections.abc import Callable
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np
import torch
from jaxtyping import Float, Int
from numpy import ndarray

from equilab.data import Dataset
from equilab.errors import DataError, SettingError, ShapeError

Encode: TypeAlias = Callable[[Any], Any]
Progress: TypeAlias = Callable[[int, int], None]


NUM_DRAWN = 100_000
"""Observations that are drawn where not all of them are encoded, or where there is no grid to encode."""


def observations_to_encode(dataset: Dataset, *, num_samples: int | None, seed: int) -> Int[ndarray, "n"]:
    """Every observation of a grid in order; of any other data set `num_samples`, drawn uniformly without replacement.

    None: all of a grid, 100,000 of any other data set. A grid that has more than `num_samples` is drawn from, too. No
    observation is drawn twice, or a metric could be fitted to an image and scored on it: all where there are fewer.
    Raises SettingError for less than one.
    """
    if num_samples is not None and num_samples < 1:
        raise SettingError("num_samples", expected="at least 1, or None for all of a grid", got=num_samples)
    most = len(dataset) if dataset.is_grid and num_samples is None else num_samples or NUM_DRAWN
    if most >= len(dataset):
        return np.arange(len(dataset))
    return np.random.default_rng(seed).choice(len(dataset), size=most, replace=False)


class Encoded(NamedTuple):
    """Codes (n, d), and their log variances where the encoder gives a posterior."""

    codes: Float[ndarray, "n d"]
    log_var: Float[ndarray, "n d"] | None


def encode_observations(
    encode: Encode,
    dataset: Dataset,
    indices: Int[ndarray, "n"],
    *,
    batch_size: int,
    inputs: Literal["torch", "numpy"],
    progress: Progress | None,
) -> Encoded:
    """The codes of observations (n,), in order, in the precision that `encode` gives (half becomes float32).

    Raises SettingError for a batch without images or other inputs, DataError for a code that is not finite,
    ShapeError for codes of another shape.
    """
    if inputs not in ("torch", "numpy"):
        raise SettingError("inputs", expected="'torch' or 'numpy', what encode is given", got=repr(inputs))
    if batch_size < 1:
        raise SettingError("batch_size", expected="at least 1 image", got=batch_size)
    found: tuple[ndarray, ...] | None = None  # codes alone, or codes and log variances
    for start in range(0, len(indices), batch_size):
        part = indices[start : start + batch_size]
        images = dataset.table.gather(torch.from_numpy(part))
        with torch.no_grad():
            given = encode(images.numpy() if inputs == "numpy" else images)
        pair = given if isinstance(given, tuple) and len(given) == 2 else (given,)
        if found is not None and len(pair) != len(found):
            raise ShapeError(
                "encode", expected="a pair (mean, log_var) for every batch, or for none", got="pairs for some"
            )
        batches = [_checked(each, part, None if found is None else found[0]) for each in pair]
        if found is None:
            found = tuple(np.empty((len(indices), batches[0].shape[1]), each.dtype) for each in batches)
        for whole, batch in zip(found, batches, strict=True):
            if batch.shape[1] != whole.shape[1]:
                raise ShapeError("encode", expected=f"log_var of the means' width {whole.shape[1]}", got=batch.shape[1])
            whole[start : start + len(part)] = batch
        if progress is not None:
            progress(start + len(part), len(indices))
    assert found is not None
    return Encoded(found[0], found[1] if len(found) == 2 else None)


def as_array(values: Any) -> ndarray:
    """The values of an array, or of a tensor on any device and of any precision, as an array."""
    if not isinstance(values, torch.Tensor):
        return np.asarray(values)
    values = values.detach().cpu()
    return (
        values.to(torch.promote_types(values.dtype, torch.float32)) if values.is_floating_point() else values
    ).numpy()


def _checked(batch: Any, part: Int[ndarray, "batch"], codes: ndarray | None) -> Float[ndarray, "batch d"]:
    """What `encode` gave for observations `part`, as a finite array of the same width as the codes before it."""
    if isinstance(batch, torch.Tensor):
        batch = as_array(batch)
    if not isinstance(batch, ndarray):
        raise ShapeError(
            "encode",
            expected=f"a tensor or an array ({len(part)}, d)",
            got=type(batch).__name__,
            hint="wrap the model in a function that returns its codes, such as the posterior means",
        )
    batch = batch.astype(np.promote_types(batch.dtype, np.float32), copy=False)
    if batch.ndim != 2 or len(batch) != len(part) or (codes is not None and batch.shape[1] != codes.shape[1]):
        width = "d" if codes is None else codes.shape[1]
        raise ShapeError("encode", expected=f"codes ({len(part)}, {width}) of {len(part)} images", got=batch.shape)
    if not np.isfinite(batch).all():
        row, column = np.argwhere(~np.isfinite(batch))[0]
        raise DataError(
            "encode",
            expected="finite codes",
            got=f"{batch[row, column]} in dimension {column} of observation {part[row]}",
        )
    return batch
