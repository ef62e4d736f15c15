"""The grid that a symmetry report reads from a table: which factors turn, which are held, which end points repeat."""

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from operator import index
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from equilab.errors import DataError, SettingError
from equilab.metrics.code_table import CodeTable


class CyclicGrid(NamedTuple):
    """Codes (N_1, ..., N_m, d) of m factors, their names, and the axes of those that are cyclic."""

    codes: Float[ndarray, "..."]
    names: tuple[str, ...]
    axes: tuple[int, ...]


def cyclic_grid(
    table: CodeTable, *, factors: Sequence[str] | Mapping[str, int] | None, at: Mapping[str, int] | None
) -> CyclicGrid:
    """The complete grid of the table's factors that vary once those in `at` are held and repeated end points dropped.

    Raises SettingError for a name or a value that is not in the table, an order above the number of values, DataError
    for a cyclic factor that does not vary and for a table that is no complete grid.
    """
    if not isinstance(table, CodeTable):
        raise DataError("table", expected="a CodeTable, such as CodeTable(codes, factors)", got=type(table).__name__)
    at = {} if at is None else at
    if not isinstance(at, Mapping):
        raise SettingError("at", expected="a dict of values by name", got=repr(at))
    if isinstance(factors, str) or not isinstance(factors, Iterable | None):
        got = f"the string {factors!r}" if isinstance(factors, str) else repr(factors)
        raise SettingError("factors", expected="a list of names, or a dict of orders", got=got)
    names = table.scored_names if factors is None else tuple(factors)
    if factors is None:
        names = tuple(name for name in names if name not in at)
    if not names or len(set(names)) < len(names):
        raise SettingError("factors", expected="different names of at least one factor", got=", ".join(names) or "none")
    rows = np.ones(len(table.codes), bool)
    for name, value in at.items():
        column = table.factors[:, _position(table, name, "at")]
        if name in names:
            raise SettingError("at", expected="none of the cyclic factors", got=name, hint="hold the others only")
        if not (column == value).any():
            raise SettingError("at", expected=f"a value of {name} from {column.min()} to {column.max()}", got=value)
        rows &= column == value
    for name in names:
        column = table.factors[:, _position(table, name, "factors")]
        values = np.unique(column)
        if isinstance(factors, Mapping):
            rows &= column < values[_checked_order(name, factors[name], len(values)) - 1] + 1
    if not rows.any():
        raise DataError("at", expected="values that an observation shows", got=dict(at))
    held = table.factors[rows]
    for name in names:
        column = held[:, _position(table, name, "factors")]
        if (column == column[0]).all():
            raise DataError(
                "factors", expected="a cyclic factor that varies", got=f"one value of {name}", hint="leave it out"
            )
    part = CodeTable(table.codes[rows], held, table.factor_names)
    return CyclicGrid(part.grid(), part.scored_names, tuple(part.scored_names.index(name) for name in names))


def _position(table: CodeTable, name: str, argument: str) -> int:
    """Where a factor stands in the table; SettingError with the nearest name where it does not."""
    names = tuple(map(str, table.factor_names))
    if name not in names:
        near = get_close_matches(str(name), names, n=1, cutoff=0.4)
        hint = f"did you mean {near[0]}?" if near else ""
        raise SettingError(argument, expected=f"one of the factors {', '.join(names)}", got=repr(name), hint=hint)
    return names.index(name)


def _checked_order(name: str, order: int, size: int) -> int:
    """The order as an integer from 3 to the number of values of the factor."""
    try:
        checked = index(order)
    except TypeError as error:
        raise SettingError("factors", expected=f"an integer as the order of {name}", got=repr(order)) from error
    if isinstance(order, bool) or not 1 <= checked <= size:
        raise SettingError("factors", expected=f"an order of 1 to {size}, the number of values of {name}", got=checked)
    return checked
