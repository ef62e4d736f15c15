"""Dropout of whole fields."""

from torch import Tensor, nn

from equilab.errors import SettingError
from equilab.functional import drop_fields
from equilab.groups import Representation
from equilab.nn.layer import Layer, as_number, as_type, field_dims


class Dropout(Layer):
    """In training, each field of each sample zero with probability p, the others times 1 / (1 - p).

    One draw for all channels and pixels of a field, so that the layer commutes with the group for every draw, not only
    on average (per channel it would not). Noise from torch's own generator, as in torch.nn.Dropout2d.
    """

    def __init__(self, in_type: Representation, p: float = 0.5):
        super().__init__()
        probability = as_number(p)
        if probability is None or not 0 <= probability < 1:
            raise SettingError("p", expected="a probability, 0 <= p < 1", got=repr(p))
        self.in_type = self.out_type = as_type(in_type, "in_type")
        self.p = probability
        self._dims = field_dims(self.in_type)

    def forward(self, x: Tensor) -> Tensor:
        self.check(x)
        return drop_fields(x, self._dims, p=self.p) if self.training else x

    def materialize(self) -> nn.Module:
        """The identity."""
        return nn.Identity()

    def extra_repr(self) -> str:
        return f"{self.in_type}, p={self.p}"
