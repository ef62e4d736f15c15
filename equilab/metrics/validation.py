"""Codes, posteriors and factors as metrics read them, or errors that say what to do."""

from collections.abc import Iterable, Mapping, Set
from dataclasses import fields
from numbers import Integral, Real
from typing import Any, NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int
from numpy import ndarray
from torch import Tensor

from equilab.errors import DataError, ShapeError
from equilab.latents import Posterior, map_tensors, posterior_of_pair

NUMBERED = "np.unique(column, return_inverse=True)[1]"
BINS = "np.digitize(column, np.linspace(column.min(), column.max(), 21)[1:-1])"
_LARGEST, _LEAST = 1e30, 1e-30  # magnitude, and spread of a dimension that is not constant
_LEAST_SHARE = 1e-6  # spread over magnitude: below, float32 tells no more than sixteen values apart
_SIGNAL = 1e-3  # spread below which a dimension may as well be dead, and is taken as it is


class Encoded(NamedTuple):
    """Codes (n, d), and the posterior whose mean they are where there is one."""

    codes: Float[ndarray, "n d"]
    posterior: Posterior | None


def encoded(given: Any) -> Encoded:
    """Codes of an array or a tensor (n, d), a Posterior, or a pair of means and log variances, both (n, d).

    A pair is a tuple or a list of two arrays of two axes each; any other list is one array.

    >>> encoded((np.zeros((4, 2)), np.zeros((4, 2)))).posterior.kl().shape
    torch.Size([4, 2])
    """
    if isinstance(given, Posterior):
        posterior = map_tensors(as_tensor, given)
        return Encoded(posterior.mean.numpy(), posterior)
    if not _is_pair(given):
        return Encoded(as_array(given, "codes"), None)
    pair = [as_floats(as_array(each, f"codes[{index}]"), f"codes[{index}]") for index, each in enumerate(given)]
    return Encoded(pair[0], posterior_of_pair([torch.tensor(np.ascontiguousarray(each)) for each in pair]))


def _is_pair(given: Any) -> bool:
    try:
        return isinstance(given, tuple | list) and len(given) == 2 and all(np.ndim(each) == 2 for each in given)
    except (TypeError, ValueError):  # rows of unlike length
        return False


def as_array(values: Any, name: str) -> ndarray:
    """The values of an array, a data frame, rows of numbers, or a tensor on any device and of any precision.

    Raises DataError, with this name, for masked or missing values and for rows of unlike length.
    """
    if isinstance(values, Tensor):
        return as_tensor(values, name).numpy()
    if masked := np.ma.count_masked(values) if isinstance(values, np.ma.MaskedArray) else 0:
        hint = "leave out the rows that have them"
        raise DataError(name, expected="values without a mask", got=f"{masked} masked values", hint=hint)
    try:
        array = np.asarray(values)
    except (TypeError, ValueError, RuntimeError) as error:  # rows of unlike length, tensors inside a list, and the like
        raise DataError(name, expected="an array (rows, columns)", got=f"{type(values).__name__} ({error})") from error
    return _unboxed(array, name) if array.dtype == object else array


def _unboxed(array: ndarray, name: str) -> ndarray:
    """Numbers that are kept as objects, as nullable columns of a data frame are: integers if all are, else floats."""
    for place, value in np.ndenumerate(array):
        if not isinstance(value, Real):
            missing = value is None or type(value).__name__ in ("NAType", "NaTType")
            raise DataError(
                f"{name}[{', '.join(map(str, place))}]",
                expected="numbers",
                got="a missing value" if missing else repr(value),
                hint="leave out its row" if missing else "np.unique(column, return_inverse=True)[1] numbers words",
            )
    whole = all(isinstance(value, Integral) for value in array.flat)
    try:
        return array.astype(np.int64 if whole else np.float64)
    except OverflowError as error:
        raise DataError(name, expected="integers of 64 bits", got="larger ones") from error


def as_tensor(values: Tensor, name: str = "codes") -> Tensor:
    """The tensor on the CPU, dense, without gradients, of at least 32 bits where it holds floats."""
    if values.is_meta:
        raise DataError(name, expected="a tensor that holds values", got="a meta tensor")
    values = values.detach().to_dense().cpu().resolve_conj().resolve_neg()
    return values.to(torch.promote_types(values.dtype, torch.float32)) if values.is_floating_point() else values


