"""Dropout of whole fields."""

from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from equilab.functional.fields import FieldDims, join_fields, split_fields


def drop_fields(
    x: Float[Tensor, "batch channels *space"], dims: FieldDims, *, p: float
) -> Float[Tensor, "batch channels *space"]:
    """Each field of each sample of x (batch, channels, ...) zero with probability p, the others times 1 / (1 - p).

    One draw, from torch's own generator, for all channels and pixels of a field: it commutes with the group.
    """
    parts = split_fields(x, dims)
    masks = [functional.dropout(part.new_ones(part.shape[:2] + (1,) * (part.ndim - 2)), p) for part in parts]
    return join_fields([part * mask for part, mask in zip(parts, masks, strict=True)])
