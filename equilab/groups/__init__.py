"""Groups that act on the plane, their representations, field types, and the spaces of equivariant kernels."""

from equilab.groups.combined import FromMatrices, Restricted, TensorProduct
from equilab.groups.decompose import decompose, inner_product
from equilab.groups.element import Element
from equilab.groups.group import (
    C1,
    C2,
    C4,
    D1,
    D2,
    D4,
    O2,
    SO2,
    C,
    D,
    Group,
    induce,
    p4,
    p4m,
    restrict,
    tensor_product,
)
from equilab.groups.induced import Induced, Quotient
from equilab.groups.irrep import Irrep
from equilab.groups.kernel_space import filter_basis, invariant_vectors, kernel_space
from equilab.groups.move import move
from equilab.groups.parse import parse_field_type
from equilab.groups.plane_group import PlaneGroup
from equilab.groups.representation import Field, FieldType, Representation
from equilab.groups.rings import ring_kernels

__all__ = [
    "C1",
    "C2",
    "C4",
    "D1",
    "D2",
    "D4",
    "O2",
    "SO2",
    "C",
    "D",
    "Element",
    "Field",
    "FieldType",
    "FromMatrices",
    "Group",
    "Induced",
    "Irrep",
    "PlaneGroup",
    "Quotient",
    "Representation",
    "Restricted",
    "TensorProduct",
    "decompose",
    "filter_basis",
    "induce",
    "inner_product",
    "invariant_vectors",
    "kernel_space",
    "move",
    "p4",
    "p4m",
    "parse_field_type",
    "restrict",
    "ring_kernels",
    "tensor_product",
]
