"""What a training step would break: numbers for each channel or place that are equal only because they are fresh."""

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from equilab.check.questions.level import Level
from equilab.check.reports.findings import Cause
from equilab.check.subjects.subject import Subject

_SIZE = 0.1  # relative change of a parameter
_NORMS = (nn.modules.batchnorm._NormBase, nn.GroupNorm, nn.LayerNorm)
_FIELDS = "use eq.nn.FieldBatchNorm, eq.nn.FieldLayerNorm or eq.nn.FieldGroupNorm, which keep one number for each field"
_SHARED = "use layers that share their weights over the group: eq.nn.GroupConv2d, eq.nn.Linear, e3nn.o3.Linear"


def fresh_norms(level: Level) -> tuple[str, ...]:
    """A note where a norm whose weights are all alike would break the symmetry with others; one of them is named."""
    names = {module: name for name, module in _named(level.asked.subject) if _is_fresh(module)}
    elements = [g for g, _ in (level.answers[:1] + level.answers[-1:])]
    if not names or not any(_breaks(level, g, list(names)) for g in elements):
        return ()
    module = next((module for module in names if any(_breaks(level, g, [module]) for g in elements)), None)
    if module is None:
        return ()
    where = f"{names[module]} ({type(module).__name__})"
    return (
        f"{where} has numbers of its own for channels or places that the group exchanges: it is exact only while they "
        f"are all alike, before training; {_FIELDS}",
    )


def untied(level: Level, g: Any) -> Cause | None:
    """The first layer whose parameters, changed a little, break the symmetry at g, as a training step would."""
    for name, module in _named(level.asked.subject):
        if not any(parameter.requires_grad for parameter in module.parameters(recurse=False)):
            continue
        if _breaks(level, g, [module]):
            is_norm = isinstance(module, _NORMS)
            why = (
                "its parameters are numbers of their own for channels or places that the group exchanges: their "
                "gradients differ, so that a training step breaks the symmetry"
            )
            cause = "normalisation" if is_norm else "unshared weights"
            where = f"{name} ({type(module).__name__})"
            return Cause(cause, where, why, _FIELDS if is_norm else _SHARED)
    return None


def _named(subject: Subject) -> list[tuple[str, nn.Module]]:
    """Every module with its path, once."""
    found: dict[nn.Module, str] = {}
    for root in subject.modules:
        for path, module in root.named_modules():
            found.setdefault(module, path or type(module).__name__)
    return [(name, module) for module, name in found.items()]


def _is_fresh(module: nn.Module) -> bool:
    """Whether a norm has weights, and every tensor of them holds one number only."""
    numbers = [each for each in _own(module) if each.numel() > 1] if isinstance(module, _NORMS) else []
    return bool(numbers) and all(bool((each == each.flatten()[0]).all()) for each in numbers)


def _own(module: nn.Module) -> list[Tensor]:
    return list(module.parameters(recurse=False))


def _breaks(level: Level, g: Any, chosen: list[nn.Module]) -> bool:
    """Whether f is no longer equivariant at g with the parameters of some modules changed. They are put back."""
    asked = level.asked
    subject = _changed(asked.subject, chosen, asked.case.generator(23).initial_seed())
    try:
        outputs = asked.case.call(subject, asked.case.values)
        answer = replace(asked, subject=subject, outputs=outputs).at(g)
    except Exception:
        return False  # it does not take other numbers
    return answer.trouble is None and level.ratio(answer) > 1


def _changed(subject: Subject, chosen: list[nn.Module], seed: int) -> Subject:
    """A subject whose calls begin with other parameters; it puts them back after each, as it does with all state."""

    def function(*inputs: Any) -> Any:
        generator = torch.Generator().manual_seed(seed)
        with torch.no_grad():
            for tensor in (each for module in chosen for each in _own(module)):
                noise = torch.rand(tensor.shape, generator=generator, dtype=torch.float64, device="cpu") * 2 - 1
                size = float(tensor.abs().max()) or 1.0
                tensor.add_((_SIZE * size * noise).to(tensor.device, tensor.dtype))
        return subject.function(*inputs)

    return Subject(function, subject.modules, dtype=subject.dtype, autocast=subject.autocast, seed=subject.seed)
