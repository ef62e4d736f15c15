"""How far two outputs are apart, relative to how far the outputs for different inputs are apart."""

import math
from typing import NamedTuple

import torch
from torch import Tensor


class Distance(NamedTuple):
    """Root mean square and largest absolute difference, in units of the signal."""

    mean: float
    worst: float


def real(x: Tensor) -> Tensor:
    """x as float64 on its device; complex numbers as pairs."""
    if x.is_complex():
        x = torch.view_as_real(x)
    return x.detach().double()


def real_dtype(x: Tensor) -> torch.dtype:
    """That of the real part."""
    return x.real.dtype if x.is_complex() else x.dtype


def difference(first: Tensor, second: Tensor) -> Tensor:
    """first - second, float64; 0 where both are the same infinity, NaN where either is NaN."""
    a, b = real(first), real(second)
    return torch.where(a == b, torch.zeros_like(a), a - b)


def root_mean_square(x: Tensor, window: Tensor | None = None) -> float:
    """Over all entries, or those of a window (H, W) of an image."""
    if window is not None and x.shape[-2:] == window.shape:
        x = x[..., window]
    return math.sqrt(float(x.square().mean())) if x.numel() else 0.0


def distance(delta: Tensor, signal: float, window: Tensor | None = None) -> Distance:
    """The size of a difference in units of a signal; of NaN and infinities, infinite; 0 / 0 is 0."""
    if window is not None and delta.shape[-2:] == window.shape:
        delta = delta[..., window]
    if not delta.numel():
        return Distance(0.0, 0.0)
    if not bool(delta.isfinite().all()):
        return Distance(math.inf, math.inf)
    mean, worst = root_mean_square(delta), float(delta.abs().max())
    if signal == 0:
        return Distance(math.inf if mean else 0.0, math.inf if worst else 0.0)
    return Distance(mean / signal, worst / signal)


def spread(first: Tensor, second: Tensor, window: Tensor | None = None) -> float:
    """The signal: root mean square of the difference of outputs for different inputs, divided by sqrt 2."""
    delta = difference(first, second)
    if window is not None and delta.shape[-2:] == window.shape:
        delta = delta[..., window]
    finite = delta[delta.isfinite()]
    return root_mean_square(finite) / math.sqrt(2)
