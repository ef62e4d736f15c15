"""Rotations, inversions and shifts of space, and e3nn's irreps under them."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from equilab.check.actions.action import Action
from equilab.check.actions.symmetry import Symmetry
from equilab.errors import FieldTypeError, ShapeError

_SHIFT = 2.0  # standard deviation of a random shift, in the unit of the positions


@dataclass(frozen=True, eq=False)
class Motion:
    """x -> matrix x + shift: matrix (3, 3), float64, orthogonal; shift (3,)."""

    matrix: Tensor
    shift: Tensor
    name: str = ""

    def __str__(self) -> str:
        return self.name or "motion"


class Euclidean(Symmetry):
    """O(3) of rotations and inversions, or SO(3) without `parity`; E(3), SE(3) with `translations`."""

    def __init__(self, *, parity: bool = True, translations: bool = False):
        self.parity, self.translations = parity, translations
        self.name = ("" if parity else "S") + ("E(3)" if translations else "O(3)")

    def __eq__(self, other: object) -> bool:
        same = isinstance(other, Euclidean) and (other.parity, other.translations) == (self.parity, self.translations)
        return same

    def __hash__(self) -> int:
        return hash((self.parity, self.translations))

    @property
    def identity(self) -> Motion:
        return Motion(
            torch.eye(3, dtype=torch.float64, device="cpu"),
            torch.zeros(3, dtype=torch.float64, device="cpu"),
            "identity",
        )

    def multiply(self, g: Motion, h: Motion) -> Motion:
        return Motion(g.matrix @ h.matrix, g.matrix @ h.shift + g.shift)

    def inverse(self, g: Motion) -> Motion:
        return Motion(g.matrix.T, -g.matrix.T @ g.shift)

    def choose(self, generator: torch.Generator) -> tuple[Motion, ...]:
        found = [self._turned(generator, 1, f"rotation {place}") for place in (1, 2, 3)]
        if self.parity:
            still = self.identity
            found += [Motion(-still.matrix, still.shift, "inversion"), self._turned(generator, -1, "improper rotation")]
        if self.translations:
            still = self.identity
            found += [Motion(still.matrix, self._shift(generator), "translation")]
        return tuple(found)

    def _turned(self, generator: torch.Generator, sign: int, name: str) -> Motion:
        normal = torch.randn(3, 3, dtype=torch.float64, generator=generator, device="cpu")
        q, r = torch.linalg.qr(normal)
        q = q * r.diagonal().sign()  # uniform: Mezzadri 2007, section 5
        shift = self._shift(generator) if self.translations else torch.zeros(3, dtype=torch.float64, device="cpu")
        return Motion(q * torch.linalg.det(q).sign() * sign, shift, name + (" and shift" if self.translations else ""))

    def _shift(self, generator: torch.Generator) -> Tensor:
        return _SHIFT * torch.randn(3, dtype=torch.float64, generator=generator, device="cpu")

    def subgroup_of(self, passing: list[Any]) -> str | None:
        proper = [g for g in self.choose(torch.Generator().manual_seed(0)) if torch.linalg.det(g.matrix) > 0]
        names = {g.name for g in passing}
        return "SO(3)" if self.parity and {g.name for g in proper} <= names else None


class Irreps(Action):
    """Vectors (..., dim) of e3nn irreps, a string or an object: x -> D(g) x. Shifts do nothing to them."""

    def __init__(self, irreps: Any):
        if isinstance(irreps, str):
            irreps = _read(irreps)
        self.irreps = irreps
        self._known: dict[tuple[float, ...], Tensor] = {}  # D(g), which takes e3nn milliseconds

    def act(self, g: Any, x: Tensor) -> Tensor:
        matrix = g.matrix if isinstance(g, Motion) else g
        if x.shape[-1:] != (self.irreps.dim,):
            raise ShapeError("x", expected=f"(..., {self.irreps.dim}) for {self}", got=tuple(x.shape))
        return x @ self._of(matrix.double()).to(x).T

    def _of(self, matrix: Tensor) -> Tensor:
        """D(g), float64."""
        key = tuple(matrix.flatten().tolist())
        if key not in self._known:
            with torch.device("cpu"):  # whichever device is the default one
                self._known[key] = self.irreps.D_from_matrix(matrix.cpu())
        return self._known[key]

    def tangent(self, g: Any, v: Tensor) -> Tensor:
        return self.act(g, v)

    def __str__(self) -> str:
        return str(self.irreps)


def _read(irreps: str) -> Any:
    """e3nn's object for a string."""
    try:
        from e3nn import o3
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f'in_type, out_type: the irreps "{irreps}" need e3nn, which is not installed: pip install "e3nn>=0.6"',
            name="e3nn",
        ) from error
    try:
        return o3.Irreps(irreps)
    except (ValueError, TypeError) as error:
        raise FieldTypeError("irreps", expected='e3nn irreps such as "2x0e + 3x1o"', got=repr(irreps)) from error
