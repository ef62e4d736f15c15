"""A sequence of layers whose field types fit, checked when it is built."""

from collections import OrderedDict
from collections.abc import Iterable
from typing import NamedTuple, Self

from torch import nn

from equilab.errors import FieldTypeError
from equilab.groups import FieldType
from equilab.nn.global_pool import SpatialMean
from equilab.nn.layer import Layer
from equilab.nn.nonlinearities import is_pointwise

_INSTEAD: dict[type[nn.Module], str] = {
    nn.Conv2d: "eq.nn.GroupConv2d",
    nn.ConvTranspose2d: "eq.nn.GroupConvTranspose2d",
    nn.Linear: "eq.nn.Linear",
    nn.BatchNorm2d: "eq.nn.FieldBatchNorm",
    nn.BatchNorm1d: "eq.nn.FieldBatchNorm",
    nn.SyncBatchNorm: "eq.nn.FieldBatchNorm",
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
    nn.PReLU: "torch.nn.PReLU() with one slope for all channels",
    nn.MultiheadAttention: "eq.nn.GroupSelfAttention",
    nn.Sequential: "eq.nn.Sequential",
}


class Sequential(nn.Sequential):
    """Layers one after the other, equivariant because each is: `in_type` is that of the first, `out_type` of the last.

    Between layers with field types, torch's pointwise activations may stand where the fields are permuted. Raises
    FieldTypeError, naming the layer, for types that do not fit, for an activation on fields that the group mixes, and
    for a module without field types; the same where it is changed by append, insert, extend, seq[1] = ..., += and *=.
    Not checked: `body + other` and `body * 2`, which give an nn.Sequential, and `del body[1]`, until the next change.

    A slice that begins with a layer with field types is a Sequential; any other slice is an nn.Sequential.

    >>> from equilab.groups import p4
    >>> from equilab.nn import GroupConv2d
    >>> Sequential(GroupConv2d(1 * p4.trivial, 8 * p4.regular, 3), nn.BatchNorm2d(32))
    Traceback (most recent call last):
    ...
    equilab.errors.FieldTypeError: layer 1 (BatchNorm2d): expected an in_type and an out_type, got none; use
    eq.nn.FieldBatchNorm, or end the equivariant part before it
    """

    def __init__(self, *modules: nn.Module):
        super().__init__(*modules)
        self.check()

    def check(self) -> tuple[FieldType, FieldType]:
        """(in_type, out_type), after another look at every layer; FieldTypeError where they do not fit."""
        found = self._look()
        return found.in_type, found.out_type

    @property
    def in_type(self) -> FieldType:
        return self._look().in_type

    @property
    def out_type(self) -> FieldType:
        return self._look().out_type

    def append(self, module: nn.Module) -> Self:
        """This sequence with one more layer at its end; FieldTypeError, and no change, where it does not fit."""
        Sequential(*self, module)
        return super().append(module)

    def insert(self, index: int, module: nn.Module) -> Self:
        """This sequence with one more layer at `index`; FieldTypeError, and no change, where it does not fit."""
        layers = list(self)
        layers.insert(index, module)
        Sequential(*layers)
        return super().insert(index, module)

    def extend(self, sequential: Iterable[nn.Module]) -> Self:
        """This sequence with those layers at its end; FieldTypeError, and no change, where one does not fit."""
        layers = list(sequential)
        Sequential(*self, *layers)
        for layer in layers:
            super().append(layer)
        return self

    def __getitem__(self, idx: slice | int) -> nn.Module:
        """One layer, or a slice: a Sequential if it begins with a layer with field types, else an nn.Sequential."""
        if not isinstance(idx, slice):
            return super().__getitem__(idx)
        layers = OrderedDict(list(self._modules.items())[idx])
        first = next(iter(layers.values()), None)
        has_types = isinstance(getattr(first, "in_type", None), FieldType)
        if not has_types:
            return nn.Sequential(layers)
        return Sequential(layers)  # pyright: ignore[reportArgumentType]  # torch takes names, too

    def __setitem__(self, idx: int, module: nn.Module) -> None:
        """One layer is another; FieldTypeError, and no change, where it does not fit."""
        layers = list(self)
        layers[idx] = module
        Sequential(*layers)
        super().__setitem__(idx, module)

    def __iadd__(self, other: nn.Sequential) -> Self:
        """This sequence with those layers at its end; FieldTypeError, and no change, where they do not fit."""
        if isinstance(other, nn.Sequential):
            return self.extend(other)
        return super().__iadd__(other)

    def __imul__(self, other: int) -> Self:
        """This sequence that often; FieldTypeError, and no change, where its end does not fit its beginning."""
        if isinstance(other, int) and other > 1:
            Sequential(*list(self) * other)
        return super().__imul__(other)

    def _look(self) -> "_Passage":
        """What passes through all layers."""
        passages: list[_Passage] = []
        for name, module in self._modules.items():  # named_children leaves out a layer that comes again
            label = f"layer {name} ({type(module).__name__})"
            passages.append(_passage(module, label, passages[-1] if passages else None))
        if not passages:
            raise FieldTypeError("Sequential", expected="at least one layer", got="none")
        return passages[-1]._replace(in_type=passages[0].in_type, ndims_in=passages[0].ndims_in)


