"""Functions on a set of points, and circular harmonics, as representations of a group that moves the plane."""

from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from equilab.errors import GroupError, SettingError, ShapeError
from equilab.groups.element import Element, inverse
from equilab.groups.irrep import Irrep
from equilab.groups.plane_group import PlaneGroup, cosine_sine
from equilab.groups.representation import Representation

_SAME_POINT = 1e-6


@dataclass(frozen=True)
class PointFunctions(Representation):
    """Functions on a finite set of points that the group maps onto itself: (T_g f)(p) = f(g^-1 p).

    Raises GroupError for a group that moves a point off the set.
    """

    group: PlaneGroup
    points: tuple[tuple[float, float], ...]  # (x to the right, y up)

    def __post_init__(self) -> None:
        for g in self.group.generators if self.group.is_finite else ():
            self.permutation(g)
        if not self.group.is_finite and any(abs(x) + abs(y) > _SAME_POINT for x, y in self.points):
            raise GroupError(
                "support",
                expected="the origin alone",
                got="other points",
                hint=f"{self.group} maps no other finite set of points onto itself",
            )

    @classmethod
    def grid(cls, group: PlaneGroup, kernel_size: int) -> "PointFunctions":
        """The pixels of a kernel, row by row, about its centre."""
        return cls(group, tuple(map(tuple, grid_points(kernel_size).tolist())))

    @property
    def name(self) -> str:
        return f"functions on {len(self.points)} points"

    @property
    def dim(self) -> int:
        return len(self.points)

    def permutation(self, g: Element) -> Tensor:
        return _moved_points(self.group, self.points, g).clone()

    def matrix(self, g: Element) -> Tensor:
        return torch.eye(self.dim, dtype=torch.float64, device="cpu")[self.permutation(g)]


@dataclass(frozen=True)
class HarmonicFunctions(Representation):
    """Coefficients of 1, cos phi, sin phi, ..., cos m phi, sin m phi under (T_g f)(p) = f(g^-1 p)."""

    group: PlaneGroup
    max_frequency: int  # m

    def character(self, g: Element) -> float:
        if g.mirror:
            return 1.0  # of the constant; a mirror has trace 0 on (cos m phi, sin m phi)
        return 1 + 2 * sum(cosine_sine(m * g.turn % 1)[0] for m in range(1, self.max_frequency + 1))

    @property
    def name(self) -> str:
        return f"harmonics up to {self.max_frequency}"

    @property
    def dim(self) -> int:
        return 2 * self.max_frequency + 1

    def matrix(self, g: Element) -> Tensor:
        whole = PlaneGroup(None, True)
        return torch.block_diag(*(Irrep(whole, frequency).matrix(g) for frequency in range(self.max_frequency + 1)))


@lru_cache(maxsize=1024)
def _moved_points(group: PlaneGroup, points: tuple[tuple[float, float], ...], g: Element) -> Tensor:
    """The position of g^-1 p for every point p; GroupError for one that is off the set."""
    places = torch.tensor(points, dtype=torch.float64, device="cpu")
    moved = places @ group.matrix(inverse(g)).T
    distance = torch.cdist(moved, places, compute_mode="donot_use_mm_for_euclid_dist")  # which loses half the digits
    nearest = distance.min(1)
    if bool((nearest.values > _SAME_POINT).any()) or len(set(nearest.indices.tolist())) < len(points):
        raise GroupError(
            "support",
            expected=f"points that {group} maps onto themselves",
            got=f"points that the {g} does not",
            hint="take a subgroup (C4, D4 and theirs for a pixel grid), or other points",
        )
    return nearest.indices


@lru_cache(maxsize=64)
def _grid_points(kernel_size: int) -> Tensor:
    place = torch.arange(kernel_size, dtype=torch.float64, device="cpu") - (kernel_size - 1) / 2
    return torch.stack([place.repeat(kernel_size), -place.repeat_interleave(kernel_size)], 1)


def grid_points(kernel_size: int) -> Tensor:
    """Centred coordinates (kernel_size^2, 2) of a kernel's pixels, row by row: x to the right, y up, float64.

    >>> grid_points(2).tolist()
    [[-0.5, 0.5], [0.5, 0.5], [-0.5, -0.5], [0.5, -0.5]]
    """
    check_kernel_size(kernel_size)
    return _grid_points(kernel_size).clone()


def check_kernel_size(kernel_size: int) -> None:
    """Raises SettingError for a kernel without pixels."""
    if kernel_size < 1:
        raise SettingError("kernel_size", expected="at least 1", got=kernel_size)


def check_points(points: Tensor) -> tuple[tuple[float, float], ...]:
    """The points (n, 2) as a tuple; ShapeError for another shape, SettingError unless they are finite and distinct."""
    if points.ndim != 2 or points.shape[1] != 2 or len(points) == 0:
        raise ShapeError(
            "support", expected="an integer or points (n, 2)", got=f"a tensor of shape {tuple(points.shape)}"
        )
    places = points.detach().to("cpu", torch.float64)
    if not bool(places.isfinite().all()):
        raise SettingError("support", expected="finite points", got="infinity or NaN")
    if len(places) > 1 and float(torch.pdist(places).min()) <= _SAME_POINT:
        raise SettingError(
            "support", expected="every point once", got=f"two within {_SAME_POINT}", hint="scale or unite them"
        )
    return tuple((float(x), float(y)) for x, y in places)
