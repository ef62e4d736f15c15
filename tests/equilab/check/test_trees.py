"""Containers taken apart and put together again."""

from collections import OrderedDict, UserDict, defaultdict
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pytest
import torch

from equilab.check.subjects.trees import filled, leaves, mapped, spread
from equilab.errors import SettingError
from tests.refused import refused


class Pair(NamedTuple):
    first: Any
    second: Any


@dataclass(frozen=True)
class Frozen:
    x: Any
    label: str = "kept"
    made: str = field(default="not asked for", init=False)


class Output(OrderedDict):
    """Made by keywords, as the outputs of transformers are."""

    def __init__(self, **parts):
        super().__init__(**parts)


TREES = {
    "leaf": 1,
    "list": [1, 2],
    "tuple": (1, (2, 3)),
    "named": Pair(1, [2]),
    "dict": {"a": 1, 3: {"b": 2}},
    "ordered": OrderedDict(b=1, a=2),
    "defaults": UserDict({"a": 1}),
    "frozen": Frozen(1, "two"),
    "keywords": Output(a=1, b=Pair(2, None)),
    "empty": {"a": [], "b": ()},
    "none": [None, 1],
}


@pytest.mark.parametrize("tree", TREES.values(), ids=TREES.keys())
def test_a_tree_filled_with_its_own_leaves_is_itself(tree):
    found = filled(tree, [leaf for _, leaf in leaves(tree)])
    assert found == tree
    assert type(found) is type(tree)


@pytest.mark.parametrize("tree", TREES.values(), ids=TREES.keys())
def test_mapping_follows_composition(tree):
    def twice(leaf):
        return None if leaf is None else 2 * leaf

    def named(leaf):
        return f"<{leaf}>"

    assert mapped(named, mapped(twice, tree)) == mapped(lambda leaf: named(twice(leaf)), tree)


def test_paths_are_written_as_code():
    tree = {"a": [1, Pair(2, Frozen(3))], 4: None}
    paths = [path for path, _ in leaves(tree)]
    assert paths == ["['a'][0]", "['a'][1].first", "['a'][1].second.x", "['a'][1].second.label", "[4]"]
    assert [eval(f"tree{path}", {"tree": tree}) for path in paths] == [leaf for _, leaf in leaves(tree)]


def is_word(value):
    return isinstance(value, str)


def test_one_entry_stands_for_all_leaves_below_it():
    assert spread("t", {"a": [1, 2], "b": 3}, is_word, "in_type") == ["t", "t", "t"]
    assert spread({"a": "s", "b": "t"}, {"a": [1, 2], "b": 3}, is_word, "in_type") == ["s", "s", "t"]
    assert spread("t", [], is_word, "in_type") == []


def test_entries_of_a_mapping_go_by_their_names():
    assert spread({"b": "s", "a": "t"}, {"a": 1, "b": 2}, is_word, "in_type") == ["t", "s"]


def test_a_list_of_one_entry_stands_for_one_tensor():
    assert spread(["t"], torch.zeros(2), is_word, "in_type") == ["t"]


@pytest.mark.parametrize(
    ("types", "tree", "place", "expected", "got"),
    [
        (["t", "t"], [1, 2, 3], "in_type", "one type for each part", "2 types for 3 parts"),
        ({"a": ["t", "t"]}, {"a": 1}, "in_type['a']", "one type for each part", "2 types for one tensor"),
        ({"a": "t"}, {"b": 1}, "in_type", "['b']", ["a"]),
        (Pair("t", ["t"]), Pair(1, [2, 3]), "in_type.second", "one type for each part", "1 types for 2 parts"),
    ],
    ids=["list", "dict of lists", "other names", "named"],
)
def test_trees_of_another_shape_say_where(types, tree, place, expected, got):
    with refused(SettingError, place, expected=expected, got=got):
        spread(types, tree, is_word, "in_type")


def test_a_mapping_with_a_factory_is_rebuilt():
    tree = defaultdict(list, a=1)
    assert mapped(lambda leaf: leaf + 1, tree) == {"a": 2}
