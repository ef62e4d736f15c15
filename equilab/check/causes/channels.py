"""Layers that treat the channels of one field unlike each other."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from equilab.check.causes.scene import Scene
from equilab.check.reports.findings import Cause

_NORMS = (
    nn.modules.batchnorm._NormBase,
    nn.GroupNorm,
    nn.LayerNorm,
    nn.LocalResponseNorm,
)  # _NormBase: batch and instance norms
_ACTIVATIONS = {
    "relu": torch.relu,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "silu": functional.silu,
    "gelu": functional.gelu,
    "leaky_relu": functional.leaky_relu,
    "elu": functional.elu,
    "softplus": functional.softplus,
    "abs": torch.abs,
    "square": torch.square,
    "exp": torch.exp,
}
_MIXED = "use eq.nn.NormNonlinearity or eq.nn.GatedNonlinearity (e3nn.nn.Gate), or regular fields"


def normalisation(scene: Scene) -> Cause | None:
    """A norm with numbers of its own for each channel or place, or whose statistics cut a field."""
    module = scene.module
    if not isinstance(module, _NORMS):
        return None
    mend = "use eq.nn.FieldBatchNorm, eq.nn.FieldLayerNorm or eq.nn.FieldGroupNorm, which norm whole fields"
    if scene.mends(_averaged):
        why = "its weights, biases or running statistics differ between the channels or places that the group exchanges"
        return scene.cause("normalisation", why, mend)
    if isinstance(module, nn.GroupNorm):
        why = f"its {module.num_groups} groups of channels are not made of whole fields"
    else:
        why = "its statistics are those of single channels, which the group mixes"
    return scene.cause("normalisation", why, mend)


def _averaged(module: nn.Module) -> None:
    for tensor in (*module.parameters(), *module.buffers()):
        if tensor.is_floating_point() and tensor.numel():
            tensor.fill_(float(tensor.mean()))


def slope(scene: Scene) -> Cause | None:
    """A PReLU whose slopes differ."""
    module = scene.module
    if isinstance(module, nn.PReLU) and module.num_parameters > 1 and scene.mends(_averaged):
        why = f"its {module.num_parameters} slopes differ between channels that the group exchanges"
        return scene.cause("channels apart", why, "use nn.PReLU() with one slope for all channels")
    return None


def pointwise(scene: Scene) -> Cause | None:
    """A function of single numbers, or of all channels, where the group mixes channels."""
    module, found = scene.module, scene.input_fit
    if module is None or not _is_activation(module) or (found is not None and found.is_permutation):
        return None
    why = f"{type(module).__name__} works on single channels, and the group mixes them or turns their signs"
    return scene.cause("pointwise nonlinearity", why, _MIXED)


def _is_activation(module: nn.Module) -> bool:
    return type(module).__module__ == "torch.nn.modules.activation" and not isinstance(module, nn.MultiheadAttention)


def pointwise_code(scene: Scene) -> Cause | None:
    """The same in code between two layers: what went in is a known function of what came out before it."""
    if scene.step is None or not scene.is_before or scene.x is None:
        return None
    place = scene.steps.index(scene.step)
    for earlier in reversed(scene.steps[:place]):
        for h in earlier.still.outputs:
            name = _function(h, scene.x)
            if name is not None and not earlier.is_broken:
                why = f"{name} of the output of {earlier.name} works on single channels, and the group mixes them"
                return scene.cause("pointwise nonlinearity", why, _MIXED)
    return None


def _function(h: Tensor, x: Tensor) -> str | None:
    if h.shape != x.shape or not h.is_floating_point():
        return None
    return next((name for name, act in _ACTIVATIONS.items() if torch.allclose(act(h), x, rtol=1e-6, atol=1e-8)), None)


HYPOTHESES = (normalisation, slope, pointwise, pointwise_code)
