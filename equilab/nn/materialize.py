"""A trained equivariant network as plain torch, for deployment."""

from collections import OrderedDict
from copy import deepcopy
from typing import NoReturn

import torch
from torch import Tensor, nn

from equilab.nn.layer import Layer
from equilab.nn.plain import ChannelAffine
from equilab.nn.sequential import Sequential

_LINEAR = nn.Conv2d, nn.ConvTranspose2d, nn.Linear
_Linear = nn.Conv2d | nn.ConvTranspose2d | nn.Linear
_WHOLE_ONLY = (
    "materialize folded batch norms of this sequence into the convolutions before them, so that it can only be called "
    "whole: use materialize(model, fold=False) where a part of it is called"
)


class FoldedSequence(nn.Module):
    """A sequence some of whose layers are folded together, inside a module that could ask for one of them: it cannot.

    Called whole it is what it was. TypeError where it is indexed, iterated over or measured by len; AttributeError
    where a layer is asked for by name. Not detected: `children()`, `modules()` and `_modules`, which find the folded
    sequence.
    """

    def __init__(self, sequence: nn.Sequential):
        super().__init__()
        self.sequence = sequence

    def forward(self, x: Tensor) -> Tensor:
        return self.sequence(x)

    def __getitem__(self, index: int | slice) -> NoReturn:  # loops come here, too
        raise TypeError(_WHOLE_ONLY)

    def __len__(self) -> NoReturn:
        raise TypeError(_WHOLE_ONLY)

    def __bool__(self) -> bool:  # which would ask for the length
        return True

    def __getattr__(self, name: str) -> Tensor | nn.Module:
        try:
            return super().__getattr__(name)
        except AttributeError as error:
            if name.startswith("__"):  # copy, pickle and torch ask for these to see whether they are there
                raise
            raise AttributeError(f"{error}: {_WHOLE_ONLY}", name=name, obj=self) from None


def materialize(model: nn.Module, *, fold: bool = True) -> nn.Module:
    """A plain network with the same output in evaluation mode, sharing nothing with `model`; it is in that mode.

    Convolutions become nn.Conv2d with expanded filters. Modules that are no layers of equilab are copied. Hooks of
    layers and sequences, and which weights of layers were frozen, are not taken over. It is as fast as the plain
    network is, and no longer holds the symmetry when it is trained on.

    fold: whether a batch normalisation after a convolution in a sequence is folded into it, and what does nothing in
    evaluation mode left out. A sequence that is `model` itself, or is in such a one, is taken to be called whole:
    its parts, plain[:2], are not those of `model`. In any other module the forward is not known, so a folded sequence
    there can only be called whole, and raises TypeError for self.body[0](x) and for a loop over it; a loop over
    self.body.children() or self.body._modules is not detected. The layers of a class derived from a sequence are not
    folded. Without folding every layer keeps its place and its name.

    >>> from equilab.groups import p4
    >>> from equilab.nn import FieldBatchNorm, GroupConv2d, Sequential
    >>> x = 8 * p4.regular
    >>> materialize(Sequential(GroupConv2d(1 * p4.trivial, x, 3), FieldBatchNorm(x), nn.ReLU()))
    Sequential(
      (0): Conv2d(1, 32, kernel_size=(3, 3), stride=(1, 1))
      (1): ReLU()
    )
    """
    return _plain(model, fold=fold, is_whole=True).eval()


def _plain(model: nn.Module, *, fold: bool, is_whole: bool) -> nn.Module:
    """is_whole: whether `model`, if it is a sequence, is known to be called whole."""
    if isinstance(model, Layer):
        return model.materialize()
    if type(model) is nn.Sequential or type(model) is Sequential:  # a class derived from one may have more methods
        return _plain_sequence(model, fold=fold, is_whole=is_whole)
    copy = deepcopy(model)
    made: dict[nn.Module, nn.Module] = {}  # a module that stands in two places stays one
    for name, child in model._modules.items():
        if child is not None:
            made[child] = made[child] if child in made else _plain(child, fold=fold, is_whole=False)
            copy._modules[name] = made[child]
    return copy


def _plain_sequence(model: nn.Sequential, *, fold: bool, is_whole: bool) -> nn.Module:
    layers = {name: module for name, module in model._modules.items() if module is not None}
    plain = {name: _plain(module, fold=fold, is_whole=is_whole) for name, module in layers.items()}
    ours = {plain[name] for name, module in layers.items() if isinstance(module, Layer)}
    norms = _foldable(list(plain.values()), ours) if fold else {}
    if not norms and not (fold and is_whole):
        return nn.Sequential(OrderedDict(plain))
    for norm, linear in norms.items():
        _fold(linear, norm)
    kept = {
        name: module
        for name, module in plain.items()
        if module not in norms and not (module in ours and type(module) is nn.Identity)
    }
    is_numbered = all(name.isdecimal() for name in kept)
    sequence = nn.Sequential(*kept.values()) if is_numbered else nn.Sequential(OrderedDict(kept))
    return sequence if is_whole else FoldedSequence(sequence)


def _foldable(modules: list[nn.Module], ours: set[nn.Module]) -> dict[ChannelAffine, _Linear]:
    """Every fixed normalisation right after a linear map, with that map.

    ours: those that layers of equilab became. A convolution of somebody else's may compute its weight when it is
    called, share it, or do more than convolve.
    """
    found: dict[ChannelAffine, _Linear] = {}
    before: _Linear | None = None
    for module in modules:
        if module not in ours:
            before = None
        elif isinstance(module, ChannelAffine) and before is not None:
            found[module] = before
        elif type(module) is not nn.Identity:
            before = module if isinstance(module, _LINEAR) and type(module) in _LINEAR else None
    return found


@torch.no_grad()
def _fold(linear: _Linear, after: ChannelAffine) -> None:
    """scale * (W x + b) + shift = (scale W) x + (scale b + shift), written into `linear`."""
    if isinstance(linear, nn.ConvTranspose2d):
        groups = linear.weight.unflatten(0, (linear.groups, -1))  # (groups, C_in, C_out, k, k)
        groups *= after.scale.view(linear.groups, 1, -1, 1, 1)
    else:
        linear.weight *= after.scale.view(-1, *(1,) * (linear.weight.ndim - 1))
    bias = after.shift if linear.bias is None else linear.bias * after.scale + after.shift
    linear.bias = nn.Parameter(bias.clone())
