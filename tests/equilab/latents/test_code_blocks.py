"""Blocks of a code: the forms that a caller may give, and the errors of invalid ones."""

import numpy as np
import pytest

from equilab.errors import SettingError
from equilab.latents import Circle, CodeBlock, Gaussian, parse_blocks
from tests.refused import refused


def test_without_blocks_each_dimension_is_one():
    assert parse_blocks(None, 3) == (CodeBlock((0,)), CodeBlock((1,)), CodeBlock((2,)))


def test_integers_tuples_and_blocks_mix_and_keep_their_order():
    circle = CodeBlock((3, 1), Circle(), name="orientation")
    assert parse_blocks([(4, 0), circle, 2], 5) == (CodeBlock((4, 0)), circle, CodeBlock((2,)))


def test_numpy_integers_are_integers():
    parsed = parse_blocks([*np.arange(2), tuple(np.arange(2, 4))], 4)
    assert parsed == (CodeBlock((0,)), CodeBlock((1,)), CodeBlock((2, 3)))
    assert all(type(axis) is int for block in parsed for axis in block.axes)


def test_a_pair_may_be_an_array_or_a_list():
    assert parse_blocks([np.array([0, 1]), [2, 3]], 4) == (CodeBlock((0, 1)), CodeBlock((2, 3)))
    assert hash(CodeBlock([0, 1])) == hash(CodeBlock((0, 1)))  # pyright: ignore[reportArgumentType]


def test_a_block_without_a_tuple_is_explained():
    with refused(SettingError, "axes", expected="(0, 1)", got="0"):
        CodeBlock(0)  # pyright: ignore[reportArgumentType]


def test_parsed_blocks_parse_to_themselves():
    parsed = parse_blocks([(0, 1), 2], 3)
    assert parse_blocks(parsed, 3) == parsed


@pytest.mark.parametrize(
    ("blocks", "argument", "got"),
    [
        ([(0, 1), (1, 2)], "blocks", "dimensions [1] in two"),
        ([(0, 1), 3], "blocks", "[3]"),
        ([(0, 1)], "blocks", "none with [2]"),
        ([], "blocks", "none with [0, 1, 2]"),
        ([0, 1, -1], "axes", "(-1,)"),
        ([(0, 0), 1, 2], "axes", "(0, 0)"),
        ([(), 0, 1, 2], "axes", "()"),
        ([0, 1, 2.5], "blocks", "2.5"),
        ([0, 1, "2"], "blocks", "'2'"),
        ([0, 1, Gaussian()], "blocks", "Gaussian(axes=1, name='')"),
        ([0, 1, (2, "3")], "axes", "(2, '3')"),
        (3, "blocks", "3"),
    ],
)
def test_invalid_blocks_are_named(blocks, argument, got):
    with refused(SettingError, argument, got=got):
        parse_blocks(blocks, 3)


def test_a_block_has_as_many_axes_as_its_manifold():
    with refused(SettingError, "axes", expected="2", got=(0, 1, 2)):
        CodeBlock((0, 1, 2), Circle())


def test_a_manifold_is_a_block():
    with refused(SettingError, "block", got="'circle'"):
        CodeBlock((0, 1), "circle")  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("blocks", "label"),
    [([CodeBlock((0,), name="a"), CodeBlock((1,), name="a"), 2], "a"), ([CodeBlock((0,), name="z2"), 1, 2], "z2")],
    ids=["two names", "a name and a number"],
)
def test_two_blocks_of_one_label_are_refused_as_tables_would_lose_one(blocks, label):
    with refused(SettingError, "blocks", got=f"{label} twice"):
        parse_blocks(blocks, 3)
    assert len(parse_blocks([*blocks[1:], CodeBlock((0,), name="b")], 3)) == 3
