"""The equivariance error during a training, every so many steps, on a few samples and a few elements."""

import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from random import Random
from typing import Any

import torch
from torch import Tensor, nn

from equilab.check.actions.action import Invariant
from equilab.check.actions.boundary import opened
from equilab.check.actions.unwrapped import compiling_nothing, unwrapped
from equilab.check.questions.case import Asked, Case
from equilab.check.questions.interpolated import ask_interpolated
from equilab.check.questions.prepare import question, validated
from equilab.check.sinks import as_sink
from equilab.check.subjects.copies import reached
from equilab.check.subjects.state import Snapshot
from equilab.check.subjects.subject import Subject
from equilab.check.subjects.trees import leaves, mapped
from equilab.errors import SettingError


class EquivarianceMonitor:
    """Logs how far a module is from f(g x) = g f(x) while it is trained: `monitor(step, x)` after every step.

    At every step that `every` divides, f is asked about `elements` random elements of the group, at `samples` random
    samples of x; which ones is a function of (seed, step), and no other generator is drawn from. Logged, by keys that
    begin with `prefix`, for the root mean square of f(g x) - g f(x) over the signal, which is the spread of f over
    different inputs (as in `equivariance`):

    - `worst`, `mean`: the largest of all, and the mean over the elements, each at its worst output; infinite where f is
      not finite, NaN where an output does not depend on x, so that nothing is shown.
    - `exact`, `interpolated`: the largest at elements that map pixels to pixels, and at the others, which are asked
      about smooth images in the shape of x; only for groups that have both.
    - `signal`: the spread over the size of the output, the least of all outputs; near 0 the network says nothing.

    module: in evaluation mode, in its own precision, outside autocast unless the caller is inside it. Its modes,
    numbers, attributes, containers and generators, and those of its parts, are put back bit by bit; other objects that
    it holds, such as a trainer, are not looked into. Of a DistributedDataParallel or compiled module the one inside is
    asked, so there is no collective call (any one process may ask alone) and no recompilation. A function that reaches
    modules is a module, too.
    every: 500 costs under 2 % of the steps even of the smallest networks (docs/numbers.md, by a command).
    in_type, out_type, group: as for `equivariance`; None: as the module says.
    samples: taken along the first axis of every input; None: all of x, for graphs and other inputs without that axis.
    log: called as log(step, values) if it takes two arguments without a default, as log(values, step) if the second of
    them is called step, else as log({"step": step, **values}), as print and wandb.log are; or an object with
    add_scalar(key, value, step), as torch's SummaryWriter is.

    Raises SettingError for settings and inputs that do not fit, ActionError and GroupError as `equivariance` does, and
    what the module raises, with a note.

    >>> import torch
    >>> import equilab as eq
    >>> model = eq.nn.GroupConv2d(1 * eq.groups.p4.trivial, 2 * eq.groups.p4.regular, 3)
    >>> rows = []
    >>> monitor = EquivarianceMonitor(model, every=10, log=rows.append)
    >>> for step in range(20):
    ...     monitor(step, torch.rand(8, 1, 9, 9, generator=torch.Generator().manual_seed(step)))
    >>> [row["step"] for row in rows], rows[0]["equivariance/worst"] < 1e-6
    ([0, 10], True)
    """

    def __init__(
        self,
        module: Callable[..., Any],
        *,
        in_type: Any = None,
        out_type: Any = None,
        group: Any = None,
        every: int = 500,
        samples: int | None = 4,
        elements: int = 2,
        log: Any = print,
        prefix: str = "equivariance/",
        seed: int = 0,
    ):
        for name, value in {"every": every, "samples": 1 if samples is None else samples, "elements": elements}.items():
            if not isinstance(value, int) or value < 1:
                raise SettingError(name, expected="an integer of at least 1", got=repr(value))
        if not isinstance(seed, int) or seed < 0:
            raise SettingError("seed", expected="an integer of at least 0", got=repr(seed))
        self.module = unwrapped(module)
        self.every, self.samples, self.elements, self.prefix, self.seed = every, samples, elements, prefix, seed
        self._types = {"in_type": in_type, "out_type": out_type, "group": group}
        self._log = as_sink(log)
        self._case: Case | None = None

    def __call__(self, step: int, *inputs: Any) -> None:
        """Measures and logs if this is such a step. inputs: what the module takes, as in its training."""
        if step % self.every == 0:
            self._log(step, self.measure(step, *inputs))

    def measure(self, step: int, *inputs: Any) -> dict[str, float]:
        """What is logged at a step, whatever `every` says."""
        drawn = Random(f"{self.seed} {step}").getrandbits(32)  # all randomness of this step follows from it
        modules = reached(self.module)
        kept = Snapshot(modules, thorough=False)
        subject = Subject(partial(_evaluated, self.module, modules), modules, seed=drawn, kept=kept)
        try:
            with compiling_nothing():
                return self._measured(subject, inputs, drawn)
        except Exception as error:
            error.add_note(f"raised while the EquivarianceMonitor asked about the module at step {step}")
            raise

    def _measured(self, subject: Subject, inputs: tuple[Any, ...], seed: int) -> dict[str, float]:
        generator = torch.Generator().manual_seed(seed)
        case = self._question(subject, self._taken(inputs, generator), seed)
        asked = Asked.of(subject, case)
        exact, between = self._drawn(asked, generator)
        errors = {True: [_error(asked, g) for g in exact], False: []}
        if between:
            errors[False] = [each.mean for each in ask_interpolated(case, subject, between)]
        signal = min((asked.signals[place] / (asked.sizes[place] or 1.0) for place in asked.compared), default=0.0)
        found = errors[True] + errors[False]
        values = {"worst": max(found), "mean": sum(found) / len(found)}
        if exact and between:
            values |= {"exact": max(errors[True]), "interpolated": max(errors[False])}
        if (asked.silent or not asked.compared) and math.isfinite(values["worst"]):
            values = dict.fromkeys(values, math.nan)
        return {self.prefix + name: value for name, value in (values | {"signal": signal}).items()}

    def _taken(self, inputs: tuple[Any, ...], generator: torch.Generator) -> tuple[Any, ...]:
        """A few samples of every input, the same ones of each."""
        if self.samples is None:
            return inputs
        tensors = [opened(leaf, Invariant(), wants_geometric=False)[0] for _, leaf in leaves(inputs)]
        sizes = {leaf.shape[0] if leaf.ndim else 1 for leaf in tensors if isinstance(leaf, Tensor)}
        if len(sizes) != 1:
            raise SettingError(
                "samples",
                expected="inputs with one first axis to take samples along",
                got=f"the sizes {sorted(sizes)}",
                hint="pass samples=None to check all of x",
            )
        places = torch.randperm(sizes.pop(), generator=generator, device="cpu")[: self.samples].sort().values

        def of(leaf: Any) -> Any:
            tensor, close = opened(leaf, Invariant(), wants_geometric=False)
            return close(tensor[places.to(tensor.device)]) if isinstance(tensor, Tensor) else leaf

        return mapped(of, inputs)

    def _question(self, subject: Subject, inputs: tuple[Any, ...], seed: int) -> Case:
        """The question about these inputs; the actions are validated once for each shape of them."""
        flat = [leaf for _, leaf in leaves(inputs)]
        if self._case is not None and len(flat) == len(self._case.values):
            values = tuple(opened(leaf, Invariant(), wants_geometric=False)[0] for leaf in flat)
            if [_shape(value) for value in values] == [_shape(value) for value in self._case.values]:
                return replace(self._case, inputs=inputs, values=values, seed=seed)
        case, outputs = question(self.module, subject, inputs, **self._types, elements=None, seed=seed)
        validated(case, outputs, case.symmetry.choose(case.generator()), seed)
        self._case = case
        return case

    def _drawn(self, asked: Asked, generator: torch.Generator) -> tuple[list[Any], list[Any]]:
        """Elements of this step: those that need no interpolation, and the others, half of each if there are both."""
        chosen = asked.case.symmetry.choose(generator)
        order = [chosen[place] for place in torch.randperm(len(chosen), generator=generator, device="cpu").tolist()]
        exact = [g for g in order if asked.case.is_exact(g, asked.outputs)]
        between = [g for g in order if not asked.case.is_exact(g, asked.outputs)]
        half = -(-self.elements // 2) if between else self.elements
        exact = exact[:half]
        return exact, between[: max(self.elements - len(exact), 1)]


def _evaluated(function: Callable[..., Any], modules: list[nn.Module], *inputs: Any) -> Any:
    """f(inputs) with its modules in evaluation mode; who calls puts their state back."""
    for module in modules:
        module.eval()
    return function(*inputs)


def _error(asked: Asked, g: Any) -> float:
    """Of f(g x) against g f(x), the worst output; infinite for an output of another shape."""
    answer = asked.compare(asked.case.call(asked.subject, asked.case.moved(g)), lambda place: asked.expected(g, place))
    return max((each.mean for each in answer.distances), default=math.inf)


def _shape(value: Any) -> Any:
    return (value.shape[1:], value.dtype, value.device) if isinstance(value, Tensor) else None