def checked_names(names: Any, argument: str) -> tuple[str, ...]:
    """Names as text, those that HDF5 gives as bytes included; DataError for something else than a sequence of them.

    >>> checked_names(np.array([b"shape", b"x"]), "factor_names")
    ('shape', 'x')
    """
    if isinstance(names, str | bytes | Mapping | Set) or not isinstance(names, Iterable):
        got = f"the string {names!r}" if isinstance(names, str | bytes) else repr(names)
        raise DataError(argument, expected="a sequence of names", got=got)
    try:
        return tuple(name.decode() if isinstance(name, bytes) else str(name) for name in names)
    except UnicodeDecodeError as error:
        raise DataError(argument, expected="names in UTF-8", got=repr(error.object)) from error


def as_floats(codes: ndarray, name: str) -> Float[ndarray, "..."]:
    """Floats of at least 32 bits; integers become float64."""
    if codes.dtype.kind not in "fiub":
        raise DataError(name, expected="real numbers", got=codes.dtype)
    return codes.astype(np.promote_types(codes.dtype, np.float32), copy=False)


def checked_codes(codes: ndarray, name: str) -> Float[ndarray, "n d"]:
    """Finite floats of at least 32 bits."""
    codes = as_floats(codes, name)
    if not np.isfinite(codes).all():
        row, column = np.argwhere(~np.isfinite(codes))[0]
        raise DataError(f"{name}[{row}, {column}]", expected="finite numbers", got=codes[row, column])
    return codes


def check_scale(codes: Float[ndarray, "n d"]) -> None:
    """DataError for a dimension whose numbers single precision cannot hold apart, as some estimators have to."""
    low, high = codes.min(axis=0).astype(np.float64), codes.max(axis=0).astype(np.float64)
    size, spread = np.maximum(np.abs(low), np.abs(high)), high - low
    for axis in np.flatnonzero(spread > 0):
        if size[axis] > _LARGEST or spread[axis] < _LEAST:
            expected, hint = f"sizes from {_LEAST:g} to {_LARGEST:g}", "rescale it"
            got = f"values between {low[axis]:g} and {high[axis]:g}"
        elif _SIGNAL < spread[axis] < _LEAST_SHARE * size[axis]:
            expected, hint = f"a spread of at least {_LEAST_SHARE:g} of the size, for float32", "subtract its mean"
            got = f"a spread of {spread[axis]:.3g} around {high[axis]:.9g}"
        else:
            continue
        raise DataError(f"codes[:, {axis}]", expected=expected, got=got, hint=hint)


def checked_posterior(posterior: Posterior, codes: Float[ndarray, "n d"]) -> Posterior:
    """The posterior on the CPU, in float32 or float64; ShapeError or DataError unless finite and of these codes."""
    if not isinstance(posterior, Posterior):
        raise DataError("posterior", expected="a Posterior", got=type(posterior).__name__)
    posterior = map_tensors(as_tensor, posterior)
    rows = len(posterior.parts[0].tensors()[0])
    if (rows, posterior.latent.dim) != codes.shape:
        raise ShapeError(
            "posterior", expected=f"the shape of the codes, {codes.shape}", got=(rows, posterior.latent.dim)
        )
    for part in posterior.parts:
        for field, tensor in zip(fields(part), part.tensors(), strict=True):
            if not tensor.isfinite().all():
                got = tensor[~tensor.isfinite()][0].item()
                raise DataError(f"posterior.{field.name}", expected="finite numbers", got=got)
    return posterior


def checked_factors(factors: ndarray) -> Int[ndarray, "n k"]:
    """Signed integers, also of factors written as floats.

    Of columns with fractions the error names the one with the most values. Its hint is bins where most of them are
    shown once: numbered, a perfect code of them would score 0.
    """
    if factors.dtype.kind == "i":
        return factors
    expected = "integers, the index of each value"
    if factors.dtype.kind not in "fub":
        raise DataError("factors", expected=expected, got=factors.dtype, hint=f"{NUMBERED} numbers its values")
    if not np.isfinite(factors).all():
        row, column = np.argwhere(~np.isfinite(factors))[0]
        raise DataError("factors", expected=expected, got=f"{factors[row, column]} in row {row} of column {column}")
    fractions = np.flatnonzero((np.rint(factors) != factors).any(axis=0))
    if len(fractions):
        counts = [len(np.unique(factors[:, column])) for column in fractions]
        num, column = max(counts), fractions[int(np.argmax(counts))]
        got = f"{factors.dtype} with {num} values in column {column} of {len(factors)} rows"
        continuous = f"continuous factors cannot be scored yet; put each in bins: {BINS}"
        hint = continuous if 2 * num > len(factors) else f"{NUMBERED} numbers its values"
        raise DataError("factors", expected=expected, got=got, hint=hint)
    if np.abs(factors).max() >= 2.0**63:
        raise DataError("factors", expected="integers of 64 bits", got=factors.max(), hint="number the values from 0")
    return factors.astype(np.int64)
