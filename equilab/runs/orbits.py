"""The codes of images under a cyclic factor: how much each block moves, and the planes in which it rotates the code."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int
from numpy import ndarray
from torch import Tensor

from equilab.data import Dataset
from equilab.latents import Posterior, map_tensors

_RANK = 1e-10  # of the largest variance: a plane whose second variance is smaller is a line


class Orbits(NamedTuple):
    """Mean codes of images whose cyclic factor takes each of its values in turn, everything else being equal."""

    codes: Float[ndarray, "images order d"]
    periods: Int[ndarray, "images"]  # how often the image repeats in one full cycle: its stabiliser's order


class Rotation(NamedTuple):
    """How well a step of the factor is a rotation of a plane by `frequency` times a full turn / order."""

    frequency: int
    by_period: bool  # whether the frequency counts turns per period of the image, not per full cycle
    fit: float  # R^2, 1 for an exact representation
    floor: float  # the fit after the steps of each image were shuffled


def encode_all(
    encode: Callable[[Tensor], Posterior], data: Dataset, observations: Int[ndarray, "n"], *, batch_size: int = 256
) -> Posterior:
    """The posteriors of observations, in order, on the CPU.

    encode: images (batch, C, H, W) -> posterior on the CPU. data: whose images. observations: (n,), positions.
    batch_size: images encoded at a time.
    """
    parts = torch.from_numpy(observations).split(batch_size)
    return map_tensors(lambda *batches: torch.cat(batches), *(encode(data.table.gather(part)) for part in parts))


def find_orbits(
    encode: Callable[[Tensor], Posterior], data: Dataset, name: str, *, num_images: int, rng: np.random.Generator
) -> Orbits | None:
    """The orbits of random images under a cyclic factor; None where no orbit is observed as a whole.

    encode, data: as of `encode_all`. name: of the factor, whose group is cyclic. num_images: encoded at most, but one
    orbit. rng: chooses the images.
    """
    position, factor = data.factors.names.index(name), data.factors[name]
    assert factor.group is not None
    order = factor.group.order
    wanted = max(1, num_images // order)
    drawn = rng.permutation(len(data))[: 4 * wanted * order]
    starts = data.labels(drawn)
    starts[:, position] = 0
    starts = rng.permutation(np.unique(starts, axis=0))
    moved = np.repeat(starts[:, None], order, axis=1)  # (images, order, factors)
    moved[..., position] = factor.act(moved[..., position], np.arange(order))
    observed = data.is_observed(moved.reshape(-1, data.factors.num)).reshape(len(starts), order).all(axis=1)
    chosen = moved[observed][:wanted]
    if not len(chosen):
        return None
    observations = data.observe(chosen.reshape(-1, data.factors.num), rng)
    codes = encode_all(encode, data, observations).mean.double().numpy()
    return Orbits(codes.reshape(len(chosen), order, -1), _periods(data, name, chosen[:, 0]))


def _periods(data: Dataset, name: str, labels: Int[ndarray, "images k"]) -> Int[ndarray, "images"]:
    """The stabiliser's order of each image; 1 where the factor does not say."""
    group = data.factors[name].group
    if group is None or group.symmetry_of is None:
        return np.ones(len(labels), np.int64)
    return np.array(group.symmetry)[labels[:, data.factors.names.index(group.symmetry_of)]]


def moved_share(orbits: Float[ndarray, "images order m"]) -> float:
    """The share of a block's variance that the factor moves: E_image Var_step / Var; 0 for a constant block.

    orbits: values of the block, as metrics read them.

    >>> turning = np.tile(np.arange(4.0)[None, :, None], (5, 1, 1))
    >>> moved_share(turning), moved_share(turning.swapaxes(0, 1))
    (1.0, 0.0)
    """
    total = orbits.reshape(-1, orbits.shape[-1]).var(axis=0).sum()
    return float(orbits.var(axis=1).mean(axis=0).sum() / total) if total > 0 else 0.0


def rotation_of(
    plane: Float[ndarray, "images order 2"], periods: Int[ndarray, "images"], *, rng: np.random.Generator
) -> Rotation | None:
    """The frequency k at which z(g x) = A R(2 pi k g / order) A^-1 z(x) fits best, for all images at once.

    z is whitened over all images and steps, which finds A; R^2 is the share of its second moment at the frequency k of
    the Fourier transform over steps, of one sign for all images. An image that repeats s times in a full cycle can move
    by multiples of s only, so that the frequencies k s are tried beside k. None for a plane whose points lie on a line,
    and for less than three steps, which no rotation of a plane distinguishes from a change of sign.

    plane: two values of the code. periods: (images,), s of each. rng: shuffles the steps, for the floor.

    >>> angle = 2 * np.pi * (np.arange(8) / 8 + np.random.default_rng(0).random((20, 1)))
    >>> plane = np.stack([3 * np.cos(2 * angle), np.sin(2 * angle)], -1)
    >>> found = rotation_of(plane, np.ones(20, int), rng=np.random.default_rng(0))
    >>> found.frequency, round(found.fit, 6), found.floor < 0.5
    (2, 1.0, True)
    """
    flat = plane.reshape(-1, 2) - plane.reshape(-1, 2).mean(axis=0)
    values, vectors = np.linalg.eigh(flat.T @ flat / len(flat))
    if plane.shape[1] < 3 or values[0] <= _RANK * values[1]:
        return None
    white = (flat @ vectors / np.sqrt(values)).reshape(plane.shape)
    points = white[..., 0] + 1j * white[..., 1]
    frequency, by_period, fit = _best_frequency(points, periods)
    shuffled = rng.permuted(points, axis=1)
    return Rotation(frequency, by_period, fit, _best_frequency(shuffled, periods)[2])


def _best_frequency(points: ndarray, periods: Int[ndarray, "images"]) -> tuple[int, bool, float]:
    """k, whether it counts per period, and its R^2; of equal ones the first: per full cycle, then the smaller k."""
    order = points.shape[1]
    power = np.abs(np.fft.fft(points, axis=1) / order) ** 2
    total = power.sum(axis=1).mean()
    best = (1, False, -1.0)
    kinds = (False, True) if (periods > 1).any() else (False,)
    for by_period in kinds:
        for k in range(1, (order - 1) // 2 + 1):
            index = k * (periods if by_period else np.ones_like(periods))
            of_sign = [np.take_along_axis(power, (sign * index % order)[:, None], 1).mean() for sign in (1, -1)]
            fit = float(max(of_sign) / total)
            if fit > best[2] + 1e-9:
                best = (k, by_period, fit)
    return best
