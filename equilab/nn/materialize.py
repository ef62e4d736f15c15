"""A trained equivariant network as plain torch, for deployment."""

from collections import OrderedDict
from copy import deepcopy

import torch
from torch import nn

from equilab.nn.layer import Layer
from equilab.nn.plain import ChannelAffine


def materialize(model: nn.Module) -> nn.Module:
    """A plain network with the same output in evaluation mode, sharing nothing with `model`; it is in that mode.

    Convolutions become nn.Conv2d with expanded filters, and in a sequence the batch normalisation after one is folded
    into it; identities are left out. Modules that are no layers of equilab are copied. Hooks of layers, and which of
    their weights were frozen, are not taken over. It is as fast as the plain network is, and no longer holds the
    symmetry when it is trained on.

    >>> from equilab.groups import p4
    >>> from equilab.nn import FieldBatchNorm, GroupConv2d, Sequential
    >>> x = 8 * p4.regular
    >>> materialize(Sequential(GroupConv2d(1 * p4.trivial, x, 3), FieldBatchNorm(x), nn.ReLU()))
    Sequential(
      (0): Conv2d(1, 32, kernel_size=(3, 3), stride=(1, 1))
      (1): ReLU()
    )
    """
    return _plain(model).eval()


def _plain(model: nn.Module) -> nn.Module:
    if isinstance(model, Layer):
        return model.materialize()
    if isinstance(model, nn.Sequential) and type(model).forward is nn.Sequential.forward:
        return _folded({name: _plain(module) for name, module in model._modules.items() if module is not None})
    copy = deepcopy(model)
    made: dict[nn.Module, nn.Module] = {}  # a module that stands in two places stays one
    for name, child in model._modules.items():
        if child is not None:
            made[child] = made[child] if child in made else _plain(child)
            copy._modules[name] = made[child]
    return copy


def _folded(modules: dict[str, nn.Module]) -> nn.Sequential:
    """The modules without identities, every fixed normalisation folded into the linear map before it.

    Names are kept, unless they are numbers.
    """
    kept: dict[str, nn.Module] = {}
    for name, module in modules.items():
        before = list(kept.values())[-1] if kept else None
        if isinstance(module, nn.Identity):
            continue
        if isinstance(module, ChannelAffine) and isinstance(before, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            _fold(before, module)
        else:
            kept[name] = module
    is_numbered = all(name.isdecimal() for name in kept)
    return nn.Sequential(*kept.values()) if is_numbered else nn.Sequential(OrderedDict(kept))


@torch.no_grad()
def _fold(linear: nn.Conv2d | nn.ConvTranspose2d | nn.Linear, after: ChannelAffine) -> None:
    """scale * (W x + b) + shift = (scale W) x + (scale b + shift), written into `linear`."""
    if isinstance(linear, nn.ConvTranspose2d):
        groups = linear.weight.unflatten(0, (linear.groups, -1))  # (groups, C_in, C_out, k, k)
        groups *= after.scale.view(linear.groups, 1, -1, 1, 1)
    else:
        linear.weight *= after.scale.view(-1, *(1,) * (linear.weight.ndim - 1))
    bias = after.shift if linear.bias is None else linear.bias * after.scale + after.shift
    linear.bias = nn.Parameter(bias.clone())
