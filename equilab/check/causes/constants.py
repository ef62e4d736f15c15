"""Numbers that are added or multiplied and do not move with the input: biases, embeddings, masks, kept states."""

import copy
from collections.abc import Iterator

import torch
from torch import Tensor, nn

from equilab.check.causes.scene import Scene
from equilab.check.questions.trace import tensors
from equilab.check.reports.findings import Cause


def bias(scene: Scene) -> Cause | None:
    """A bias that is not the same for the channels that the group exchanges."""
    module = scene.module
    if module is None or not isinstance(getattr(module, "bias", None), Tensor) or not scene.mends(_unbiased):
        return None
    return scene.cause(
        "bias",
        "without its bias the layer is equivariant: only what no element changes can be added, one number for each "
        "trivial or regular field, nothing for other irreps",
        "set bias=False, tie the bias over each field, or use eq.nn.GroupConv2d, eq.nn.Linear or eq.nn.EquivariantBias",
    )


def _unbiased(module: nn.Module) -> None:
    module.bias.zero_()  # pyright: ignore[reportCallIssue, reportOptionalMemberAccess, reportAttributeAccessIssue]


def kept_state(scene: Scene) -> Cause | None:
    """A tensor left by an earlier call that goes into the answer."""
    step = scene.owner
    if step is None:
        return None
    try:
        used = copy.deepcopy(step.module)
        before = {name: tensor.clone() for name, tensor in _own(used)}
        scene.answer(used, step.still)
        after = dict(_own(used))
    except Exception:
        return None  # it cannot be copied, or not be called alone
    for name, tensor in before.items():
        changed = name not in after or after[name].shape != tensor.shape or not torch.equal(after[name], tensor)
        if changed and tensor.is_floating_point() and scene.mends(lambda module, name=name: _get(module, name).zero_()):
            why = f"{name} {tuple(tensor.shape)} is what an earlier call left, and did not move with the input"
            return scene.cause(
                "kept state", why, "reset the state before the check, or give it as an input with a type"
            )
    return None


def attention_mask(scene: Scene) -> Cause | None:
    """A mask that tells the things apart by their places."""
    step = scene.owner
    if step is None or not step.still.inputs:
        return None
    mend = "drop the mask, or make it depend on what the group keeps (distances, padding given as an input with a type)"
    named = {name: step.still.keywords.get(name) for name in ("attn_mask", "key_padding_mask", "mask", "src_mask")}
    if isinstance(scene.module, nn.MultiheadAttention | nn.TransformerEncoderLayer):
        given = [name for name, value in named.items() if isinstance(value, Tensor)]
        if given:
            why = f"{given[0]} hides things by their places, and does not move with them"
            return scene.cause("attention mask", why, mend)
    counts = {x.shape[-2] for x in step.still.inputs if x.ndim in (2, 3)}
    for name, tensor in _own(step.module):
        square = (
            name != "weight"
            and tensor.ndim >= 2
            and tensor.shape[-1] == tensor.shape[-2]
            and tensor.shape[-1] in counts
        )
        if square and scene.mends(lambda module, name=name: _get(module, name).zero_()):
            why = f"{name} {tuple(tensor.shape)} weighs pairs of things by their places, and does not move with them"
            return scene.cause("attention mask", why, mend)
    return None


def position(scene: Scene) -> Cause | None:
    """A parameter with a number for each place: an embedding, or a weight by place."""
    step = scene.owner
    if step is None or not step.still.inputs or type(step.module).__module__.startswith("torch.nn."):
        return None
    sizes = {size for x in (*step.still.inputs, *step.still.outputs) for size in x.shape[1:]}
    for name, tensor in _own(step.module):
        axes = [axis for axis, size in enumerate(tensor.shape) if size > 1 and size in sizes]
        if not tensor.is_floating_point() or not axes or (tensor.ndim == 4 and len(tensor) > 1):
            continue  # four axes: filters
        for chosen in (axes[:1], axes[-2:], axes[1:2], axes[-1:]):
            if scene.mends(lambda module, name=name, chosen=chosen: _level(_get(module, name), chosen)):
                why = f"{name} {tuple(tensor.shape)} has a number for each place, which does not move with the input"
                return scene.cause("positional embedding", why, _RELATIVE)
    return None


_RELATIVE = (
    "drop it, tie it over the places that the group exchanges, or use relative positions (eq.nn.GroupSelfAttention)"
)


def fixed_channels(scene: Scene) -> Cause | None:
    """Channels of a layer's input that stay as they are when the input moves: coordinates of the pixels."""
    if scene.step is None:
        return None
    for still, moved in zip(scene.step.still.inputs, scene.step.moved.inputs, strict=False):
        if still.ndim != 4 or still.shape != moved.shape:
            continue
        carried = scene.carrier(still)
        same = [channel for channel in range(still.shape[1]) if torch.equal(still[:, channel], moved[:, channel])]
        fixed = [c for c in same if carried is not None and not torch.allclose(carried[:, c], moved[:, c])]
        if fixed:
            why = f"channels {fixed} of what goes in are the same at x and at g x, and differ from place to place"
            return scene.cause("positional embedding", why, _RELATIVE)
    return None


def _own(module: nn.Module) -> Iterator[tuple[str, Tensor]]:
    """Parameters, buffers and tensors kept as attributes, of the module itself and not of its parts."""
    yield from module.named_parameters(recurse=False)
    yield from module.named_buffers(recurse=False)
    for name, value in vars(module).items():
        yield from ((name, tensor) for tensor in tensors(value) if isinstance(value, Tensor))


def _get(module: nn.Module, name: str) -> Tensor:
    return getattr(module, name)


def _level(tensor: Tensor, axes: list[int]) -> None:
    tensor.copy_(tensor.mean(axes, keepdim=True).expand_as(tensor))


HYPOTHESES = (bias, kept_state, attention_mask, position, fixed_channels)
