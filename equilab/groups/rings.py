"""Band-limited steerable kernels: circular harmonics times radial rings, sampled on a pixel grid."""

import math
from functools import lru_cache
from typing import NamedTuple

import torch
from torch import Tensor

from equilab.groups.functions import HarmonicFunctions, check_kernel_size, grid_points
from equilab.groups.invariants import invariant_tensors
from equilab.groups.representation import Representation

_WIDTH, _EDGE_WIDTH = 0.6, 0.4  # standard deviations of the rings, and of the outermost, which the square cuts; pixels


class Ring(NamedTuple):
    """One radial profile exp(-(r - radius)^2 / 2 width^2), pixels, with angular frequencies up to `max_frequency`."""

    radius: float
    width: float
    max_frequency: int


def rings(kernel_size: int) -> list[Ring]:
    """The rings of a k x k kernel: radii one pixel apart, from the centre (odd k) or half a pixel (even k) to the edge.

    A square grid does not tell a frequency from one that differs by 4: a radius r has those up to 2 r, from 1.5 on
    up to 2 r - 1, and the outermost ring, which the square cuts, up to 2 (much as in the code of Weiler & Cesa 2019).

    >>> rings(5)[1:]
    [Ring(radius=1.0, width=0.6, max_frequency=2), Ring(radius=2.0, width=0.4, max_frequency=2)]
    """
    check_kernel_size(kernel_size)
    edge = (kernel_size - 1) / 2
    inner = [edge - step for step in reversed(range(1, math.ceil(kernel_size / 2)))]
    limits = [int(2 * radius) - (radius > 1) for radius in inner]
    found = [Ring(radius, _WIDTH, limit) for radius, limit in zip(inner, limits, strict=True)]
    return [*found, Ring(edge, _EDGE_WIDTH, min(2, int(2 * edge)))]


def sampled_harmonics(ring: Ring, kernel_size: int) -> Tensor:
    """The ring's functions 1, cos phi, sin phi, ... at the pixels, (2 max_frequency + 1, k, k), float64.

    At the origin, where an angle means nothing, only the constant one is not zero.
    """
    x, y = grid_points(kernel_size).T
    radius, angle = (x * x + y * y).sqrt(), torch.atan2(y, x)
    profile = torch.exp(-0.5 * ((radius - ring.radius) / ring.width) ** 2)
    found = [profile]
    for frequency in range(1, ring.max_frequency + 1):
        waves = torch.cos(frequency * angle), torch.sin(frequency * angle)
        found += [torch.where(radius > 0, profile * wave, 0.0) for wave in waves]
    return torch.stack(found).unflatten(1, (kernel_size, kernel_size))


def ring_kernels(rho_in: Representation, rho_out: Representation, kernel_size: int) -> Tensor:
    """Sampled steerable kernels (dim, d_out, d_in, k, k), float64, each of norm 1, for any group of the plane.

    kappa(x) = sum_m c_m(|x|) Y_m(phi) with coefficients that solve kappa(h x) = rho_out(h) kappa(x) rho_in(h)^-1 for
    every h and every x of the plane, not only of the grid (Weiler & Cesa 2019, section 3). Sampling keeps the law for
    multiples of a quarter turn; at other angles the error is measured in docs/kernels.md.
    """
    with torch.device("cpu"):
        return _ring_kernels(rho_in, rho_out, kernel_size)


def _ring_kernels(rho_in: Representation, rho_out: Representation, kernel_size: int) -> Tensor:
    parts = []
    for ring in rings(kernel_size):
        functions = HarmonicFunctions(rho_out.group, ring.max_frequency)
        coefficients = invariant_tensors(rho_out.group, (rho_out, rho_in, functions))
        samples = torch.einsum("boif,fkl->boikl", coefficients, sampled_harmonics(ring, kernel_size))
        parts.append(samples / samples.flatten(1).norm(dim=1)[:, None, None, None, None])
    return torch.cat(parts)  # linearly independent, as the sampled harmonics of all rings are


@lru_cache(maxsize=512)
def cached_ring_kernels(rho_in: Representation, rho_out: Representation, kernel_size: int) -> Tensor:
    """`ring_kernels`, computed once per process; not to be written to."""
    return ring_kernels(rho_in, rho_out, kernel_size)
