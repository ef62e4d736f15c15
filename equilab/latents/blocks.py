"""A latent as an ordered list of blocks: dimensions that belong together, and the manifold they lie on."""

import operator
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from equilab.errors import SettingError


@dataclass(frozen=True)
class Block:
    """Dimensions of a latent that are read together.

    manifold: "euclidean", R^m for m axes, or "circle", S^1 as two axes (cosine, sine) of which only the angle counts.
    Raises SettingError for no axes, an axis twice, a negative axis, or a circle without exactly two.

    >>> Block((0, 1), "circle", name="orientation").axes
    (0, 1)
    """

    axes: tuple[int, ...]  # positions in the code
    manifold: Literal["euclidean", "circle"] = "euclidean"
    name: str = ""  # for tables and pictures, unlike all others; no metric reads it; empty: its axes, as in "z1+z2"

    def __post_init__(self) -> None:
        try:
            axes = tuple(operator.index(axis) for axis in self.axes)
        except TypeError as error:
            raise SettingError(f"axes: expected a tuple of integers, such as (0, 1), got {self.axes!r}") from error
        object.__setattr__(self, "axes", axes)
        if not axes or len(set(axes)) < len(axes) or min(axes) < 0:
            raise SettingError(f"axes: expected different dimensions, each 0 or more, in a block, got {axes}")
        if self.manifold not in ("euclidean", "circle"):
            raise SettingError(f"manifold: expected 'euclidean' or 'circle', got {self.manifold!r}")
        if self.manifold == "circle" and len(self.axes) != 2:
            raise SettingError(f"axes: a circle has two, its cosine and its sine, got {self.axes}")

    @property
    def label(self) -> str:
        """The name, or the axes where there is none.

        >>> Block((1, 2)).label
        'z1+z2'
        """
        return self.name or "+".join(f"z{axis}" for axis in self.axes)


Blocks: TypeAlias = Sequence[int | tuple[int, ...] | Block]
"""What a caller may write for blocks: [0, (1, 2), Block((3, 4), "circle")]."""


def parse_blocks(blocks: Blocks | None, dim: int) -> tuple[Block, ...]:
    """The blocks of a latent of `dim` dimensions, in the order given; every dimension is in exactly one.

    blocks: an integer is a block of one dimension, a tuple a euclidean block, a Block itself; None: each dimension is
    a block of its own. Raises SettingError for a dimension out of range, in two blocks, or in none, and for two blocks
    of one label, naming it.

    >>> [block.axes for block in parse_blocks([(0, 1), 2], dim=3)]
    [(0, 1), (2,)]
    """
    if blocks is None:
        return tuple(Block((axis,)) for axis in range(dim))
    if isinstance(blocks, int | str | Block):
        raise SettingError(f"blocks: expected a list of blocks, such as [(0, 1), 2], got {blocks!r}")
    parsed = tuple(_parse(block) for block in blocks)
    axes = [axis for block in parsed for axis in block.axes]
    if outside := sorted({axis for axis in axes if axis >= dim}):
        raise SettingError(f"blocks: the codes have dimensions 0 to {dim - 1}, got {outside}")
    if twice := sorted({axis for axis in axes if axes.count(axis) > 1}):
        raise SettingError(f"blocks: dimensions {twice} are in two blocks; each belongs to one")
    if missing := sorted(set(range(dim)) - set(axes)):
        raise SettingError(f"blocks: dimensions {missing} are in no block; add them, alone or together")
    labels = [block.label for block in parsed]
    if same := sorted({label for label in labels if labels.count(label) > 1}):
        raise SettingError(f"blocks: expected a name of its own for each, got two or more called {', '.join(same)}")
    return parsed


def _parse(block: int | tuple[int, ...] | Block) -> Block:
    """One entry of `blocks` as a Block."""
    if isinstance(block, Block):
        return block
    try:
        return Block((operator.index(block),))  # pyright: ignore[reportArgumentType]  # anything else is tried below
    except TypeError:
        pass
    if isinstance(block, str | float):
        raise SettingError(f"blocks: expected an integer, a tuple of integers or a Block, got {block!r}")
    return Block(tuple(block))  # pyright: ignore[reportArgumentType]
