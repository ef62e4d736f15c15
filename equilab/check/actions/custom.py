"""An action and its group as a user gives them: a function, elements, product and inverse."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from equilab.check.actions.action import Function
from equilab.check.actions.symmetry import LIMIT, WORDS, Symmetry
from equilab.errors import GroupError


class CustomSymmetry(Symmetry):
    """A group by the elements to try, with its product, inverse and identity where they are known."""

    def __init__(
        self,
        elements: Sequence[Any],
        multiply: Callable[[Any, Any], Any] | None = None,
        inverse: Callable[[Any], Any] | None = None,
        identity: Any = None,
        name: str = "custom",
    ):
        self.elements = tuple(elements)
        if not self.elements:
            raise GroupError("elements", expected="at least one element to check", got="none")
        self._multiply, self._inverse, self._identity, self.name = multiply, inverse, identity, name

    def __eq__(self, other: object) -> bool:
        """Whether the elements are the same: products and inverses are functions, which nobody can compare."""
        if not isinstance(other, CustomSymmetry) or len(other.elements) != len(self.elements):
            return False
        return all(_same(g, h) for g, h in zip(self.elements, other.elements, strict=True))

    def __hash__(self) -> int:
        return hash(len(self.elements))

    @property
    def is_known(self) -> bool:
        """Whether products and inverses are given, so that actions can be validated."""
        return self._multiply is not None and self._inverse is not None and self._identity is not None

    @property
    def identity(self) -> Any:
        return self._identity

    def multiply(self, g: Any, h: Any) -> Any:
        assert self._multiply is not None, "is_known is asked first"
        return self._multiply(g, h)

    def inverse(self, g: Any) -> Any:
        assert self._inverse is not None, "is_known is asked first"
        return self._inverse(g)

    def choose(self, generator: torch.Generator) -> tuple[Any, ...]:
        chosen = [g for g in self.elements if self._identity is None or not _same(g, self._identity)]
        if not chosen:
            raise GroupError("elements", expected="one that is not the identity", got="none")
        if len(chosen) <= LIMIT:
            return tuple(chosen)
        order = torch.randperm(len(chosen), generator=generator, device="cpu")[:WORDS]
        return tuple(chosen[place] for place in order.tolist())

    def label(self, g: Any) -> str:
        text = str(g.tolist()) if isinstance(g, Tensor) else str(g)
        return text if len(text) <= 40 else text[:37] + "..."


class Custom(Function):
    """A function (g, x) -> x with its group: the elements to check, their product, inverse and identity.

    With all of these the action is validated before it is used, act(g h, x) = act(g, act(h, x)); without, the report
    notes that it was not. The function is given a copy of x, a tensor, or an array of numpy or float32 where it takes
    nothing else, and keeps the shape. Raises GroupError without elements.

    >>> import torch
    >>> flips = Custom(
    ...     lambda g, x: x.flip(-1) if g else x,
    ...     elements=(0, 1), multiply=lambda g, h: (g + h) % 2, inverse=lambda g: g, identity=0,
    ... )
    >>> flips.act(1, torch.arange(3)).tolist()
    [2, 1, 0]
    """

    def __init__(
        self,
        function: Callable[[Any, Tensor], Tensor],
        *,
        elements: Sequence[Any],
        multiply: Callable[[Any, Any], Any] | None = None,
        inverse: Callable[[Any], Any] | None = None,
        identity: Any = None,
    ):
        super().__init__(function)
        self.symmetry = CustomSymmetry(elements, multiply, inverse, identity)


def _same(g: Any, h: Any) -> bool:
    if isinstance(g, Tensor) or isinstance(h, Tensor):
        return isinstance(g, Tensor) and isinstance(h, Tensor) and g.shape == h.shape and bool((g == h).all())
    try:
        return bool(g == h)
    except (ValueError, TypeError):  # arrays of numpy
        return bool((g == h).all())
