"""A finite group as a multiplication table: of equilab's own groups, or one that a caller gives and that is checked."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int
from numpy import ndarray

from equilab.errors import GroupError
from equilab.groups import PlaneGroup


@dataclass(frozen=True, eq=False)
class Multiplication:
    """Elements 0, ..., |G| - 1 with their products."""

    names: tuple[str, ...]  # of the elements
    table: Int[ndarray, "order order"]  # table[g, h] is g h: first h, then g
    identity: int
    group: PlaneGroup | None  # where it is one of equilab's, with irreps

    @property
    def order(self) -> int:
        """The number of elements."""
        return len(self.names)


def multiplication(group: "PlaneGroup | ndarray") -> Multiplication:
    """The products of a group: a finite one of `equilab.groups`, or a Cayley table (|G|, |G|) of integers.

    In a table, entry [g, h] is the position of g h. Raises GroupError for an infinite group and for a table that is
    not square, not closed, without an identity or inverses, or not associative, naming the elements.

    >>> found = multiplication(np.array([[0, 1], [1, 0]]))
    >>> found.identity, found.names
    (0, ('g0', 'g1'))
    """
    if isinstance(group, PlaneGroup):
        elements = group.elements
        place = {element: position for position, element in enumerate(elements)}
        products = np.array([[place[group.compose(g, h)] for h in elements] for g in elements])
        return Multiplication(tuple(map(str, elements)), products, place[group.identity], group)
    table = _checked_table(np.asarray(group))
    every = np.arange(len(table))
    identities = np.flatnonzero((table == every).all(axis=1) & (table == every[:, None]).all(axis=0))
    if not len(identities):
        raise GroupError("group", expected="an element e with e g = g e = g for every g", got="none")
    identity = int(identities[0])
    for g in range(len(table)):
        if sorted(table[g]) != every.tolist() or sorted(table[:, g]) != every.tolist():
            raise GroupError(
                "group",
                expected="each element once in every row and column, as every element has an inverse",
                got=f"one repeated in row or column {g}",
            )
    for g in range(len(table)):  # (g h) k against g (h k), for all h and k
        if (wrong := table[table[g]] != table[g][table]).any():
            h, k = np.argwhere(wrong)[0]
            raise GroupError("group", expected="(g h) k = g (h k)", got=f"unequal for g, h, k = {g}, {h}, {k}")
    return Multiplication(tuple(f"g{g}" for g in range(len(table))), table, identity, None)


def _checked_table(table: ndarray) -> Int[ndarray, "order order"]:
    """A square table of positions in itself."""
    if table.ndim != 2 or table.shape[0] != table.shape[1] or not table.size or table.dtype.kind not in "iu":
        raise GroupError(
            "group",
            expected="a finite group of equilab.groups, such as C(4), or a Cayley table (|G|, |G|) of integers",
            got=f"{table.dtype} {table.shape}",
        )
    if not ((table >= 0) & (table < len(table))).all():
        row, column = np.argwhere((table < 0) | (table >= len(table)))[0]
        raise GroupError(
            f"group[{row}, {column}]", expected=f"products from 0 to {len(table) - 1}", got=table[row, column]
        )
    return table.astype(np.int64)
