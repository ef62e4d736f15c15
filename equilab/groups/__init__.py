"""Groups that act on the plane, their representations, field types, and the spaces of equivariant kernels."""

from equilab.groups.combined import FromMatrices, Restricted, TensorProduct
from equilab.groups.decompose import decompose, inner_product
from equilab.groups.element import Element
from equilab.groups.group import O2, SO2, C, D, Group, induce, p4, p4m, restrict, tensor_product
from equilab.groups.induced import Induced, Quotient
from equilab.groups.irrep import Irrep
from equilab.groups.move import move
from equilab.groups.parse import parse_field_type
from equilab.groups.plane_group import PlaneGroup
from equilab.groups.representation import Field, FieldType, Representation

__all__ = [
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
    "induce",
    "inner_product",
    "move",
    "p4",
    "p4m",
    "parse_field_type",
    "restrict",
    "tensor_product",
]
