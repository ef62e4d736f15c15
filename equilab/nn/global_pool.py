"""The whole plane to one vector: (batch, C, H, W) to (batch, C)."""

from copy import deepcopy

from torch import Tensor, nn

from equilab.errors import FieldTypeError
from equilab.groups import FieldType, Representation
from equilab.nn.layer import Layer, as_type, check_input, refuse_mixed


class GlobalPool(Layer):
    """A pool over all pixels, (batch, C, H, W) to (batch, C), for the types that `SpatialMean` and `SpatialMax` take.

    Made without a type it takes any channels; `Sequential` fills the type in.
    """

    def __init__(self, in_type: Representation | None = None):
        super().__init__()
        self.fixed_type = None if in_type is None else as_type(in_type, "in_type")

    def fix(self, in_type: FieldType) -> None:
        """The type of an input that is known now; FieldTypeError where another one was given before."""
        if self.fixed_type not in (None, in_type):
            raise FieldTypeError(f"in_type: {type(self).__name__} is for {self.fixed_type}, got {in_type}")
        self.fixed_type = in_type

    @property
    def in_type(self) -> FieldType:  # pyright: ignore[reportIncompatibleVariableOverride]
        if self.fixed_type is None:
            raise FieldTypeError(f"in_type: {type(self).__name__} was made without one; give it a field type")
        return self.fixed_type

    @property
    def out_type(self) -> FieldType:  # pyright: ignore[reportIncompatibleVariableOverride]
        return self.in_type

    def extra_repr(self) -> str:
        return str(self.fixed_type or "any type")

    def materialize(self) -> nn.Module:
        """A copy: it is one plain reduction."""
        return deepcopy(self)


class SpatialMean(GlobalPool):
    """The mean of each channel over the plane, (batch, C): rho(g) acts on it without moving anything.

    in_type: may be left out; only then any number of channels goes in.

    >>> import torch
    >>> SpatialMean()(torch.ones(2, 8, 5, 5)).shape
    torch.Size([2, 8])
    """

    def forward(self, x: Tensor) -> Tensor:
        if self.fixed_type is not None:
            check_input(x, self.fixed_type)
        return x.mean((-2, -1))


class SpatialMax(GlobalPool):
    """The largest value of each channel over the plane, (batch, C), for fields of permuted channels.

    Raises FieldTypeError for other fields.
    """

    def __init__(self, in_type: Representation):
        super().__init__(in_type)
        refuse_mixed(self.in_type, "SpatialMax", "use eq.nn.SpatialMean")

    def forward(self, x: Tensor) -> Tensor:
        check_input(x, self.in_type)
        return x.amax((-2, -1))
