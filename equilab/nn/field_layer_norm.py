"""Layer and group normalisation of fields: each sample by itself, the same in training and in evaluation."""

from copy import deepcopy
from math import prod

from torch import Tensor, nn

from equilab.errors import FieldTypeError, SettingError, ShapeError
from equilab.groups import Representation
from equilab.nn.layer import Layer, as_type, check_eps, check_integers, field_dims
from equilab.nn.plain import SampleNorm


class _SampleNorm(Layer):
    """Normalised fields times a weight per field, plus a bias per field whose channels are permuted."""

    def __init__(self, in_type: Representation, *, groups: int, plane: bool, eps: float):
        super().__init__()
        self.in_type = self.out_type = as_type(in_type, "in_type")
        eps = check_eps(eps)
        for count, rho in self.in_type.terms:
            if count % groups:
                raise SettingError("num_groups", expected=f"a divisor of the {count} fields of {rho}", got=groups)
        centred = tuple(rho.is_permutation for _, rho in self.in_type.terms)
        self.norm = SampleNorm(field_dims(self.in_type), centred, groups=groups, plane=plane, eps=eps)
        self._pixels, self._least, self._smallest = 1, 0, ""  # pixels and numbers that some part needs; which it is
        for (count, rho), is_centred in zip(self.in_type.terms, centred, strict=True):
            channels, least = count * rho.dim // groups, 3 if is_centred else 2
            if -(-least // channels) > self._pixels:
                self._pixels, self._least = -(-least // channels), least
                self._smallest = f"{count}*{rho.name} in {self.in_type} (channels normalised together: {channels})"

    def forward(self, x: Tensor) -> Tensor:
        self.check(x)
        if self._pixels > 1 and prod(x.shape[2:]) < self._pixels:
            raise ShapeError(
                "x",
                expected=f"at least {self._pixels} pixels for {self._smallest}",
                got=tuple(x.shape),
                hint=f"of fewer than {self._least} numbers only signs are left: use fewer groups, put equal fields "
                "next to each other, or use eq.nn.FieldBatchNorm",
            )
        return self.norm(x)

    def materialize(self) -> nn.Module:
        """The same without field types: no convolution can hold the statistics of each sample."""
        return deepcopy(self.norm)


class FieldLayerNorm(_SampleNorm):
    """At every pixel, each run of equal fields normalised over all its channels (Ba, Kiros & Hinton 2016).

    Permuted channels: minus their mean, over their standard deviation, times a weight and plus a bias per field. Other
    fields: over the root of their mean square, times a weight. x: (batch, channels, H, W) or (batch, channels).
    Raises FieldTypeError for a run of one channel, or of two permuted ones, of which only signs would be left:
    a - b and b - a, over their size, are 1 and -1. SettingError for an eps that makes no sense.

    >>> from equilab.groups import p4
    >>> import torch
    >>> FieldLayerNorm(8 * p4.regular)(torch.randn(2, 32, 5, 5)).shape
    torch.Size([2, 32, 5, 5])
    """

    def __init__(self, in_type: Representation, *, eps: float = 1e-5):
        super().__init__(in_type, groups=1, plane=False, eps=eps)
        if self._pixels > 1:
            raise FieldTypeError(
                "in_type",
                expected=f"runs of at least {self._least} channels",
                got=self._smallest,
                hint="of fewer only signs are left: put equal fields next to each other, or use eq.nn.FieldBatchNorm "
                "or eq.nn.FieldGroupNorm",
            )


class FieldGroupNorm(_SampleNorm):
    """Each run of equal fields in `num_groups` parts, each normalised over its fields and the plane (Wu & He 2018).

    Moments, weights and biases are those of FieldLayerNorm, but over all pixels. Raises SettingError where a run of
    fields cannot be divided; ShapeError when it is called, also for vectors and images of so few pixels that a part is
    one number, or two of permuted fields.
    """

    def __init__(self, in_type: Representation, num_groups: int, *, eps: float = 1e-5):
        check_integers(num_groups=num_groups)
        super().__init__(in_type, groups=num_groups, plane=True, eps=eps)

    def extra_repr(self) -> str:
        return f"{self.in_type}, num_groups={self.norm.groups}"
