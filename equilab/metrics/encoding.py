"""How codes are made and scored: the settings, and codes of a data set's images, batch by batch."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import torch
from jaxtyping import Int
from numpy import ndarray
from torch import Tensor

from equilab.data import Dataset
from equilab.errors import DataError, EquilabError, SettingError, ShapeError, check_count
from equilab.latents import Posterior, map_tensors
from equilab.metrics.evaluation_mode import evaluation_mode
from equilab.metrics.validation import Encoded, as_array, as_floats, encoded

Encode: TypeAlias = Callable[[Any], Any]
Progress: TypeAlias = Callable[[int, int], None]

NUM_DRAWN = 100_000
"""Observations that are drawn where not all of them are encoded, or where there is no grid to encode."""
REFERENCES = ("random", "pca", "pixels", "ceiling")
"""References by their name in `ScoreSettings`; pca and pixels are made of images."""


@dataclass(frozen=True, eq=False)
class ScoreSettings:
    """How codes are scored; those from `num_samples` on concern encoders, thus `evaluate` alone.

    Raises SettingError for values that are none of these.

    >>> ScoreSettings(repeats=5, references=("random",)).representation
    'mean'
    """

    representation: Literal["mean", "sampled"] = "mean"  # posterior means, or one sample of each posterior
    repeats: int = 0  # further evaluations with other seeds, for an interval of each value
    references: Sequence[str] = ("random", "ceiling")  # of an encoder also pca, and pixels, which takes long
    num_samples: int | None = None  # observations, drawn at random; None: all of a grid, 100,000 of other data
    batch_size: int = 256  # images encoded at a time
    inputs: Literal["torch", "numpy"] = "torch"  # what the encoder is given
    progress: Progress | None = None  # called as progress(done, total) after every batch, for each encoder from 0 on
    observations: ndarray | Sequence[int] | None = None  # positions (n,) of those to encode, in place of num_samples
    strict: bool = False  # whether fewer observations than a metric draws are refused, unless they are a complete grid

    def __post_init__(self) -> None:
        if self.representation not in ("mean", "sampled"):
            raise SettingError("representation", expected="'mean' or 'sampled'", got=repr(self.representation))
        check_count("repeats", self.repeats, least=0)
        if isinstance(self.references, str) or not isinstance(self.references, Iterable):
            expected = "a sequence, such as ('random', 'ceiling')"
            raise SettingError("references", expected=expected, got=repr(self.references))
        object.__setattr__(self, "references", tuple(self.references))
        for name in self.references:
            if not isinstance(name, str) or name not in REFERENCES:
                raise SettingError("references", expected=f"one of {', '.join(REFERENCES)}", got=repr(name))
        if self.num_samples is not None:
            check_count("num_samples", self.num_samples)
        check_count("batch_size", self.batch_size)
        if self.progress is not None and not callable(self.progress):
            raise SettingError("progress", expected="a function (done, total), or None", got=repr(self.progress))
        if not isinstance(self.strict, bool):
            raise SettingError("strict", expected="True or False", got=repr(self.strict))
        if self.inputs not in ("torch", "numpy"):
            raise SettingError("inputs", expected="'torch' or 'numpy', what encode is given", got=repr(self.inputs))
        if self.observations is not None:
            given = as_array(self.observations, "observations")
            object.__setattr__(self, "observations", self._checked_observations(given))

    def _checked_observations(self, observations: ndarray) -> Int[ndarray, "n"]:
        """Different indices, 0 or more, and no number of them beside."""
        if self.num_samples is not None:
            raise SettingError("observations", expected="either them or num_samples", got="both")
        if observations.ndim != 1 or observations.dtype.kind not in "iu" or not len(observations):
            got = f"{observations.dtype} {observations.shape}"
            raise SettingError("observations", expected="integers (n,), the positions of observations", got=got)
        if observations.min() < 0 or len(np.unique(observations)) < len(observations):
            raise SettingError("observations", expected="different ones, from 0 on", got="others")
        return observations.astype(np.int64)


def observations_to_encode(dataset: Dataset, settings: ScoreSettings, *, seed: int) -> Int[ndarray, "n"]:
    """Those of the settings; every one of a grid in order; of any other data set a draw without replacement.

    A grid that has more than `num_samples` is drawn from, too. No observation is drawn twice, or a metric could be
    fitted to an image and scored on it: all where there are fewer. Raises SettingError for positions beyond the data.
    """
    if settings.observations is not None:
        given = np.asarray(settings.observations)
        if given.max() >= len(dataset):
            raise SettingError("observations", expected=f"positions from 0 to {len(dataset) - 1}", got=given.max())
        return given
    most = settings.num_samples or (len(dataset) if dataset.is_grid else NUM_DRAWN)
    if most >= len(dataset):
        return np.arange(len(dataset))
    return np.random.default_rng(seed).choice(len(dataset), size=most, replace=False)


def encode_observations(
    encode: Encode, dataset: Dataset, observations: Int[ndarray, "n"], settings: ScoreSettings
) -> Encoded:
    """The codes of observations (n,), in order, in the precision that `encode` gives (half becomes float32).

    Modules encode in evaluation mode (see `evaluation_mode`). Raises DataError for a code that is not finite,
    ShapeError for codes of another shape.
    """
    if not callable(encode) or isinstance(encode, type):
        raise SettingError("encode", expected="a function images -> codes, or a module", got=repr(encode))
    found: list[Encoded] = []
    with torch.no_grad(), evaluation_mode(encode):
        for start in range(0, len(observations), settings.batch_size):
            part = observations[start : start + settings.batch_size]
            images = dataset.table.gather(torch.from_numpy(part))
            given = encode(images.numpy() if settings.inputs == "numpy" else images)
            found.append(_checked(given, part, found[0] if found else None))
            if settings.progress is not None:
                settings.progress(start + len(part), len(observations))
    codes = np.concatenate([each.codes for each in found])
    posteriors = [each.posterior for each in found if each.posterior is not None]
    return Encoded(codes, map_tensors(lambda *batches: torch.cat(batches), *posteriors) if posteriors else None)


def _checked(given: Any, part: Int[ndarray, "batch"], before: Encoded | None) -> Encoded:
    """What `encode` gave for observations `part`: finite codes and posteriors, of the same kind as those before."""
    for each in given if isinstance(given, tuple | list) and len(given) == 2 else (given,):
        if not isinstance(each, Tensor | ndarray) and not isinstance(given, Posterior):
            raise ShapeError(
                "encode",
                expected=f"a tensor or an array ({len(part)}, d), a Posterior, or a pair of means and log variances",
                got=type(each).__name__,
                hint="wrap the model in a function that returns its codes, such as the posterior means",
            )
    try:
        codes, posterior = encoded(given)
    except EquilabError as error:
        raise error.within("encode") from error
    width = "d" if before is None else before.codes.shape[1]
    if codes.ndim != 2 or len(codes) != len(part) or width not in ("d", codes.shape[1]):
        raise ShapeError("encode", expected=f"codes ({len(part)}, {width}) of {len(part)} images", got=codes.shape)
    if before is not None and _latent_of(posterior) != _latent_of(before.posterior):
        expected = f"{_latent_of(before.posterior) or 'codes alone'} for every batch"
        raise ShapeError("encode", expected=expected, got=_latent_of(posterior) or "codes alone")
    if not np.isfinite(codes).all():
        row, column = np.argwhere(~np.isfinite(codes))[0]
        got = f"{codes[row, column]} in dimension {column} of observation {part[row]}"
        raise DataError("encode", expected="finite codes", got=got)
    # copies: a view of an image would keep all images, and an encoder may write to one tensor again and again
    copied = None if posterior is None else map_tensors(Tensor.clone, posterior)
    return Encoded(np.array(as_floats(codes, "encode")), copied)


def _latent_of(posterior: Posterior | None):
    return None if posterior is None else posterior.latent
