"""Codes of any framework, read from an .npz file."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Int
from numpy import ndarray

from equilab.archives import UNREADABLE, read_npz
from equilab.errors import DataError, SettingError, ShapeError
from equilab.latents import CodeBlock, block_on, gaussian_posterior
from equilab.metrics.code_table import CodeTable
from equilab.metrics.validation import checked_codes

NEEDED, OPTIONAL = ("codes", "factors"), ("log_var", "factor_names", "factor_sizes", "blocks", "manifolds")
MOST_BYTES = 2**31
"""What the arrays of a file may take in memory."""


class CodesFile(NamedTuple):
    """What a file holds: the table, and the blocks where it says which dimensions belong together."""

    table: CodeTable
    blocks: tuple[CodeBlock, ...] | None


def read_codes(path: Path | str) -> CodesFile:
    """The table of an .npz file, as numpy.savez writes it.

    It holds codes (n, d) and factors (n, k), integers from 0, and may hold log_var (n, d); factor_names (k,);
    factor_sizes (k,), the number of values of each factor; blocks (d,), for each dimension the number of its block,
    dimensions of one number belonging together; manifolds, for each block 0, 1, ... the name of the manifold that its
    dimensions lie on, each the `manifold` of a class of blocks, such as "euclidean".
    Nothing in it is unpickled, and no more than 2 GiB are read. Raises DataError or ShapeError, with the path, for a
    missing, malformed or inconsistent file.

    >>> import tempfile
    >>> factors = np.stack(np.unravel_index(np.arange(12), (3, 4)), 1)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     np.savez(f"{folder}/codes.npz", codes=np.ones((12, 3)), factors=factors, blocks=[0, 1, 1])
    ...     read_codes(f"{folder}/codes.npz").blocks[1].axes
    (1, 2)
    """
    if not isinstance(path, str | Path):
        raise DataError("path", expected="the path of an .npz file", got=repr(path))
    path = Path(path)
    try:
        arrays = read_npz(path, most=MOST_BYTES)
    except DataError:
        raise
    except UNREADABLE as error:
        raise DataError(
            str(path),
            expected="an .npz archive, as numpy.savez(path, codes=..., factors=...) writes it",
            got=f"an error ({error})",
        ) from error
    if missing := [name for name in NEEDED if name not in arrays]:
        raise DataError(
            str(path),
            expected=f"the arrays {' and '.join(NEEDED)}",
            got=", ".join(arrays) or "none",
            hint=f"add {' and '.join(missing)}",
        )
    if unknown := [name for name in arrays if name not in (*NEEDED, *OPTIONAL)]:
        raise DataError(str(path), expected=f"arrays of {', '.join((*NEEDED, *OPTIONAL))}", got=", ".join(unknown))
    try:
        table = CodeTable(arrays["codes"], arrays["factors"], arrays.get("factor_names", ()))
        if "log_var" in arrays:
            mean, log_var = torch.tensor(table.codes), torch.tensor(checked_codes(arrays["log_var"], "log_var"))
            table = table.with_codes(table.codes, gaussian_posterior(mean, log_var=log_var))
        _check_sizes(table, arrays.get("factor_sizes"))
        return CodesFile(table, _blocks(table.codes.shape[1], arrays.get("blocks"), arrays.get("manifolds")))
    except (DataError, ShapeError, SettingError) as error:
        raise error.within(str(path)) from error


def _check_sizes(table: CodeTable, sizes: Int[ndarray, "k"] | None) -> None:
    """Errors for factors that are not 0 ... size - 1."""
    if sizes is None:
        return
    if sizes.shape != (table.factors.shape[1],) or sizes.dtype.kind not in "iu":
        raise ShapeError(
            "factor_sizes", expected=f"{table.factors.shape[1]} integers", got=f"{sizes.dtype} {sizes.shape}"
        )
    wrong = (table.factors < 0) | (table.factors >= sizes)
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        raise DataError(
            f"factors[{row}, {column}]",
            expected=f"values of {table.factor_names[column]} from 0 to {sizes[column] - 1}, as factor_sizes says",
            got=table.factors[row, column],
        )


def _blocks(dim: int, numbers: Int[ndarray, "d"] | None, manifolds: ndarray | None) -> tuple[CodeBlock, ...] | None:
    """The blocks of `dim` dimensions, in the order of their first dimension."""
    if numbers is None:
        if manifolds is not None:
            raise DataError("manifolds", expected="blocks beside it, the number of each dimension's block", got="none")
        return None
    if numbers.shape != (dim,) or numbers.dtype.kind not in "iu":
        raise ShapeError(
            "blocks",
            expected=f"{dim} integers, a block's number for each dimension",
            got=f"{numbers.dtype} {numbers.shape}",
        )
    present = list(dict.fromkeys(numbers.tolist()))
    names = dict.fromkeys(present, "euclidean") if manifolds is None else dict(enumerate(np.ravel(manifolds).tolist()))
    if sorted(present) != sorted(names):
        expected = "the name of a manifold for each block, these being numbered from 0 on"
        raise DataError("manifolds", expected=expected, got=f"{len(names)} for blocks {sorted(present)}")
    axes = [tuple(np.flatnonzero(numbers == number).tolist()) for number in present]
    return tuple(CodeBlock(each, block_on(names[k], len(each))) for k, each in zip(present, axes, strict=True))
