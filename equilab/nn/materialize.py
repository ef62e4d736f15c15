"""A trained equivariant network as plain torch, for deployment."""

from copy import deepcopy

import torch
from torch import nn

from equilab.nn.layer import Layer
from equilab.nn.plain import ChannelAffine


def materialize(model: nn.Module) -> nn.Module:
    """A plain network with the same output in evaluation mode, sharing nothing with `model`; it is in that mode.

    Convolutions become nn.Conv2d with expanded filters, and in a sequence the batch normalisation after one is folded
    into it; identities are left out. Modules that are no layers of equilab are copied. It is as fast as the plain
    network is, and no longer holds the symmetry when it is trained on.

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
        return nn.Sequential(*_folded([_plain(module) for module in model]))
    copy = deepcopy(model)
    for name, child in model.named_children():
        setattr(copy, name, _plain(child))
    return copy


def _folded(modules: list[nn.Module]) -> list[nn.Module]:
    """The modules without identities, every fixed normalisation folded into the linear map before it."""
    kept: list[nn.Module] = []
    for module in modules:
        before = kept[-1] if kept else None
        if isinstance(module, nn.Identity):
            continue
        if isinstance(module, ChannelAffine) and isinstance(before, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            _fold(before, module)
        else:
            kept.append(module)
    return kept


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
