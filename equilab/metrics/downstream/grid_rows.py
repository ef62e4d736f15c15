"""The rows that differ from given ones in one factor alone: interventions on the grid of a table."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int
from numpy import ndarray

from equilab.errors import DataError
from equilab.metrics.code_table import CodeTable


@dataclass(frozen=True, eq=False)
class GridRows:
    """The rows of a table by combination of the factors that vary; every combination has one or more."""

    sizes: tuple[int, ...]  # of the factors that vary
    rows: Int[ndarray, "n"]  # in the order of their combinations
    starts: Int[ndarray, "combinations"]
    counts: Int[ndarray, "combinations"]

    @classmethod
    def of(cls, table: CodeTable) -> "GridRows":
        """The grid of a table; DataError where a combination of values is missing."""
        columns = [np.unique(table.factors[:, factor], return_inverse=True) for factor in table.scored]
        sizes = tuple(len(values) for values, _ in columns)
        num = np.prod(sizes, dtype=float)
        if len(table.factors) < num:  # asked first: the combinations of such a table may be more than memory holds
            raise _incomplete(table, sizes, num - len(table.factors))
        index = np.ravel_multi_index(tuple(position for _, position in columns), sizes)
        counts = np.bincount(index, minlength=int(num))
        if not counts.all():
            raise _incomplete(table, sizes, float((counts == 0).sum()))
        return cls(sizes, np.argsort(index, kind="stable"), np.cumsum(counts) - counts, counts)

    def interventions(self, factor: int, *, num: int, rng: np.random.Generator) -> Int[ndarray, "values num"]:
        """Rows (values of the factor, num): column by column one observation with the factor set to each value.

        factor: its position among those that vary. The combinations of the others are uniform, with replacement; where
        several rows show a combination, one of them is drawn.

        >>> table = CodeTable(np.zeros((6, 1)), np.stack(np.unravel_index(np.arange(6), (2, 3)), 1))
        >>> rows = GridRows.of(table).interventions(0, num=4, rng=np.random.default_rng(0))
        >>> table.factors[rows, 0].tolist(), bool((table.factors[rows[0], 1] == table.factors[rows[1], 1]).all())
        ([[0, 0, 0, 0], [1, 1, 1, 1]], True)
        """
        others = [rng.integers(size, size=num) for size in self.sizes]
        values = np.arange(self.sizes[factor])[:, None]
        places = tuple(values if position == factor else other for position, other in enumerate(others))
        index = np.ravel_multi_index(np.broadcast_arrays(*places), self.sizes)
        return self.rows[self.starts[index] + (rng.random(num) * self.counts[index]).astype(np.int64)]


def _incomplete(table: CodeTable, sizes: tuple[int, ...], missing: float) -> DataError:
    return DataError(
        "factors",
        expected=(
            f"each combination of {' x '.join(map(str, sizes))} values of {', '.join(table.scored_names)}, to set one "
            "factor and keep the others"
        ),
        got=f"{len(table.factors)} observations, {missing:.0f} combinations or more missing",
        hint="encode the whole grid",
    )
