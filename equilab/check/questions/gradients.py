"""The derivative of a subject as a question of its own: do gradients move as inputs do, and parameters' not at all?"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from equilab.check.actions.action import Action, Invariant
from equilab.check.actions.boundary import plain
from equilab.check.questions.case import Asked, Case
from equilab.check.questions.compare import root_mean_square
from equilab.check.subjects.subject import Subject
from equilab.check.subjects.trees import leaves


class Tangent(Action):
    """The linear part of an action, by which gradients move where the action keeps lengths."""

    def __init__(self, action: Action):
        self.action, self.symmetry = action, action.symmetry

    def act(self, g: Any, x: Tensor) -> Tensor:
        return self.action.tangent(g, x)

    def is_exact(self, g: Any, x: Tensor) -> bool:
        return self.action.is_exact(g, x)

    def __str__(self) -> str:
        return f"gradient of {self.action}"


def derivative(asked: Asked) -> Case | None:
    """The question whether gradients are equivariant; None where there is no floating output to differentiate.

    With w moved as f(x) is, the gradient of <w, f(x)> by x moves as x does, and that by the parameters not at all.
    """
    case = asked.case
    generator = case.generator(6)
    weights, weight_actions = [], []
    for place, (leaf, action) in enumerate(zip(asked.outputs, case.out_actions, strict=True)):
        if place in asked.compared and leaf.is_floating_point() and action.observe(leaf) is leaf:
            drawn = torch.randn(leaf.shape, generator=generator, dtype=torch.float64, device="cpu")
            weights.append(drawn.to(leaf))
            weight_actions.append(Tangent(action))
        else:
            weights.append(None)
            weight_actions.append(Invariant())
    if all(weight is None for weight in weights):
        return None
    moved = [action for action, leaf in zip(case.in_actions, case.values, strict=True) if _differentiable(leaf)]
    return replace(
        case,
        inputs=(case.inputs, weights),
        values=(*case.values, *weights),
        closes=(*case.closes, *(_same for _ in weights)),
        in_actions=(*case.in_actions, *weight_actions),
        out_actions=(*(Tangent(action) for action in moved), Invariant()),
        out_names=(*(f"gradient of input {place}" for place in range(len(moved))), "gradient of the parameters"),
    )


def differentiated(subject: Subject) -> Subject:
    """A subject that answers with gradients, from (inputs, weights of the outputs)."""
    made = Subject(
        _vector_jacobian(subject.function, subject.modules),
        subject.modules,
        dtype=subject.dtype,
        autocast=subject.autocast,
        seed=subject.seed,
    )
    return made


def keeps_lengths(asked: Asked, elements: list[Any]) -> bool:
    """Whether all actions are orthogonal, without which gradients move otherwise than what they are gradients of."""
    case = asked.case
    generator = case.generator(7)
    leaves_in = zip(case.in_actions, case.values, strict=True)
    leaves_out = zip(case.out_actions, asked.outputs, strict=True)
    for action, leaf in (*leaves_in, *leaves_out):
        if not _differentiable(leaf) or isinstance(action, Invariant) or action.observe(leaf) is not leaf:
            continue
        u, v = (
            torch.randn(leaf.shape, generator=generator, dtype=torch.float64, device="cpu").to(leaf) for _ in range(2)
        )
        for g in elements:
            moved = (action.tangent(g, u) * action.tangent(g, v)).sum()
            if abs(float(moved - (u * v).sum())) > 1e-3 * float(u.norm() * v.norm()):
                return False
            if abs(root_mean_square(action.tangent(g, v)) / root_mean_square(v) - 1) > 1e-3:
                return False
    return True


def _vector_jacobian(function: Callable[..., Any], modules: list[nn.Module]) -> Callable[..., Any]:
    def gradients(inputs: Any, weights: list[Any]) -> list[Tensor]:
        sources = [plain(leaf) for _, leaf in leaves(inputs)]
        sources = [leaf.requires_grad_() for leaf in sources if _differentiable(leaf)]
        parameters = [each for module in modules for each in module.parameters() if each.requires_grad]
        with torch.enable_grad():
            outputs = [plain(leaf) for _, leaf in leaves(function(*inputs))]
            terms = [(weight * leaf).sum() for weight, leaf in zip(weights, outputs, strict=True) if weight is not None]
            terms = [term for term in terms if term.requires_grad]
            if not terms:
                inside = torch.is_inference_mode_enabled()
                raise RuntimeError("torch.inference_mode() keeps none" if inside else "no output has one")
            total = torch.stack(terms).sum()
        found = torch.autograd.grad(total, [*sources, *parameters], allow_unused=True)
        filled = [
            torch.zeros_like(source) if each is None else each
            for each, source in zip(found, (*sources, *parameters), strict=True)
        ]
        flat = [each.flatten() for each in filled[len(sources) :]]
        return [*filled[: len(sources)], torch.cat(flat) if flat else total.detach().new_zeros(0)]

    return gradients


def _differentiable(leaf: Any) -> bool:
    return isinstance(leaf, Tensor) and leaf.is_floating_point()


def _same(leaf: Any) -> Any:
    return leaf
