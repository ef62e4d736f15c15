"""Representations: orthogonal matrices that multiply as the elements of a group do, and sums of them on channels."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import groupby
from operator import index
from typing import NamedTuple, SupportsIndex

import torch
from torch import Tensor

from equilab.errors import FieldTypeError, GroupError, SettingError, ShapeError
from equilab.groups.element import Element
from equilab.groups.move import check_arguments, move
from equilab.groups.plane_group import PlaneGroup


class Representation(ABC):
    """A homomorphism rho from a group to orthogonal matrices; a frozen dataclass in every concrete class.

    `3 * rho` is the field type of three fields of it, `rho + sigma` that of one of each.
    """

    group: PlaneGroup

    @property
    @abstractmethod
    def name(self) -> str:
        """As it stands in a field type: regular, quotient(C2), irrep(1)."""

    @property
    @abstractmethod
    def dim(self) -> int:
        """The number of rows of the matrices: channels of one field."""

    @abstractmethod
    def matrix(self, g: Element) -> Tensor:
        """rho(g), (dim, dim) float64, with rho(g h) = rho(g) rho(h); GroupError for a g that is not in the group."""

    def character(self, g: Element) -> float:
        """The trace of rho(g)."""
        return float(self.matrix(g).trace())

    @property
    def is_permutation(self) -> bool:
        """Whether every rho(g) permutes the channels: then any pointwise function commutes with it."""
        return _is_permutation(self)

    def permutation(self, g: Element) -> Tensor:
        """index (dim,), int64, with (rho(g) v)[i] = v[index[i]]; FieldTypeError where rho does not permute."""
        if not self.is_permutation:
            raise FieldTypeError(
                "representation",
                expected="one that permutes its channels, such as a regular one",
                got=str(self),
                hint="use matrix(g)",
            )
        return self.matrix(g).argmax(1)

    def check_element(self, g: Element) -> None:
        """Raises GroupError for a g that is not in the group."""
        if g not in self.group:
            raise GroupError("g", expected=f"an element of {self.group}", got=str(g), hint="group.element makes one")

    def __str__(self) -> str:
        return f"{self.group}.{self.name}"

    def __mul__(self, count: int) -> "FieldType":
        return FieldType.of(self.group, (self,) * _checked_count(count))

    __rmul__ = __mul__

    def __add__(self, other: "Representation") -> "FieldType":
        return (1 * self).__add__(other)

    def __radd__(self, other: object) -> "FieldType":
        return 1 * self if other == 0 else NotImplemented  # sum() begins with 0


class Field(NamedTuple):
    """One field of a field type: its representation and its channels start, ..., stop - 1."""

    representation: Representation
    start: int
    stop: int


@dataclass(frozen=True)
class FieldType(Representation):
    """How channels transform: the direct sum of one representation per field, in the order of the channels.

    Channels are flat and field-major: channel = field * dim + component, the component of a regular field being the
    position of the element in `group.elements`. Build it by algebra.

    >>> from equilab.groups import p4m
    >>> hidden = 3 * p4m.trivial + 16 * p4m.regular
    >>> str(hidden), hidden.dim, hidden.num_fields
    ('D4[3*trivial + 16*regular]', 131, 19)
    """

    group: PlaneGroup
    terms: tuple[tuple[int, Representation], ...]  # (count, representation), neighbours differ

    def __post_init__(self) -> None:
        if not self.dim:  # cached by this: torch.compile then sees a number, not the algebra behind it
            raise FieldTypeError("fields", expected=f"at least one field of {self.group}", got="none")

    @classmethod
    def of(cls, group: PlaneGroup, fields: tuple[Representation, ...]) -> "FieldType":
        """The type with these fields, those of a field type one by one.

        Raises FieldTypeError when they are of different groups, or there are none.
        """
        for field in fields:
            if field.group != group:
                raise FieldTypeError(
                    "fields", expected=f"representations of {group}", got=str(field), hint="restrict it first"
                )
        flat = (part for field in fields for part in (field.fields if isinstance(field, FieldType) else (field,)))
        return cls(group, tuple((len(list(run)), field) for field, run in groupby(flat)))

    @property
    def fields(self) -> tuple[Representation, ...]:
        """The representation of each field."""
        return tuple(field for count, field in self.terms for _ in range(count))

    @property
    def num_fields(self) -> int:
        return sum(count for count, _ in self.terms)

    @cached_property
    def dim(self) -> int:  # pyright: ignore[reportIncompatibleMethodOverride]
        """The number of channels."""
        return sum(count * field.dim for count, field in self.terms)

    @property
    def name(self) -> str:
        return " + ".join(f"{count}*{field.name}" for count, field in self.terms)

    def __str__(self) -> str:
        return f"{self.group}[{self.name}]"

    def __iter__(self) -> Iterator[Field]:
        start = 0
        for field in self.fields:
            yield Field(field, start, start + field.dim)
            start += field.dim

    @property
    def is_permutation(self) -> bool:
        """Whether every field permutes its channels."""
        return all(field.is_permutation for _, field in self.terms)

    def matrix(self, g: Element) -> Tensor:
        """Block-diagonal, one block per field."""
        return torch.block_diag(*(field.matrix(g) for field in self.fields))

    def character(self, g: Element) -> float:
        return sum(count * field.character(g) for count, field in self.terms)

    def permutation(self, g: Element) -> Tensor:
        starts = (start for _, start, _ in self)
        return torch.cat([field.permutation(g) + start for field, start in zip(self.fields, starts, strict=True)])

    def __mul__(self, count: int) -> "FieldType":
        return FieldType.of(self.group, self.fields * _checked_count(count))

    __rmul__ = __mul__

    def __add__(self, other: Representation) -> "FieldType":
        if not isinstance(other, Representation):
            return NotImplemented
        if other.group != self.group:
            raise FieldTypeError(
                "sum", expected="two of one group", got=f"{self} and {other}", hint="restrict one of them first"
            )
        more = other.fields if isinstance(other, FieldType) else (other,)
        return FieldType.of(self.group, self.fields + more)

    def act(self, g: Element, x: Tensor) -> Tensor:
        """x as seen after applying g: (T_g f)(p) = rho(g) f(g^-1 p).

        x: (batch, channels, H, W), or (batch, channels) where there is no plane to move; the same shape comes out.
        H == W is needed for turns other than the half turn. Multiples of a quarter turn and the grid's mirrors are
        exact (indices only); any other angle is interpolated by `move`. Raises ShapeError, GroupError, FieldTypeError.

        >>> from equilab.groups import p4
        >>> x = torch.arange(4.0).reshape(1, 4, 1, 1)
        >>> (1 * p4.regular).act(p4.element("1/4"), x).flatten().tolist()
        [3.0, 0.0, 1.0, 2.0]
        """
        check_arguments(g, x, "act(g, x)")
        self.check(x)
        self.check_element(g)
        return self.mix(g, move(g, x) if x.ndim == 4 else x)

    def mix(self, g: Element, x: Tensor) -> Tensor:
        """rho(g) on the channels of x (batch, channels, ...), without moving the plane.

        Raises GroupError, and FieldTypeError for integers that would have to be multiplied by matrices.
        """
        self.check_element(g)
        parts, start = [], 0
        for count, field in self.terms:
            stop = start + count * field.dim
            part = x[:, start:stop].unflatten(1, (count, field.dim))  # (batch, count, dim, ...)
            if field.is_permutation:
                mixed = part.index_select(2, field.permutation(g).to(x.device))
            elif not (x.is_floating_point() or x.is_complex()):
                raise FieldTypeError(
                    "x", expected=f"floating point to be mixed by {field}", got=x.dtype, hint="use x.float()"
                )
            else:
                mixed = torch.einsum("ij,bcj...->bci...", field.matrix(g).to(x), part)
            parts.append(mixed.flatten(1, 2))
            start = stop
        return torch.cat(parts, 1)

    def check(self, x: Tensor, *, ndims: tuple[int, ...] = (4, 2)) -> None:
        """Raises ShapeError unless x is (batch, channels, H, W) or (batch, channels), by `ndims`, of this type."""
        if x.ndim in ndims and x.shape[1] == self.dim:
            return
        shapes = {2: f"(batch, {self.dim})", 4: f"(batch, {self.dim}, H, W)"}
        expected = " or ".join(shapes[ndim] for ndim in ndims)
        raise ShapeError("x", expected=f"{expected} for {self}", got=tuple(x.shape))


def _checked_count(count: int) -> int:
    if isinstance(count, Representation):
        raise SettingError(
            "number of fields", expected="an integer", got=str(count), hint="for a product use tensor_product"
        )
    if not isinstance(count, SupportsIndex) or index(count) < 1:
        raise SettingError("number of fields", expected="an integer of at least 1", got=repr(count))
    return index(count)


@lru_cache(maxsize=1024)
def _is_permutation(representation: Representation) -> bool:
    matrices = [representation.matrix(g) for g in representation.group.generators]
    return all(bool(((m == 0) | (m == 1)).all() and (m.sum(0) == 1).all() and (m.sum(1) == 1).all()) for m in matrices)
