"""An element of O(2): a mirror or none, then a turn, kept as an exact fraction so that products never drift."""

from fractions import Fraction
from typing import NamedTuple


class Element(NamedTuple):
    """g = R(turn) M^mirror: first mirrored left to right (M: x -> -x) where `mirror`, then turned counter-clockwise.

    turn: a fraction of a full turn, 0 <= turn < 1.

    >>> str(Element(Fraction(1, 4))), str(Element(Fraction(1, 3), mirror=True)), str(Element(Fraction(0)))
    ('turn 1/4', 'mirror, turn 1/3', 'identity')
    """

    turn: Fraction
    mirror: bool = False

    def __str__(self) -> str:
        turned = f"turn {self.turn}" if Fraction(self.turn).denominator <= 1000 else f"turn {float(self.turn):.4g}"
        words = (["mirror"] if self.mirror else []) + ([turned] if self.turn else [])
        return ", ".join(words) or "identity"


IDENTITY = Element(Fraction(0))


def compose(g: Element, h: Element) -> Element:
    """The product g h: first h, then g. R(a) M R(b) = R(a - b) M.

    >>> quarter, mirror = Element(Fraction(1, 4)), Element(Fraction(0), True)
    >>> str(compose(mirror, quarter)), str(compose(quarter, mirror))
    ('mirror, turn 3/4', 'mirror, turn 1/4')
    """
    turn = g.turn - h.turn if g.mirror else g.turn + h.turn
    return Element(turn - turn.numerator // turn.denominator, g.mirror != h.mirror)


def inverse(g: Element) -> Element:
    """The element with g g^-1 = identity; a mirror is its own.

    >>> str(inverse(Element(Fraction(1, 4))))
    'turn 3/4'
    """
    return g if g.mirror else Element(-g.turn % 1)
