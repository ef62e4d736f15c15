"""Nonlinearities: pointwise on permuted channels; gates and norms for every other field."""

from collections.abc import Callable
from copy import deepcopy

import torch
from torch import Tensor, nn

from equilab.functional import field_norms, gate_fields, norm_relu
from equilab.groups import Irrep, Representation
from equilab.nn.layer import Layer, as_type, field_dims, refuse_mixed
from equilab.nn.plain import ChannelGate, ChannelNormReLU, ChannelNorms, Function

POINTWISE = (
    nn.CELU,
    nn.ELU,
    nn.GELU,
    nn.Hardshrink,
    nn.Hardsigmoid,
    nn.Hardswish,
    nn.Hardtanh,
    nn.Identity,
    nn.LeakyReLU,
    nn.LogSigmoid,
    nn.Mish,
    nn.ReLU,
    nn.ReLU6,
    nn.SELU,
    nn.Sigmoid,
    nn.SiLU,
    nn.Softplus,
    nn.Softshrink,
    nn.Softsign,
    nn.Tanh,
    nn.Tanhshrink,
    nn.Threshold,
)
"""Modules of torch that act on every number alone: they commute with any permutation of channels and pixels."""


def is_pointwise(module: nn.Module) -> bool:
    """Whether it is one of those, or a PReLU with one slope for all channels."""
    return isinstance(module, POINTWISE) or (isinstance(module, nn.PReLU) and module.num_parameters == 1)


class Pointwise(Layer):
    """A function of each number alone, such as torch.nn.ReLU() or torch.sin, on fields of permuted channels.

    Raises FieldTypeError for any other field: rho(g) ReLU(x) is not ReLU(rho(g) x) unless rho(g) permutes.

    >>> from equilab.groups import p4
    >>> Pointwise(8 * p4.regular, torch.sin)(torch.zeros(1, 32, 3, 3)).shape
    torch.Size([1, 32, 3, 3])
    """

    def __init__(self, in_type: Representation, function: Callable[[Tensor], Tensor]):
        super().__init__()
        self.in_type = self.out_type = as_type(in_type, "in_type")
        refuse_mixed(self.in_type, "Pointwise", "use eq.nn.GatedNonlinearity or eq.nn.NormNonlinearity")
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        self.check(x)
        return self.function(x)

    def extra_repr(self) -> str:
        return f"{self.in_type}, {getattr(self.function, '__name__', self.function)}"

    def materialize(self) -> nn.Module:
        """The function itself, as a module."""
        return deepcopy(self.function) if isinstance(self.function, nn.Module) else Function(self.function)


class GatedNonlinearity(Layer):
    """Every field times the sigmoid of a gate of its own: `in_type` is `out_type` and then one trivial field per gate.

    Equivariant for every representation (Weiler et al. 2018, section 3.3). A convolution before it makes the gates:
    GroupConv2d(x, gated.in_type, ...).

    >>> from equilab.groups import SO2
    >>> gated = GatedNonlinearity(4 * SO2.irrep(1))
    >>> str(gated.in_type), gated(torch.zeros(1, 12, 3, 3)).shape
    ('SO(2)[4*irrep(1) + 4*trivial]', torch.Size([1, 8, 3, 3]))
    """

    def __init__(self, out_type: Representation):
        super().__init__()
        self.out_type = as_type(out_type, "out_type")
        self.in_type = self.out_type + self.out_type.num_fields * Irrep(self.out_type.group)
        self._dims = field_dims(self.out_type)

    def forward(self, x: Tensor) -> Tensor:
        self.check(x)
        fields, gates = x.split((self.out_type.dim, self.out_type.num_fields), 1)
        return gate_fields(fields, gates, self._dims)

    def materialize(self) -> nn.Module:
        """The same without field types."""
        return ChannelGate(self._dims)


class NormNonlinearity(Layer):
    """ReLU(|v| + b) v / |v| for every field v, b one number per field, -0.1 at first (Worrall et al. 2017, eq. 7).

    Equivariant for every representation, as they are orthogonal.
    """

    def __init__(self, in_type: Representation):
        super().__init__()
        self.in_type = self.out_type = as_type(in_type, "in_type")
        self.bias = nn.Parameter(torch.empty(self.in_type.num_fields))
        self._dims = field_dims(self.in_type)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """-0.1 everywhere."""
        nn.init.constant_(self.bias, -0.1)

    def forward(self, x: Tensor) -> Tensor:
        self.check(x)
        return norm_relu(x, self.bias, self._dims)

    def materialize(self) -> nn.Module:
        """The same without field types."""
        return ChannelNormReLU(self.bias, self._dims)


class FieldNorms(Layer):
    """The norm of every field, (batch, num_fields, ...): `out_type` is num_fields trivial ones."""

    def __init__(self, in_type: Representation):
        super().__init__()
        self.in_type = as_type(in_type, "in_type")
        self.out_type = self.in_type.num_fields * Irrep(self.in_type.group)
        self._dims = field_dims(self.in_type)

    def forward(self, x: Tensor) -> Tensor:
        self.check(x)
        return field_norms(x, self._dims)

    def materialize(self) -> nn.Module:
        """The same without field types."""
        return ChannelNorms(self._dims)
