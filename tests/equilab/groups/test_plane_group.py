"""Groups of the plane: their elements, subgroups, random elements, matrices, names and messages."""

import copy
import math
import pickle
from itertools import product

import pytest
import torch
from group_cases import FINITE, GROUPS, INFINITE, OFF_THE_GRID, ON_THE_GRID, some_elements

import equilab as eq
from equilab.groups import O2, SO2, C, D, PlaneGroup, p4, p4m


@pytest.mark.parametrize("group", FINITE, ids=str)
def test_a_finite_group_lists_each_element_once_in_the_order_of_its_index(group):
    assert len(set(group.elements)) == len(group.elements) == group.order == group.rotations * (1 + group.mirrors)
    assert group.elements[0] == group.identity
    assert [group.index(g) for g in group] == list(range(group.order))


@pytest.mark.parametrize("group", FINITE, ids=str)
def test_generators_generate_the_whole_group(group):
    reached = {group.identity}
    while len(grown := reached | {group.compose(g, h) for g in group.generators for h in reached}) > len(reached):
        reached = grown
    assert reached == set(group.elements)


@pytest.mark.parametrize("group", GROUPS, ids=str)
def test_matrices_of_the_plane_are_orthogonal_and_multiply_as_the_elements_do(group):
    for g, h in product(some_elements(group), repeat=2):
        torch.testing.assert_close(
            group.matrix(g) @ group.matrix(h), group.matrix(group.compose(g, h)), atol=1e-14, rtol=0
        )
    for g in some_elements(group):
        torch.testing.assert_close(group.matrix(g) @ group.matrix(g).T, torch.eye(2).double(), atol=1e-14, rtol=0)
        assert round(float(group.matrix(g).det())) == (-1 if g.mirror else 1)


def test_a_quarter_turn_is_counter_clockwise_and_exact_and_the_mirror_is_left_to_right():
    assert p4.matrix(p4.element("1/4")).tolist() == [[0, -1], [1, 0]]
    assert p4m.matrix(p4m.element(0, mirror=True)).tolist() == [[-1, 0], [0, 1]]
    assert p4m.matrix(p4m.element("1/4", mirror=True)).tolist() == [[0, -1], [-1, 0]]  # first the mirror


@pytest.mark.parametrize(
    ("group", "count"), [(D(4), 10), (C(12), 6), (D(6), 16), (C(7), 2), (D(1), 2), (D(4, "1/8"), 10)], ids=str
)
def test_the_number_of_subgroups_is_that_of_the_textbook(group, count):
    assert len(group.subgroups()) == count


@pytest.mark.parametrize("group", FINITE, ids=str)
def test_every_subgroup_is_found_once_and_closed(group):
    subgroups = group.subgroups()
    assert len({frozenset(subgroup.elements) for subgroup in subgroups}) == len(subgroups)
    assert subgroups[0] == C(1)
    assert subgroups[-1] == group
    for subgroup in subgroups:
        assert group.has_subgroup(subgroup)
        assert set(subgroup.elements) <= set(group.elements)
        assert group.order % subgroup.order == 0
        assert {subgroup.compose(g, h) for g in subgroup for h in subgroup} == set(subgroup.elements)


def test_subgroups_of_the_infinite_groups_are_recognised():
    assert all(O2.has_subgroup(group) for group in GROUPS)
    assert [group for group in GROUPS if SO2.has_subgroup(group)] == [g for g in GROUPS if not g.mirrors]
    assert not D(100).has_subgroup(SO2)
    assert not D(4).has_subgroup(C(8))
    assert not D(4).has_subgroup(D(4, "1/8"))
    assert O2.order == SO2.order == math.inf


def test_the_groups_of_the_grid_are_known_to_be_exact():
    assert all(group.is_grid_exact for group in ON_THE_GRID)
    assert not any(group.is_grid_exact for group in OFF_THE_GRID + INFINITE)
    assert (p4, p4m) == (C(4), D(4))


@pytest.mark.parametrize("group", [C(4), D(3), D(4, "1/8")], ids=str)
def test_random_elements_are_uniform(group):
    generator = torch.Generator().manual_seed(0)
    counts = torch.zeros(group.order)
    for _ in range(2000):
        counts[group.index(group.random_element(generator))] += 1
    expected = 2000 / group.order
    chi_square = float(((counts - expected) ** 2 / expected).sum())
    assert chi_square < 24.3  # exceeded by 1 in 1000 draws at 7 degrees of freedom, by fewer at 5 and 3


def test_random_turns_are_uniform_and_half_of_the_elements_of_o2_are_mirrors():
    generator = torch.Generator().manual_seed(0)
    drawn = [O2.random_element(generator) for _ in range(2000)]
    turns = torch.tensor([float(g.turn) for g in drawn]).sort().values
    gap = (turns - torch.linspace(0, 1, 2000)).abs().max()
    assert gap < 1.95 / 2000**0.5  # Kolmogorov and Smirnov, 1 in 1000
    assert abs(sum(g.mirror for g in drawn) - 1000) < 3.3 * 500**0.5
    assert not any(g.mirror for g in (SO2.random_element(generator) for _ in range(20)))


@pytest.mark.parametrize("group", GROUPS, ids=str)
def test_random_elements_belong_to_the_group_and_repeat_with_the_seed(group):
    first, again = (
        [group.random_element(generator) for _ in range(20)]
        for generator in (torch.Generator().manual_seed(3), torch.Generator().manual_seed(3))
    )
    assert first == again
    assert all(g in group for g in first)


def test_groups_have_short_names():
    names = [str(group) for group in (C(1), C(8), D(4), D(1, "1/4"), D(2, 0.125), SO2, O2, D(3, 1 / 6))]
    assert names == ["C1", "C8", "D4", "D1(1/4)", "D2(1/8)", "SO(2)", "O(2)", "D3(1/6)"]


@pytest.mark.parametrize("group", GROUPS, ids=str)
def test_groups_pickle_copy_and_hash(group):
    again = pickle.loads(pickle.dumps(group))
    assert again == copy.deepcopy(group) == group
    assert hash(again) == hash(group)
    assert sum(other == group for other in GROUPS) == 1


def test_a_group_is_what_it_does_whatever_its_class():
    assert PlaneGroup(4) == C(4) == eq.groups.C4 == eq.groups.p4
    assert hash(PlaneGroup(4, True)) == hash(eq.groups.D4)
    assert D(4) != D(4, "1/8")
    assert eq.groups.p4m.quotient(PlaneGroup(1)) == eq.groups.p4m.regular
