"""The learnable vectors that a representation leaves as they are."""

import torch
from torch import Tensor, nn

from equilab.groups import FieldType, Irrep, invariant_vectors
from equilab.nn.kernel import EquivariantKernel


class EquivariantBias(nn.Module):
    """b with rho(g) b = b, (C,), zero at first: one number per trivial part of each field.

    It is the kernel from a constant to `field_type`, of which only that part can be reached.
    """

    def __init__(self, field_type: FieldType):
        super().__init__()
        self.field_type = field_type
        self.kernel = EquivariantKernel(1 * Irrep(field_type.group), field_type, 1, gain=0.0)

    @staticmethod
    def exists(field_type: FieldType) -> bool:
        """Whether any field has a trivial part."""
        return any(len(invariant_vectors(rho)) for _, rho in field_type.terms)

    def reset_parameters(self) -> None:
        """Zeros."""
        self.kernel.reset_parameters()

    def forward(self) -> Tensor:
        return torch.flatten(self.kernel())

    def extra_repr(self) -> str:
        return str(self.field_type)
