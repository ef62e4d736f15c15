"""Equivariant kernels from their free parameters."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor


class Block(NamedTuple):
    """What turns free parameters into the kernels between m input and n output fields, one representation each.

    entries: (dim, d_out * d_in * k * k) basis as rows; or, where every entry of a kernel has one parameter, its
    factor (d_out * d_in * k * k,), with `parameter` naming it. shape: (d_out, d_in, k, k). only_ones: whether there is
    such a factor for every entry, and all are 1.
    """

    entries: Tensor
    parameter: Tensor | None
    shape: tuple[int, int, int, int]
    only_ones: bool = False

    def to(self, reference: Tensor) -> "Block":
        """The same in the dtype and on the device of `reference`."""
        parameter = self.parameter.to(reference.device) if self.parameter is not None else None
        return self._replace(entries=self.entries.to(reference), parameter=parameter)


def block_of(basis: Float[Tensor, "dim d_out d_in k k"]) -> Block:
    """The block of a basis (dim, d_out, d_in, k, k).

    >>> from equilab.groups import C, filter_basis
    >>> block = block_of(filter_basis(C(4).regular, C(4).regular, 3))
    >>> block.parameter.shape, block.shape
    (torch.Size([144]), (4, 4, 3, 3))
    """
    rows = basis.flatten(1)  # (dim, entries)
    shape = (basis.shape[1], basis.shape[2], basis.shape[3], basis.shape[4])
    if len(rows) and int((rows != 0).sum(0).max()) == 1:
        parameter = rows.abs().argmax(0)
        factors = rows.gather(0, parameter[None])[0]
        return Block(factors, parameter, shape, only_ones=bool((factors == 1).all()))
    return Block(rows, None, shape)


def expand_block(
    weight: Float[Tensor, "dim n m"], block: Block
) -> Float[Tensor, "n*{block.shape[0]} m*{block.shape[1]} k k"]:
    """The kernels (n * d_out, m * d_in, k, k) of a weight (dim, n, m): sum over the basis, field-major."""
    entries = block.entries.to(weight)
    weights = weight.flatten(1).T.contiguous()  # (n m, dim): what is few is turned round, not what is many
    if block.parameter is None:
        values = weights @ entries
    else:
        values = weights.index_select(1, block.parameter)
        values = values if block.only_ones else values * entries
    values = values.reshape(*weight.shape[1:], *block.shape)  # (n, m, d_out, d_in, k, k)
    return values.transpose(1, 2).flatten(0, 1).flatten(1, 2)


def expand_kernel(
    weights: Sequence[Sequence[Float[Tensor, "_ _ _"]]], blocks: Sequence[Sequence[Block]], *, groups: int = 1
) -> Float[Tensor, "c_out c_in_per_group k k"]:
    """The kernel (C_out, C_in / groups, k, k) of a layer between two field types, from its free parameters.

    weights: (dim, groups * n, m) per output term (n fields of one representation) and input term (m fields) of one of
    the `groups` convolutions side by side, a list of rows; dim may be 0, which gives zeros. C_out, C_in: channels of
    all of them.
    """
    rows = []
    for row, row_blocks in zip(weights, blocks, strict=True):
        parts = [expand_block(weight, block) for weight, block in zip(row, row_blocks, strict=True)]
        rows.append(parts[0] if len(parts) == 1 else torch.cat(parts, 1))
    if len(rows) == 1:
        return rows[0]
    return torch.cat([row.unflatten(0, (groups, -1)) for row in rows], 1).flatten(0, 1)
