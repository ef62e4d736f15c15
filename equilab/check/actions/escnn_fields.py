"""Field types of escnn, by the objects a user brings: escnn itself is never imported here."""

from typing import Any

import torch
from torch import Tensor

from equilab.check.actions.plane import PlaneAction
from equilab.check.actions.symmetry import LIMIT, WORDS, Symmetry, plane_element
from equilab.errors import FieldTypeError
from equilab.groups import Element, PlaneGroup, move


class EscnnSymmetry(Symmetry):
    """The group of an escnn.gspaces.GSpace2D, by its own elements and products."""

    def __init__(self, gspace: Any):
        if getattr(gspace, "dimensionality", None) not in (0, 2):
            raise FieldTypeError(
                "in_type, out_type", expected="an escnn field type over the plane", got=f"one of {gspace}"
            )
        self.gspace, self.fibergroup, self.name = gspace, gspace.fibergroup, str(gspace.fibergroup)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, EscnnSymmetry) and other.gspace == self.gspace

    def __hash__(self) -> int:
        return hash(self.name)

    @property
    def identity(self) -> Any:
        return self.fibergroup.identity

    def multiply(self, g: Any, h: Any) -> Any:
        return g @ h

    def inverse(self, g: Any) -> Any:
        return ~g

    def choose(self, generator: torch.Generator) -> tuple[Any, ...]:
        group = self.fibergroup
        if not group.continuous and group.order() <= LIMIT:
            return tuple(g for g in group.elements if g != group.identity)
        chosen = [g for g in group.testing_elements() if g != group.identity]
        exact = [g for g in chosen if (4 * self.plane(g).turn).denominator == 1]
        rest = [g for g in chosen if g not in exact]
        places = torch.randperm(len(rest), generator=generator, device="cpu")[:WORDS].tolist()
        return (*exact, *(rest[place] for place in sorted(places)))

    def plane(self, g: Any) -> Element:
        """How g moves the plane."""
        if self.gspace.dimensionality == 0:
            return PlaneGroup(1).identity
        return plane_element(torch.as_tensor(self.gspace.basespace_action(g), device="cpu"))

    def label(self, g: Any) -> str:
        return str(self.plane(g)) if self.gspace.dimensionality else str(g)

    def carry(self, g: Any, x: Tensor) -> Tensor | None:
        return move(self.plane(g), x) if x.ndim == 4 and x.shape[-1] == x.shape[-2] else (x if x.ndim == 2 else None)


class EscnnFields(PlaneAction):
    """An escnn.nn.FieldType over the plane."""

    def __init__(self, field_type: Any):
        super().__init__(field_type, EscnnSymmetry(field_type.gspace))

    def plane(self, g: Any) -> Element:
        assert isinstance(self.symmetry, EscnnSymmetry)
        return self.symmetry.plane(g)

    def mix(self, g: Any, x: Tensor) -> Tensor:
        matrices = {rho: torch.as_tensor(rho(g), device="cpu").to(x) for rho in set(self.field_type.representations)}
        parts, start = [], 0
        for rho in self.field_type.representations:
            parts.append(torch.einsum("ij,bj...->bi...", matrices[rho], x[:, start : start + rho.size]))
            start += rho.size
        return torch.cat(parts, 1)

    @property
    def dim(self) -> int:
        return self.field_type.size

    def __str__(self) -> str:
        names = [rho.name for rho in self.field_type.representations]
        counts = {name: names.count(name) for name in dict.fromkeys(names)}
        return f"{self.symmetry.name}[{' + '.join(f'{count}*{name}' for name, count in counts.items())}]"  # pyright: ignore


def is_escnn_type(value: Any) -> bool:
    """Whether this is an escnn.nn.FieldType."""
    return type(value).__name__ == "FieldType" and type(value).__module__.startswith("escnn.")
