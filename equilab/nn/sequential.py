"""A sequence of layers whose field types fit, checked when it is built."""

from torch import nn

from equilab.errors import FieldTypeError
from equilab.groups import FieldType
from equilab.nn.global_pool import SpatialMean
from equilab.nn.nonlinearities import POINTWISE

_INSTEAD: dict[type[nn.Module], str] = {
    nn.Conv2d: "eq.nn.GroupConv2d",
    nn.ConvTranspose2d: "eq.nn.GroupConvTranspose2d",
    nn.Linear: "eq.nn.Linear",
    nn.BatchNorm2d: "eq.nn.FieldBatchNorm",
    nn.BatchNorm1d: "eq.nn.FieldBatchNorm",
    nn.GroupNorm: "eq.nn.FieldGroupNorm",
    nn.LayerNorm: "eq.nn.FieldLayerNorm",
    nn.InstanceNorm2d: "eq.nn.FieldGroupNorm",
    nn.MaxPool2d: "eq.nn.MaxPool2d",
    nn.AvgPool2d: "eq.nn.AvgPool2d",
    nn.AdaptiveAvgPool2d: "eq.nn.AdaptiveAvgPool2d",
    nn.AdaptiveMaxPool2d: "eq.nn.AdaptiveMaxPool2d",
    nn.Upsample: "eq.nn.Upsample",
    nn.Dropout: "eq.nn.Dropout",
    nn.Dropout2d: "eq.nn.Dropout",
    nn.MultiheadAttention: "eq.nn.GroupSelfAttention",
    nn.Sequential: "eq.nn.Sequential",
}


class Sequential(nn.Sequential):
    """Layers one after the other, equivariant because each is: `in_type` is that of the first, `out_type` of the last.

    Between layers with field types, torch's pointwise activations may stand where the fields are permuted. Raises
    FieldTypeError, naming the layer, for types that do not fit, for an activation on fields that the group mixes, and
    for a module without field types.

    >>> from equilab.groups import p4
    >>> from equilab.nn import GroupConv2d
    >>> Sequential(GroupConv2d(1 * p4.trivial, 8 * p4.regular, 3), nn.BatchNorm2d(32))
    Traceback (most recent call last):
    ...
    equilab.errors.FieldTypeError: layer 1 (BatchNorm2d) has no in_type: use eq.nn.FieldBatchNorm, or end the
    equivariant part before it
    """

    def __init__(self, *modules: nn.Module):
        super().__init__(*modules)
        self.check()

    def check(self) -> tuple[FieldType, FieldType]:
        """(in_type, out_type), after another look at every layer; FieldTypeError where they do not fit."""
        current: FieldType | None = None
        types: list[FieldType] = []
        for name, module in self.named_children():
            after = _after(module, f"layer {name} ({type(module).__name__})", current)
            types += [getattr(module, "in_type", after), after]
            current = after
        if not types:
            raise FieldTypeError("Sequential: expected at least one layer, got none")
        return types[0], types[-1]

    @property
    def in_type(self) -> FieldType:
        return self.check()[0]

    @property
    def out_type(self) -> FieldType:
        return self.check()[1]


def _after(module: nn.Module, label: str, current: FieldType | None) -> FieldType:
    """The type that leaves `module` when `current` enters it (None: it is the first); FieldTypeError if it may not."""
    fits_any = isinstance(module, nn.Identity) or (isinstance(module, SpatialMean) and not hasattr(module, "in_type"))
    if fits_any and current is not None:
        return current
    if isinstance(module, POINTWISE):
        return _through_pointwise(label, current)
    in_type, out_type = getattr(module, "in_type", None), getattr(module, "out_type", None)
    if not isinstance(in_type, FieldType) or not isinstance(out_type, FieldType):
        hint = next((f"use {better}, or " for kind, better in _INSTEAD.items() if isinstance(module, kind)), "")
        raise FieldTypeError(f"{label} has no in_type: {hint}end the equivariant part before it")
    if current is not None and in_type != current:
        raise FieldTypeError(f"{label} takes {in_type}, but {current} comes out of the layer before it")
    return out_type


def _through_pointwise(label: str, current: FieldType | None) -> FieldType:
    """The type itself, where every field of it is permuted."""
    if current is None:
        raise FieldTypeError(f"{label} has no in_type: begin with a layer that has one, or wrap it in eq.nn.Pointwise")
    for _, rho in current.terms:
        if not rho.is_permutation:
            raise FieldTypeError(
                f"{label} acts on each channel alone, which breaks {rho} in {current}: use eq.nn.GatedNonlinearity or "
                "eq.nn.NormNonlinearity"
            )
    return current
