"""Blocks of a code: which of its dimensions belong together, and the manifold on which they lie."""

import operator
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from jaxtyping import Float
from numpy import ndarray

from equilab.errors import SettingError
from equilab.latents.block import Block
from equilab.latents.gaussian import Gaussian


@dataclass(frozen=True)
class CodeBlock:
    """Dimensions of a code that are read together.

    axes: positions in the code, each 0 or more, none twice. block: the manifold they lie on; None: R^m for m axes.
    name: for tables and pictures, unlike all others; empty: its axes, as in "z1+z2".
    Raises SettingError for axes that are no such positions, or of another number than the manifold has.

    >>> from equilab.latents import Circle
    >>> CodeBlock((0, 1), Circle(), name="orientation").label
    'orientation'
    """

    axes: tuple[int, ...]
    block: Block | None = None
    name: str = ""

    def __post_init__(self) -> None:
        try:
            axes = tuple(operator.index(axis) for axis in self.axes)
        except TypeError as error:
            raise SettingError("axes", expected="a tuple of integers, such as (0, 1)", got=repr(self.axes)) from error
        object.__setattr__(self, "axes", axes)
        if not axes or len(set(axes)) < len(axes) or min(axes) < 0:
            raise SettingError("axes", expected="different dimensions, each 0 or more, in a block", got=axes)
        if self.block is not None and not isinstance(self.block, Block):
            raise SettingError("block", expected="a block such as Circle(), or None", got=repr(self.block))
        block = Gaussian(len(axes)) if self.block is None else self.block
        if block.dim != len(axes):
            raise SettingError("axes", expected=f"{block.dim} for {block}", got=axes)
        object.__setattr__(self, "block", block)

    @property
    def manifold(self) -> Block:
        """The block whose manifold the axes lie on."""
        assert self.block is not None
        return self.block

    @property
    def label(self) -> str:
        """The name, or the axes where there is none.

        >>> CodeBlock((1, 2)).label
        'z1+z2'
        """
        return self.name or "+".join(f"z{axis}" for axis in self.axes)

    def values(self, codes: Float[ndarray, "n d"]) -> Float[ndarray, "n m"]:
        """The block's part of codes (n, d), float64, as metrics read it: projected onto its manifold.

        >>> import numpy as np
        >>> from equilab.latents import Circle
        >>> CodeBlock((0, 1), Circle()).values(np.array([[3.0, 4.0, 7.0], [0.0, -2.0, 7.0]])).tolist()
        [[0.6, 0.8], [0.0, -1.0]]
        """
        return self.manifold.values(codes[:, list(self.axes)])


Blocks: TypeAlias = Sequence[int | tuple[int, ...] | CodeBlock]
"""Blocks as a caller may give them: [0, (1, 2), CodeBlock((3, 4), Circle())]."""


def parse_blocks(blocks: Blocks | None, dim: int) -> tuple[CodeBlock, ...]:
    """The blocks of a code of `dim` dimensions, in the order given; every dimension is in exactly one.

    blocks: an integer is a block of one dimension, a tuple a block of R^m, a CodeBlock itself; None: each dimension is
    a block of its own. dim: dimensions of the code.
    Raises SettingError for a dimension out of range, in two blocks, or in none, and for two blocks of one label.

    >>> [block.axes for block in parse_blocks([(0, 1), 2], dim=3)]
    [(0, 1), (2,)]
    """
    if blocks is None:
        return tuple(CodeBlock((axis,)) for axis in range(dim))
    if isinstance(blocks, str | CodeBlock) or not isinstance(blocks, Iterable):
        raise SettingError("blocks", expected="a list of blocks, such as [(0, 1), 2]", got=repr(blocks))
    parsed = tuple(_parse(block) for block in blocks)
    axes = [axis for block in parsed for axis in block.axes]
    if outside := sorted({axis for axis in axes if axis >= dim}):
        raise SettingError("blocks", expected=f"dimensions 0 to {dim - 1} of the codes", got=outside)
    if twice := sorted({axis for axis in axes if axes.count(axis) > 1}):
        raise SettingError("blocks", expected="each dimension in one block", got=f"dimensions {twice} in two")
    if missing := sorted(set(range(dim)) - set(axes)):
        raise SettingError(
            "blocks",
            expected="every dimension in a block",
            got=f"none with {missing}",
            hint="add them, alone or together",
        )
    labels = [block.label for block in parsed]
    if same := sorted({label for label in labels if labels.count(label) > 1}):
        raise SettingError("blocks", expected="a name of its own for each", got=f"{', '.join(same)} twice")
    return parsed


def _parse(block: int | tuple[int, ...] | CodeBlock) -> CodeBlock:
    """One entry of `blocks` as a CodeBlock."""
    if isinstance(block, CodeBlock):
        return block
    if isinstance(block, str | float | Block):
        raise SettingError("blocks", expected="an integer, a tuple of integers or a CodeBlock", got=repr(block))
    try:
        return CodeBlock((operator.index(block),))  # pyright: ignore[reportArgumentType]  # a sequence is tried below
    except TypeError:
        if not isinstance(block, Iterable):
            expected = "an integer, a tuple of integers or a CodeBlock"
            raise SettingError("blocks", expected=expected, got=repr(block)) from None
        return CodeBlock(tuple(block))  # pyright: ignore[reportArgumentType]


def projected_codes(codes: Float[ndarray, "n d"], blocks: tuple[CodeBlock, ...]) -> Float[ndarray, "n d"]:
    """The codes with the axes of each block that is projected replaced by its values; the same array without any.

    For metrics that read axes one by one: of a projected block they see its point on the manifold alone.

    >>> import numpy as np
    >>> from equilab.latents import Circle
    >>> projected_codes(np.array([[3.0, 7.0, 4.0]]), (CodeBlock((1,)), CodeBlock((0, 2), Circle()))).tolist()
    [[0.6, 7.0, 0.8]]
    """
    projected = [block for block in blocks if block.manifold.is_projected]
    if not projected:
        return codes
    found = codes.copy()
    for block in projected:
        found[:, list(block.axes)] = block.values(codes)
    return found
