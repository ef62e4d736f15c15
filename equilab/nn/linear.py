"""Equivariant linear map between vectors of fields."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from equilab.groups import Representation
from equilab.nn.bias import EquivariantBias
from equilab.nn.kernel import EquivariantKernel
from equilab.nn.layer import Layer, as_type, copied, same_group


class Linear(Layer):
    """The most general equivariant linear map of vectors, (batch, C_out) from (batch, C_in): y = A x + b.

    A rho_in(g) = rho_out(g) A and rho_out(g) b = b: the intertwiners (Schur), in the basis of `kernel_space` on one
    point. Raises FieldTypeError when only zero is equivariant, ShapeError when it is called.

    >>> from equilab.groups import p4
    >>> linear = Linear(2 * p4.regular, 3 * p4.irrep(1))
    >>> linear(torch.zeros(5, 8)).shape, sum(p.numel() for p in linear.parameters())
    (torch.Size([5, 6]), 12)
    """

    ndims = (2,)

    def __init__(
        self,
        in_type: Representation,
        out_type: Representation,
        *,
        bias: bool = True,
        generator: torch.Generator | None = None,
    ):
        super().__init__()
        self.in_type, self.out_type = as_type(in_type, "in_type"), as_type(out_type, "out_type")
        same_group(self.in_type, self.out_type)
        self.kernel = EquivariantKernel(self.in_type, self.out_type, 1, gain=1.0, generator=generator)
        self.kernel.check_reach()
        self.bias = EquivariantBias(self.out_type) if bias and EquivariantBias.exists(self.out_type) else None

    def reset_parameters(self, *, generator: torch.Generator | None = None) -> None:
        """New weights, with the mean square of the output that of the input; biases zero."""
        self.kernel.reset_parameters(generator=generator)
        if self.bias is not None:
            self.bias.reset_parameters()

    def forward(self, x: Tensor) -> Tensor:
        self.check(x)
        return functional.linear(x, self.kernel().flatten(1), self.bias() if self.bias is not None else None)

    def materialize(self) -> nn.Module:
        """The nn.Linear with the expanded matrix."""
        plain = nn.Linear(self.in_type.dim, self.out_type.dim, bias=self.bias is not None)
        return copied(plain, self.kernel().flatten(1), self.bias)
