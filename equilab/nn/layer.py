"""What an equivariant layer is: a torch module with the field types of its input and output, on plain tensors."""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from numbers import Real
from typing import ClassVar, TypeVar

import torch
from torch import Tensor, nn

from equilab.errors import FieldTypeError, SettingError
from equilab.groups import FieldType, Representation
from equilab.groups.plane_group import as_integer

_Plain = TypeVar("_Plain", nn.Conv2d, nn.ConvTranspose2d, nn.Linear)


class Layer(nn.Module, ABC):
    """A module f with f(T_g x) = T'_g f(x), T acting on `in_type`, T' on `out_type`."""

    in_type: FieldType
    out_type: FieldType
    ndims: ClassVar[tuple[int, ...]] = (4, 2)  # of an input: images (batch, C, H, W), vectors (batch, C)
    makes_vectors: ClassVar[bool] = False  # of images

    @abstractmethod
    def forward(self, x: Tensor) -> Tensor:
        """f(x), of the type `out_type`, for x of the type `in_type`."""

    @abstractmethod
    def materialize(self) -> nn.Module:
        """A module of plain torch that computes the same in evaluation mode; nothing is shared with this one."""

    def check(self, x: Tensor) -> None:
        """Raises ShapeError unless x has the shape that this layer takes."""
        self.in_type.check(x, ndims=self.ndims)

    def extra_repr(self) -> str:
        return f"{self.in_type} -> {self.out_type}"

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.extra_repr()})"  # one line: what it is made of is its own affair


def as_type(value: Representation, name: str) -> FieldType:
    """The field type itself, or that of one field of a representation; FieldTypeError for anything else."""
    if isinstance(value, FieldType):
        return value
    if isinstance(value, Representation):
        return 1 * value
    raise FieldTypeError(name, expected="a field type such as 16 * G.regular", got=repr(value))


def same_group(in_type: FieldType, out_type: FieldType) -> None:
    """Raises FieldTypeError unless both types are of one group."""
    if in_type.group != out_type.group:
        raise FieldTypeError(
            "in_type and out_type",
            expected="one group",
            got=f"{in_type} and {out_type}",
            hint="use eq.nn.Restrict to go to a subgroup",
        )


def check_integers(least: int = 1, **settings: object) -> None:
    """Raises SettingError, which names the setting, unless each is an integer of at least `least`."""
    for name, value in settings.items():
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            got = value if type(value) is int else f"{value!r} of type {type(value).__name__}"
            hint = "" if isinstance(value, int) or as_integer(value) is None else "use int(...)"
            raise SettingError(name, expected=f"an integer of at least {least}", got=got, hint=hint)


def as_number(value: object) -> float | None:
    """The value as a float; None for a bool and for what is no real number."""
    return float(value) if isinstance(value, Real) and not isinstance(value, bool) else None


def check_eps(eps: object) -> float:
    """eps as a float; SettingError unless it is a finite number above 0, without which constants become nan."""
    number = as_number(eps)
    if number is None or not 0 < number < math.inf:
        raise SettingError("eps", expected="a finite number above 0", got=repr(eps))
    return number


def field_dims(field_type: FieldType) -> tuple[tuple[int, int], ...]:
    """(number of fields, channels of each) per run of equal fields."""
    return tuple((count, rho.dim) for count, rho in field_type.terms)


def refuse_mixed(field_type: FieldType, name: str, instead: str) -> None:
    """Raises FieldTypeError for a field whose channels are not permuted: what acts on each channel breaks it."""
    for _, rho in field_type.terms:
        if not rho.is_permutation:
            raise FieldTypeError(
                "in_type",
                expected=f"fields whose channels are permuted (trivial, regular, quotient) for {name}",
                got=f"{rho} in {field_type}",
                hint=instead,
            )


@torch.no_grad()
def copied(plain: _Plain, kernel: Tensor, bias: Callable[[], Tensor] | None) -> _Plain:
    """`plain` in the dtype and on the device of `kernel`, with copies of the kernel and the bias as its parameters."""
    plain = plain.to(device=kernel.device, dtype=kernel.dtype)
    plain.weight.copy_(kernel)
    if bias is not None and plain.bias is not None:
        plain.bias.copy_(bias())
    return plain
