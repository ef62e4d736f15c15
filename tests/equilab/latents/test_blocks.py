"""Blocks: what a caller may write, and what each mistake is told."""

import numpy as np
import pytest

from equilab.errors import SettingError
from equilab.latents import Block, parse_blocks


def test_without_blocks_each_dimension_is_one():
    assert parse_blocks(None, 3) == (Block((0,)), Block((1,)), Block((2,)))


def test_integers_tuples_and_blocks_mix_and_keep_their_order():
    circle = Block((3, 1), "circle", name="orientation")
    assert parse_blocks([(4, 0), circle, 2], 5) == (Block((4, 0)), circle, Block((2,)))


def test_numpy_integers_are_integers():
    parsed = parse_blocks([*np.arange(2), tuple(np.arange(2, 4))], 4)
    assert parsed == (Block((0,)), Block((1,)), Block((2, 3)))
    assert all(type(axis) is int for block in parsed for axis in block.axes)


def test_a_pair_may_be_an_array_or_a_list():
    assert parse_blocks([np.array([0, 1]), [2, 3]], 4) == (Block((0, 1)), Block((2, 3)))
    assert hash(Block([0, 1])) == hash(Block((0, 1)))  # pyright: ignore[reportArgumentType]


def test_a_block_without_a_tuple_is_explained():
    with pytest.raises(SettingError, match=r"axes: expected a tuple of integers, such as \(0, 1\), got 0"):
        Block(0)  # pyright: ignore[reportArgumentType]


def test_parsed_blocks_parse_to_themselves():
    parsed = parse_blocks([(0, 1), 2], 3)
    assert parse_blocks(parsed, 3) == parsed


@pytest.mark.parametrize(
    ("blocks", "message"),
    [
        ([(0, 1), (1, 2)], r"dimensions \[1\] are in two blocks"),
        ([(0, 1), 3], r"dimensions 0 to 2, got \[3\]"),
        ([(0, 1)], r"dimensions \[2\] are in no block; add them"),
        ([], r"dimensions \[0, 1, 2\] are in no block"),
        ([0, 1, -1], r"each 0 or more, in a block, got \(-1,\)"),
        ([(0, 0), 1, 2], r"different dimensions, each 0 or more, in a block, got \(0, 0\)"),
        ([(), 0, 1, 2], r"different dimensions, each 0 or more, in a block, got \(\)"),
        ([0, 1, 2.5], "an integer, a tuple of integers or a Block, got 2.5"),
        ([0, 1, "2"], "an integer, a tuple of integers or a Block, got '2'"),
        ([0, 1, (2, "3")], r"axes: expected a tuple of integers, such as \(0, 1\), got \(2, '3'\)"),
        (3, r"expected a list of blocks, such as \[\(0, 1\), 2\], got 3"),
    ],
)
def test_blocks_that_make_no_sense_are_named(blocks, message):
    with pytest.raises(SettingError, match=message):
        parse_blocks(blocks, 3)


def test_a_circle_has_two_axes():
    with pytest.raises(SettingError, match=r"a circle has two, its cosine and its sine, got \(0, 1, 2\)"):
        Block((0, 1, 2), "circle")


def test_an_unknown_manifold_is_refused():
    with pytest.raises(SettingError, match="expected 'euclidean' or 'circle', got 'sphere'"):
        Block((0, 1), "sphere")  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("blocks", "label"),
    [([Block((0,), name="a"), Block((1,), name="a"), 2], "a"), ([Block((0,), name="z2"), 1, 2], "z2")],
    ids=["two names", "a name and a number"],
)
def test_two_blocks_of_one_label_are_refused_as_tables_would_lose_one(blocks, label):
    with pytest.raises(SettingError, match=f"a name of its own for each, got two or more called {label}$"):
        parse_blocks(blocks, 3)
    assert len(parse_blocks([*blocks[1:], Block((0,), name="b")], 3)) == 3
