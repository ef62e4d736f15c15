"""Dropout of whole fields."""

from torch import Tensor, nn
from torch.nn import functional

from equilab.errors import SettingError
from equilab.functional import join_fields, split_fields
from equilab.groups import Representation
from equilab.nn.layer import Layer, as_type, check_input, field_dims


class Dropout(Layer):
    """In training, each field of each sample zero with probability p, the others times 1 / (1 - p).

    One draw for all channels and pixels of a field, so that the layer commutes with the group for every draw, not only
    on average (per channel it would not). Noise from torch's own generator, as in torch.nn.Dropout2d.
    """

    def __init__(self, in_type: Representation, p: float = 0.5):
        super().__init__()
        if not 0 <= p < 1:
            raise SettingError(f"p: expected a probability, 0 <= p < 1, got {p}")
        self.in_type = self.out_type = as_type(in_type, "in_type")
        self.p = p
        self._dims = field_dims(self.in_type)

    def forward(self, x: Tensor) -> Tensor:
        check_input(x, self.in_type, ndim=None)
        if not self.training:
            return x
        fields = split_fields(x, self._dims)
        return join_fields([part * self._mask(part) for part in fields])

    def _mask(self, part: Tensor) -> Tensor:
        ones = part.new_ones(part.shape[:2] + (1,) * (part.ndim - 2))
        return functional.dropout(ones, self.p)

    def materialize(self) -> nn.Module:
        """The identity."""
        return nn.Identity()

    def extra_repr(self) -> str:
        return f"{self.in_type}, p={self.p}"
