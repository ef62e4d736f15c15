"""What to read a score against: codes that know nothing of the factors, and codes that are the factors."""

import numpy as np

from equilab.metrics.code_table import CodeTable


def random_codes(table: CodeTable, *, seed: int) -> CodeTable:
    """The table with standard Gaussian noise, independent of the factors, in place of its codes: the floor.

    >>> table = CodeTable(np.zeros((4, 2)), np.arange(4)[:, None])
    >>> random_codes(table, seed=0).codes.shape
    (4, 2)
    """
    codes = np.random.default_rng([seed, 1]).standard_normal(table.codes.shape, dtype=np.float32)
    return CodeTable(codes, table.factors, table.factor_names)


def factor_codes(table: CodeTable) -> CodeTable:
    """The table with the factors that vary, one per dimension, in place of its codes: the ceiling.

    What it scores is below 1 where the metric itself falls short: MIG puts the 40 orientations of dSprites in 20 bins.

    >>> table = CodeTable(np.zeros((4, 2)), np.array([[0, 3], [0, 4], [0, 5], [0, 6]]))
    >>> factor_codes(table).codes.tolist()
    [[3.0], [4.0], [5.0], [6.0]]
    """
    codes = table.factors[:, list(table.scored)].astype(np.float32)
    return CodeTable(codes, table.factors, table.factor_names)
