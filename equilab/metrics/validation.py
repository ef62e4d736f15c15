"""Codes, posteriors and factors as metrics read them, or errors that say what to do."""

from dataclasses import fields
from typing import Any, NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int
from numpy import ndarray
from torch import Tensor

from equilab.errors import DataError, ShapeError
from equilab.latents import Posterior, map_tensors, posterior_of_pair

_LARGEST, _LEAST = 1e30, 1e-30  # magnitude, and spread of a dimension that is not constant
_LEAST_SHARE = 1e-6  # spread over magnitude: below, float32 tells no more than sixteen values apart
_SIGNAL = 1e-3  # spread below which a dimension may as well be dead, and is taken as it is


class Encoded(NamedTuple):
    """Codes (n, d), and the posterior whose mean they are where there is one."""

    codes: Float[ndarray, "n d"]
    posterior: Posterior | None


def encoded(given: Any) -> Encoded:
    """Codes of an array or a tensor (n, d), a Posterior, or a pair of means and log variances, both (n, d).

    >>> encoded((np.zeros((4, 2)), np.zeros((4, 2)))).posterior.kl().shape
    torch.Size([4, 2])
    """
    if isinstance(given, Posterior):
        posterior = map_tensors(as_tensor, given)
        return Encoded(posterior.mean.numpy(), posterior)
    if not _is_pair(given):
        return Encoded(as_array(given), None)
    pair = [as_floats(as_array(each), f"codes[{index}]") for index, each in enumerate(given)]
    return Encoded(pair[0], posterior_of_pair([torch.tensor(np.ascontiguousarray(each)) for each in pair]))


def _is_pair(given: Any) -> bool:
    return isinstance(given, tuple | list) and len(given) == 2 and all(np.ndim(each) == 2 for each in given)


def as_array(values: Any) -> ndarray:
    """The values of an array, or of a tensor on any device and of any precision, as an array."""
    return as_tensor(values).numpy() if isinstance(values, Tensor) else np.asarray(values)


def as_tensor(values: Tensor) -> Tensor:
    """The tensor on the CPU, without gradients, of at least 32 bits where it holds floats."""
    values = values.detach().cpu()
    return values.to(torch.promote_types(values.dtype, torch.float32)) if values.is_floating_point() else values


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
    """Signed integers, also of factors written as floats."""
    if factors.dtype.kind == "i":
        return factors
    if factors.dtype.kind not in "fub" or not np.isfinite(factors).all() or (np.rint(factors) != factors).any():
        raise DataError(
            "factors",
            expected="integers, the index of each value",
            got=factors.dtype,
            hint="np.unique(column, return_inverse=True)[1] numbers the values of a column",
        )
    if np.abs(factors).max() >= 2.0**63:
        raise DataError("factors", expected="integers of 64 bits", got=factors.max(), hint="number the values from 0")
    return factors.astype(np.int64)
