"""Groups that fix the origin of the plane, as subgroups of O(2): elements, products, subgroups."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from operator import index
from typing import Self, SupportsIndex

import torch
from torch import Tensor

from equilab.errors import GroupError
from equilab.groups.element import IDENTITY, Element, compose, inverse

_ROUND_OFF = 1e-9  # of a turn given as a float
_RANDOM_TURNS = 2**32  # random turns of SO(2) and O(2) are multiples of 1 / this: products stay exact


@dataclass(frozen=True, eq=False)
class PlaneGroup:
    """A closed subgroup of O(2): `rotations` turns (None: all of them), with mirrors or without.

    axis: the mirrors are R(axis + k / rotations) M; 0 is the mirror left to right, 1/2 the one upside down. Conjugate
    subgroups differ in it. Elements come in the order of R^0 ... R^(n-1), then the same times the first mirror: that is
    the order of the channels of a regular field, too. Raises GroupError for a number or an axis that makes no sense.
    """

    rotations: int | None  # n of C_n and D_n; None: SO(2), O(2)
    mirrors: bool = False  # D_n, O(2)
    axis: Fraction = Fraction(0)  # turn of the first mirror, 0 <= axis < 1 / rotations

    def __post_init__(self) -> None:
        if self.rotations is not None:
            count = as_integer(self.rotations)
            if count is None or count < 1:
                kind = "" if type(self.rotations) is int else f" of type {type(self.rotations).__name__}"
                raise GroupError(
                    "rotations", expected="an integer of at least 1, or None for all", got=f"{self.rotations!r}{kind}"
                )
            object.__setattr__(self, "rotations", count)
        limit = 0 if self.rotations is None or not self.mirrors else Fraction(1, self.rotations)
        if self.axis and not 0 <= self.axis < limit:
            raise GroupError("axis", expected="0, or for D_n 0 <= axis < 1/n", got=f"{self.axis} for {self.short_name}")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, PlaneGroup):
            return NotImplemented
        return (self.rotations, self.mirrors, self.axis) == (other.rotations, other.mirrors, other.axis)

    def __hash__(self) -> int:
        return hash((self.rotations, self.mirrors, self.axis))

    @property
    def short_name(self) -> str:
        """C4, D4, SO(2), O(2): the name without the axis."""
        if self.rotations is None:
            return "O(2)" if self.mirrors else "SO(2)"
        return f"{'D' if self.mirrors else 'C'}{self.rotations}"

    @property
    def name(self) -> str:
        """The short name, and the axis where it is not 0: D1(1/4) mirrors along a diagonal."""
        return f"{self.short_name}({self.axis})" if self.axis else self.short_name

    def __str__(self) -> str:
        return self.name

    @property
    def is_finite(self) -> bool:
        return self.rotations is not None

    @property
    def order(self) -> float:
        """The number of elements; math.inf for SO(2) and O(2)."""
        return math.inf if self.rotations is None else self.rotations * (1 + self.mirrors)

    @property
    def elements(self) -> tuple[Element, ...]:
        """All elements in order; GroupError for SO(2) and O(2)."""
        if self.rotations is None:
            raise GroupError(
                "elements",
                expected="a finite group",
                got=self.name,
                hint="use a finite subgroup, or random_element(generator)",
            )
        turns = [Fraction(step, self.rotations) for step in range(self.rotations)]
        mirrored = [Element((turn + self.axis) % 1, True) for turn in turns] if self.mirrors else []
        return (*(Element(turn) for turn in turns), *mirrored)

    def __iter__(self) -> Iterator[Element]:
        return iter(self.elements)

    @property
    def identity(self) -> Element:
        return IDENTITY

    def element(self, turn: Fraction | float | str, *, mirror: bool = False) -> Element:
        """The element that mirrors (where asked), then turns by a fraction of a full turn: element("1/4").

        -1 < turn < 1. A float stands for the turn of the group within 1e-9 of it. Raises GroupError for one that is not
        in the group, with the turns that are, and for whole turns, which are degrees or steps by mistake.

        >>> str(PlaneGroup(4).element(0.25))
        'turn 1/4'
        """
        exact = exact_turn(turn, "turn")
        if not -1 < exact < 1:
            raise GroupError(
                "turn", expected="a fraction of a full turn, -1 < turn < 1 (90 degrees is '1/4')", got=turn
            )
        if isinstance(turn, float) and self.rotations is not None:
            start = self.axis if mirror else Fraction(0)
            nearest = start + Fraction(round((exact - start) * self.rotations), self.rotations)
            exact = nearest if abs(nearest - exact) < _ROUND_OFF else exact
        found = Element(exact % 1, mirror)
        if found not in self:
            turns = "any turn" if self.rotations is None else f"multiples of 1/{self.rotations} of a turn"
            raise GroupError("element", expected=f"one of {self.name}: {turns}{self._mirror_words()}", got=found)
        return found

    def _mirror_words(self) -> str:
        return f", and mirrors then turns from {self.axis} on" if self.mirrors else ", without mirrors"

    def __contains__(self, g: object) -> bool:
        if not isinstance(g, Element) or not isinstance(g.turn, int | Fraction):
            return False
        if not 0 <= g.turn.numerator < g.turn.denominator:  # of integers: fractions are slow to compare
            return False
        if g.mirror and not self.mirrors:
            return False
        turn = g.turn - self.axis if g.mirror and self.axis else g.turn
        return self.rotations is None or self.rotations % turn.denominator == 0

    def index(self, g: Element) -> int:
        """The position of g in `elements`; GroupError when it is not there."""
        if g not in self or self.rotations is None:
            raise GroupError("g", expected=f"an element of {self.name}", got=str(g), hint="group.element makes one")
        turn = g.turn - self.axis if g.mirror else g.turn
        return int(turn * self.rotations) % self.rotations + self.rotations * g.mirror

    def compose(self, g: Element, h: Element) -> Element:
        """g h: first h, then g."""
        return compose(g, h)

    def inverse(self, g: Element) -> Element:
        return inverse(g)

    @property
    def generators(self) -> tuple[Element, ...]:
        """Elements whose products are the whole group (dense in SO(2) and O(2), whose turn is 0.381966)."""
        turns = () if self.rotations == 1 else (Element(Fraction(1, self.rotations) if self.rotations else _GENERIC),)
        return turns + ((Element(self.axis, True),) if self.mirrors else ())

    def random_element(self, generator: torch.Generator) -> Element:
        """An element drawn uniformly (Haar measure); turns of SO(2) and O(2) are multiples of 2^-32."""
        count = self.rotations or _RANDOM_TURNS
        step = int(torch.randint(count, (), generator=generator, device=generator.device))
        mirror = self.mirrors and bool(torch.randint(2, (), generator=generator, device=generator.device))
        return Element((Fraction(step, count) + (self.axis if mirror else 0)) % 1, mirror)

    def matrix(self, g: Element) -> Tensor:
        """The 2 x 2 matrix, float64, that moves points (x to the right, y up); exact at quarter turns."""
        cosine, sine = cosine_sine(g.turn)
        rotation = torch.tensor([[cosine, -sine], [sine, cosine]], dtype=torch.float64, device="cpu")
        return rotation * rotation.new_tensor([-1.0, 1.0]) if g.mirror else rotation

    @property
    def is_grid_exact(self) -> bool:
        """Whether every element maps the square pixel grid onto itself: C1 C2 C4, D1 D2 D4 with fitting axes."""
        return self.rotations is not None and all((4 * g.turn).denominator == 1 for g in self.generators)

    def has_subgroup(self, subgroup: "PlaneGroup") -> bool:
        """Whether every element of `subgroup` is one of this group; GroupError for what is no group."""
        if not isinstance(subgroup, PlaneGroup):
            raise GroupError("subgroup", expected="a group such as C(2)", got=repr(subgroup))
        if subgroup.rotations is None:
            return self.rotations is None and self.mirrors >= subgroup.mirrors
        return all(g in self for g in subgroup.generators)

    def check_subgroup(self, subgroup: "PlaneGroup") -> None:
        """Raises GroupError unless `subgroup` is one of this group."""
        if not self.has_subgroup(subgroup):
            raise GroupError(
                "subgroup",
                expected=f"a subgroup of {self.name}",
                got=str(subgroup),
                hint="subgroups() lists those of a finite group",
            )

    def subgroups(self) -> list[Self]:
        """All subgroups, conjugate ones apart, by their order; GroupError for SO(2) and O(2).

        >>> [str(group) for group in PlaneGroup(2, True).subgroups()]
        ['C1', 'C2', 'D1', 'D1(1/2)', 'D2']
        """
        if self.rotations is None:
            raise GroupError(
                "subgroups",
                expected="a finite group",
                got=self.name,
                hint="name the one of infinitely many that you want, such as C(8)",
            )
        found = []
        for count in (n for n in range(1, self.rotations + 1) if self.rotations % n == 0):
            found.append(replace(self, rotations=count, mirrors=False, axis=Fraction(0)))
            if self.mirrors:
                axes = [self.axis + Fraction(k, self.rotations) for k in range(self.rotations // count)]
                found += [replace(self, rotations=count, axis=axis % Fraction(1, count)) for axis in axes]
        return sorted(found, key=lambda group: (group.order, group.mirrors, group.axis))


_GENERIC = Fraction(1_640_531_527, _RANDOM_TURNS)  # 1 - 1 / golden ratio: no small multiple comes near a whole turn


def exact_turn(turn: Fraction | float | str, name: str) -> Fraction:
    """The turn as a fraction: 0.25 and "1/4" are 1/4; GroupError, which names the argument, when it is no number."""
    try:
        return Fraction(turn)
    except (ValueError, TypeError, ArithmeticError) as error:
        raise GroupError(name, expected='a fraction of a full turn, such as "1/8"', got=repr(turn)) from error


def as_integer(value: object) -> int | None:
    """The value as an int, which equals and hashes as it prints; None for a bool and for what is no integer."""
    if isinstance(value, bool) or not isinstance(value, SupportsIndex):
        return None
    try:
        return index(value)
    except TypeError:  # of an array that is no single integer
        return None


def cosine_sine(turn: Fraction) -> tuple[float, float]:
    """Cosine and sine of a fraction of a turn, exact at multiples of a quarter.

    >>> cosine_sine(Fraction(1, 4)), cosine_sine(Fraction(1, 2))
    ((0.0, 1.0), (-1.0, 0.0))
    """
    steps, of = 4 * turn.numerator, turn.denominator
    quarter = (2 * steps + of) // (2 * of)
    angle = math.pi / 2 * ((steps - quarter * of) / of)  # within an eighth of a turn: accurate, and 0 when exact
    cosine, sine = math.cos(angle), math.sin(angle)
    for _ in range(quarter % 4):
        cosine, sine = -sine + 0.0, cosine
    return cosine, sine