class _Passage(NamedTuple):
    """What enters and leaves a layer: field types, and whether images (4) or vectors (2)."""

    in_type: FieldType
    out_type: FieldType
    ndims_in: tuple[int, ...] = (4, 2)
    ndims_out: tuple[int, ...] = (4, 2)


def _passage(module: nn.Module, label: str, before: _Passage | None) -> _Passage:
    """What passes `module` after `before` (None: it is the first); FieldTypeError where that may not be."""
    fits_any = isinstance(module, nn.Identity) or (isinstance(module, SpatialMean) and not hasattr(module, "in_type"))
    if before is not None and (fits_any or is_pointwise(module)):
        if not fits_any:
            _check_pointwise(label, before.out_type)
        own = _Passage(before.out_type, before.out_type)
    elif is_pointwise(module) or fits_any:
        advice = "wrap it in eq.nn.Pointwise" if is_pointwise(module) else "give it one"
        raise FieldTypeError(
            label, expected="an in_type", got="none", hint=f"begin with a layer that has one, or {advice}"
        )
    elif isinstance(module, Sequential):
        own = module._look()
    else:
        own = _Passage(*_types(module, label))
    if before is not None and own.in_type != before.out_type:
        raise FieldTypeError(
            label,
            expected=f"an in_type of {before.out_type}, which comes out of the layer before it",
            got=str(own.in_type),
        )
    if isinstance(module, Layer):
        own = own._replace(ndims_in=module.ndims)
    ndims = tuple(ndim for ndim in own.ndims_in if before is None or ndim in before.ndims_out)
    if not ndims:
        words = ("images", "vectors") if own.ndims_in == (4,) else ("vectors", "images")
        raise FieldTypeError(
            label, expected=f"a layer for {words[1]}, which come out of the layer before it", got=f"one for {words[0]}"
        )
    if isinstance(module, Sequential):
        return own._replace(ndims_in=ndims)
    return own._replace(ndims_in=ndims, ndims_out=(2,) if isinstance(module, Layer) and module.makes_vectors else ndims)


def _types(module: nn.Module, label: str) -> tuple[FieldType, FieldType]:
    """The field types of a module; FieldTypeError, with what to use instead, where it has none."""
    in_type, out_type = getattr(module, "in_type", None), getattr(module, "out_type", None)
    if not isinstance(in_type, FieldType) or not isinstance(out_type, FieldType):
        hint = next((f"use {better}, or " for kind, better in _INSTEAD.items() if isinstance(module, kind)), "")
        raise FieldTypeError(
            label, expected="an in_type and an out_type", got="none", hint=f"{hint}end the equivariant part before it"
        )
    return in_type, out_type


def _check_pointwise(label: str, current: FieldType) -> None:
    """Raises FieldTypeError unless every field is permuted."""
    for _, rho in current.terms:
        if not rho.is_permutation:
            raise FieldTypeError(
                label,
                expected="permuted fields, as it acts on each channel alone",
                got=f"{rho} in {current}",
                hint="use eq.nn.GatedNonlinearity or eq.nn.NormNonlinearity",
            )
