"""The same features, seen by a subgroup."""

from torch import Tensor, nn

from equilab.groups import FieldType, PlaneGroup, Representation, restrict
from equilab.nn.layer import Layer, as_type


class Restrict(Layer):
    """x itself, with the field type restricted to a subgroup: what follows need only commute with that.

    Raises GroupError for a group without that subgroup.

    >>> from equilab.groups import C, p4m
    >>> str(Restrict(2 * p4m.regular, C(4)).out_type)
    'C4[2*restrict(D4.regular)]'
    """

    def __init__(self, in_type: Representation, subgroup: PlaneGroup):
        super().__init__()
        self.in_type = as_type(in_type, "in_type")
        out_type = restrict(self.in_type, subgroup)
        assert isinstance(out_type, FieldType)
        self.out_type = out_type

    def forward(self, x: Tensor) -> Tensor:
        self.check(x)
        return x

    def materialize(self) -> nn.Module:
        """The identity."""
        return nn.Identity()
