"""Strategies of hypothesis: groups, field types, shapes, inputs and words of generators, for tests that shrink.

What fails shrinks to the simplest that still does: the smallest group, one field, one pixel, the shortest word.
Not imported by `equilab.check` itself: `from equilab.check import strategies`.
"""

import functools
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from equilab.check.actions.permutations import Permutations
from equilab.check.actions.symmetry import PlaneSymmetry, Symmetry
from equilab.check.actions.translations import Translations
from equilab.errors import GroupError, SettingError
from equilab.groups import C1, C2, C4, D1, D2, D4, O2, SO2, C, D, FieldType, Group, PlaneGroup

try:
    from hypothesis import strategies as st
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "equilab.check.strategies needs hypothesis, which is not installed: pip install hypothesis", name="hypothesis"
    ) from error

_ON_THE_GRID = (C2, D1, D(1, "1/2"), D(1, "1/4"), D(1, "3/4"), C4, D2, D(2, "1/4"), D4)
_OFF_THE_GRID = (C(3), C(8), D(3), D(8), SO2, O2)
_DIGITS = (0, 1, *(None,) * 6)  # None: any digit, which is what most places are left to


def groups(*, on_the_grid: bool = True, trivial: bool = False) -> st.SearchStrategy[Group]:
    """Plane groups, smaller ones first: those that keep the pixel grid, and with on_the_grid=False C8, SO(2) and more.

    trivial: also C1, under which everything is equivariant.
    """
    return st.sampled_from((*((C1,) if trivial else ()), *_ON_THE_GRID, *(() if on_the_grid else _OFF_THE_GRID)))


def field_types(
    group: Group, *, max_fields: int = 4, max_frequency: int = 2, permuted: bool = False
) -> st.SearchStrategy[FieldType]:
    """Sums of 1 to `max_fields` fields: trivial ones first, regular, quotients and irreps up to `max_frequency`.

    permuted: only fields that the group permutes, which take any activation.

    >>> from equilab.groups import C4
    >>> str(field_types(C4, max_fields=1).filter(lambda kind: kind.dim > 1).example())  # doctest: +SKIP
    'C4[1*regular]'
    """
    if not isinstance(max_fields, int) or max_fields < 1:
        raise SettingError("max_fields", expected="an integer of at least 1", got=repr(max_fields))
    kinds: list[Any] = [group.trivial]
    if group.is_finite:
        kinds += [group.regular, *(group.quotient(sub) for sub in group.subgroups()[1:-1])]
    if not permuted:
        kinds += [irrep for irrep in group.irreps(max_frequency) if irrep != group.trivial]
    fields = st.lists(st.sampled_from(kinds), min_size=1, max_size=max_fields)
    return fields.map(lambda chosen: FieldType.of(group, tuple(chosen)))


def image_shapes(
    *, min_size: int = 1, max_size: int = 13, max_batch: int = 3, square: bool = True
) -> st.SearchStrategy[tuple[int, int, int]]:
    """(batch, H, W) of images, odd and even sizes; square=False also other than H == W."""
    if not 1 <= min_size <= max_size:
        raise SettingError(
            "min_size, max_size", expected="1 <= min_size <= max_size", got=f"{min_size!r}, {max_size!r}"
        )
    side = st.integers(min_size, max_size)
    batch = st.integers(1, max_batch)
    if square:
        return st.tuples(batch, side).map(lambda shape: (shape[0], shape[1], shape[1]))
    return st.tuples(batch, side, side)


@st.composite
def inputs(draw: st.DrawFn, *shape: int, dtype: torch.dtype = torch.float64) -> Tensor:
    """Tensors of a shape, never all 0: normal numbers or ones, in a part of the places, that shrink to a single 1.

    The part is drawn by the binary digits of the places along each axis: 0, 1 or any. So a break that one number shows
    is found in about 2 log2(size) steps, also in large inputs; one that takes several keeps few.
    """
    if not shape or any(not isinstance(size, int) or size < 1 for size in shape):
        raise SettingError("shape", expected="sizes of at least 1", got=shape, hint="inputs(2, 3, 9, 9)")
    seed = draw(st.integers(0, 2**16))
    is_normal = draw(st.booleans())
    kept = torch.ones(shape, dtype=torch.bool, device="cpu")
    for axis, size in enumerate(shape):
        places = torch.arange(size, device="cpu")
        for digit in range((size - 1).bit_length()):
            chosen = draw(st.sampled_from(_DIGITS))
            matches = (
                (places >> digit) % 2 == chosen
                if chosen is not None
                else torch.ones(size, dtype=torch.bool, device="cpu")
            )
            kept &= matches.reshape(-1, *[1] * (len(shape) - axis - 1))
    if not bool(kept.any()):  # past the end of an axis
        kept.view(-1)[0] = True
    values = torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64, device="cpu")
    return torch.where(kept, values if is_normal else torch.ones_like(values), torch.zeros_like(values)).to(dtype)


@dataclass(frozen=True)
class Word:
    """A product of generators, the last letter acting first; `element` is what it comes to."""

    symmetry: Symmetry
    letters: tuple[Any, ...]

    @property
    def element(self) -> Any:
        return functools.reduce(self.symmetry.multiply, self.letters)

    def __str__(self) -> str:
        return " * ".join(map(self.symmetry.label, self.letters))

    __repr__ = __str__


def words(group: PlaneGroup | Symmetry, *, max_length: int = 6) -> st.SearchStrategy[Word]:
    """Products of 1 to `max_length` generators of a plane group, Permutations(n) or Translations(), not the identity.

    A broken element shrinks to the shortest word: one generator where that is broken by itself. Of SO(2) and O(2) the
    generator is a turn by 0.381966, whose powers come near every turn.

    Raises GroupError for a group without generators: C1, and those of which none are known.
    """
    symmetry = PlaneSymmetry(group) if isinstance(group, PlaneGroup) else group
    letters = _generators(symmetry)
    if not letters:
        raise GroupError(
            "group", expected="a plane group, Permutations(n) or Translations(), not C1", got=str(symmetry)
        )
    drawn = st.lists(st.sampled_from(letters), min_size=1, max_size=max_length)
    return drawn.map(lambda word: Word(symmetry, tuple(word))).filter(lambda word: word.element != symmetry.identity)


def _generators(symmetry: Symmetry) -> tuple[Any, ...]:
    if isinstance(symmetry, PlaneSymmetry):
        return symmetry.group.generators
    if isinstance(symmetry, Permutations):
        rest = tuple(range(2, symmetry.count))
        return tuple(dict.fromkeys([(1, 0, *rest), (*range(1, symmetry.count), 0)]))  # a swap and a cycle
    if isinstance(symmetry, Translations):
        return ((symmetry.stride, 0), (0, symmetry.stride))
    return ()
