"""One question to ask a subject: inputs, actions, elements; and its answers, element by element."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import torch
from torch import Tensor

from equilab.check.actions.action import Action, Ignored
from equilab.check.actions.boundary import Close, plain
from equilab.check.actions.symmetry import Symmetry
from equilab.check.questions.compare import Distance, difference, distance, real, real_dtype, root_mean_square, spread
from equilab.check.subjects.subject import Subject, cast, floating
from equilab.check.subjects.trees import filled, leaves
from equilab.errors import SettingError

_FEW = 64  # numbers in an input of which another order is easily like the first
_UNSEEN = 1e-6  # of the size of an output: two inputs that differ by less in it are one to f


@dataclass(frozen=True)
class Case:
    """Inputs with an action per leaf, and the actions of the outputs; `out_actions` follow the leaves of f(x)."""

    inputs: Any  # a tree, as f takes it
    values: tuple[Any, ...]  # its leaves, opened
    closes: tuple[Close, ...]
    in_actions: tuple[Action, ...]
    out_actions: tuple[Action, ...]
    symmetry: Symmetry
    out_names: tuple[str, ...] = ()  # the paths of the leaves of f(x)
    seed: int = 0

    def call(self, subject: Subject, values: tuple[Any, ...], *, seed: int | None = None) -> list[Any]:
        """The leaves of f, opened, for input leaves `values`."""
        tree = filled(self.inputs, [close(value) for close, value in zip(self.closes, values, strict=True)])
        found = [plain(leaf) for _, leaf in leaves(subject(tree, seed=seed))]
        if len(found) != len(self.out_actions):
            raise SettingError(
                "out_type",
                expected=f"one type for each of the {len(found)} leaves of the output",
                got=len(self.out_actions),
                hint="the structure of the output must not depend on the input",
            )
        return found

    def moved(self, g: Any) -> tuple[Any, ...]:
        """The input leaves, moved by g."""
        pairs = zip(self.in_actions, self.values, strict=True)
        return tuple(action.act(g, leaf) if isinstance(leaf, Tensor) else leaf for action, leaf in pairs)

    def cast(self, dtype: torch.dtype) -> "Case":
        """The same question with its numbers in another precision, so that they are moved in that precision."""
        values = (cast(leaf, dtype) if isinstance(leaf, Tensor) else leaf for leaf in self.values)
        return replace(self, values=tuple(values))

    def generator(self, salt: int = 0) -> torch.Generator:
        """A generator of this question, on the CPU."""
        return torch.Generator().manual_seed(self.seed * 1000 + salt)

    def others(self) -> list[tuple[Any, ...]]:
        """Input leaves unlike the given ones, by their numbers in two other orders, or with noise where that may fail.

        Integers, which may name nodes or words, change places only where nothing else can.
        """
        generator = self.generator(1)
        some = floating(self.values) or [leaf for leaf in self.values if isinstance(leaf, Tensor)]
        shuffled = [
            tuple(_shuffled(leaf, generator) if any(leaf is x for x in some) else leaf for leaf in self.values)
            for _ in range(2)
        ]
        return [*shuffled, tuple(noisy(leaf, 0.5, generator) for leaf in self.values)]

    def is_exact(self, g: Any, outputs: list[Any]) -> bool:
        """Whether nothing has to be interpolated to ask about g."""
        ins = zip(self.in_actions, self.values, strict=True)
        outs = zip(self.out_actions, outputs, strict=True)
        return all(action.is_exact(g, leaf) for action, leaf in (*ins, *outs) if isinstance(leaf, Tensor))


class Answer(NamedTuple):
    """f(g x) against g f(x): one distance per compared leaf, and the differences themselves."""

    distances: list[Distance]
    deltas: list[Tensor | None]  # None: not compared, or of another shape
    outputs: list[Any]  # f(g x)
    trouble: str | None = None  # what f raised at g x, or a shape that is another


@dataclass
class Asked:
    """A subject at x: its outputs, and how far they spread over different inputs, per leaf."""

    subject: Subject
    case: Case
    outputs: list[Any]
    signals: list[float]
    sizes: list[float]  # root mean square of each output
    other: list[Any] | None = None  # the outputs for other inputs
    is_exact: bool = True  # False: the elements asked about are interpolated

    @classmethod
    def of(cls, subject: Subject, case: Case, *, is_exact: bool = True) -> "Asked":
        outputs = case.call(subject, case.values)
        others = _others(subject, case)
        other, spares = next(others, None), None
        few = sum(leaf.numel() for leaf in case.values if isinstance(leaf, Tensor)) < _FEW
        signals, sizes = [], []
        for place, leaf in enumerate(outputs):
            if not isinstance(leaf, Tensor) or not leaf.numel():
                signals.append(0.0)
                sizes.append(0.0)
                continue
            seen = case.out_actions[place].observe(leaf)
            finite = real(seen)
            finite = finite[finite.isfinite()]
            sizes.append(root_mean_square(finite))
            window = case.out_actions[place].window(seen, exact=is_exact)
            spreads = _spreads(case.out_actions[place], seen, other, place, window)
            if few or not spreads or spreads[0] <= _UNSEEN * sizes[-1]:  # an order of the numbers that f may not see
                spares = list(others) if spares is None else spares
                for spare in spares:
                    spreads += _spreads(case.out_actions[place], seen, spare, place, window)
            signals.append(max(spreads) if spreads else float(finite.std()) if finite.numel() > 1 else 0.0)
        return cls(subject, case, outputs, signals, sizes, other, is_exact)

    @property
    def compared(self) -> list[int]:
        """The places of the leaves that are compared."""
        return [
            place
            for place, (leaf, action) in enumerate(zip(self.outputs, self.case.out_actions, strict=True))
            if isinstance(leaf, Tensor) and leaf.numel() and not isinstance(action, Ignored)
        ]

    @property
    def has_nan(self) -> bool:
        """Whether a compared leaf holds NaN."""
        return any(bool(self.outputs[place].isnan().any()) for place in self.compared)

    @property
    def silent(self) -> list[int]:
        """The places of compared leaves that are the same for other inputs, to two units in the last place."""
        return [
            place
            for place in self.compared
            if self.signals[place] <= 2 * self._unit(place) * self.sizes[place]
            and not bool(self.outputs[place].isnan().any())
        ]

    @property
    def telling(self) -> list[int]:
        """The places of compared leaves that say something about the input."""
        silent = self.silent
        return [place for place in self.compared if place not in silent]

    def _unit(self, place: int) -> float:
        kind = real_dtype(self.outputs[place])
        return torch.finfo(kind).eps if kind.is_floating_point else 0.0

    def at(self, g: Any) -> Answer:
        """f(g x) against g f(x), for an element that needs no interpolation."""
        moved = self.case.moved(g)
        try:
            outputs = self.case.call(self.subject, moved)
        except Exception as error:
            return Answer([], [], [], f"{type(error).__name__}: {error}")
        return self.compare(outputs, lambda place: self.expected(g, place))

    def expected(self, g: Any, place: int) -> Tensor:
        """g f(x), of one leaf."""
        action, leaf = self.case.out_actions[place], self.outputs[place]
        leaf = leaf.double() if leaf.is_floating_point() else leaf
        return action.act(g, action.observe(leaf))

    def compare(self, outputs: list[Any], expected: Callable[[int], Tensor]) -> Answer:
        """These outputs against those."""
        distances, deltas = [], []
        for place, leaf in enumerate(outputs):
            if place not in self.compared:
                distances.append(Distance(0.0, 0.0))
                deltas.append(None)
                continue
            seen = self.case.out_actions[place].observe(leaf)
            wanted = expected(place)
            if seen.shape != wanted.shape:
                trouble = f"f(g x) has the shape {tuple(seen.shape)}, g f(x) {tuple(wanted.shape)}"
                return Answer([], [], outputs, trouble)
            delta = difference(seen, wanted)
            window = self.case.out_actions[place].window(seen, exact=self.is_exact)
            distances.append(distance(delta, self.signals[place], window))
            deltas.append(delta)
        return Answer(distances, deltas, outputs)


def _others(subject: Subject, case: Case) -> Iterator[list[Any]]:
    """The outputs for other inputs, those that f takes and answers in numbers."""
    for values in case.others():
        try:
            found = case.call(subject, values)
        except Exception:
            continue  # f need not take what it was never given
        tensors = [leaf for leaf in found if isinstance(leaf, Tensor)]
        if all(not bool(leaf.isnan().any()) for leaf in tensors):
            yield found


def _spreads(action: Action, seen: Tensor, found: list[Any] | None, place: int, window: Tensor | None) -> list[float]:
    """How far a leaf of the output is from that of other inputs, if that has its shape."""
    if found is None or not isinstance(found[place], Tensor):
        return []
    other = action.observe(found[place])
    return [spread(seen, other, window)] if other.shape == seen.shape else []


def _shuffled(leaf: Tensor, generator: torch.Generator) -> Any:
    if not leaf.numel():
        return leaf
    if bool((leaf == leaf.flatten()[0]).all()):
        return noisy(leaf + 1, 0.5, generator)
    order = torch.randperm(leaf.numel(), generator=generator, device="cpu").to(leaf.device)
    return leaf.detach().flatten()[order].reshape(leaf.shape).requires_grad_(leaf.requires_grad)


def noisy(leaf: Any, size: float, generator: torch.Generator) -> Any:
    """x (1 + size n) with n uniform in [-1, 1]; of what is no floating number, itself."""
    if not isinstance(leaf, Tensor) or not (leaf.is_floating_point() or leaf.is_complex()):
        return leaf
    noise = torch.rand(leaf.shape, generator=generator, dtype=torch.float64, device="cpu").to(leaf.device) * 2 - 1
    scaled = leaf.detach() * (1 + size * noise).to(leaf.real.dtype if leaf.is_complex() else leaf.dtype)
    return scaled.requires_grad_(leaf.requires_grad)
