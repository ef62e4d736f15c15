"""The laws of every representation: a homomorphism to orthogonal matrices, its character, its permutation, its text."""

import copy
import pickle
from itertools import product

import pytest
import torch
from group_cases import GROUPS, representations, some_elements

from equilab.errors import FieldTypeError, GroupError
from equilab.groups import O2, SO2, C, D, Element, Irrep, Quotient, p4m
from tests.refused import refused

by_group = pytest.mark.parametrize("group", GROUPS, ids=str)
LARGE = 12  # above this many elements products are sampled: generators times all


def pairs(rho):
    elements = some_elements(rho.group)
    return product(rho.group.generators if len(elements) > LARGE else elements, elements)


@by_group
def test_matrices_multiply_as_the_elements_do(group):
    for rho in representations(group):
        table = {g: rho.matrix(g) for g in some_elements(rho.group)}
        for g, h in pairs(rho):
            product_matrix = rho.matrix(g) @ table[h]
            torch.testing.assert_close(product_matrix, rho.matrix(rho.group.compose(g, h)), atol=2e-13, rtol=0)


@by_group
def test_matrices_are_orthogonal_float64_and_the_identity_is_the_identity(group):
    for rho in representations(group):
        eye = torch.eye(rho.dim, dtype=torch.float64)
        assert torch.equal(rho.matrix(rho.group.identity), eye)
        for g in some_elements(rho.group):
            matrix = rho.matrix(g)
            assert (matrix.shape, matrix.dtype) == ((rho.dim, rho.dim), torch.float64)
            torch.testing.assert_close(matrix @ matrix.T, eye, atol=1e-13, rtol=0)


@by_group
def test_the_character_is_the_trace_and_the_same_for_conjugate_elements(group):
    for rho in representations(group):
        assert rho.character(rho.group.identity) == rho.dim
        elements = some_elements(rho.group)
        for g, h in zip(elements, reversed(elements), strict=True):
            assert rho.character(g) == pytest.approx(float(rho.matrix(g).trace()), abs=1e-12)
            conjugate = rho.group.compose(rho.group.compose(h, g), rho.group.inverse(h))
            assert rho.character(conjugate) == pytest.approx(rho.character(g), abs=1e-12)


@by_group
def test_is_permutation_says_what_the_matrices_of_all_elements_say(group):
    for rho in representations(group):
        matrices = [rho.matrix(g) for g in some_elements(rho.group)]
        assert rho.is_permutation == all(bool(((matrix == 0) | (matrix == 1)).all()) for matrix in matrices)


@by_group
def test_the_permutation_is_the_one_of_the_matrix_or_is_refused(group):
    for rho in representations(group):
        v = torch.arange(rho.dim, dtype=torch.float64) + 1
        if rho.is_permutation:
            assert all(torch.equal(v[rho.permutation(g)], rho.matrix(g) @ v) for g in some_elements(rho.group))
        else:
            with refused(FieldTypeError, "representation", expected="permutes"):
                rho.permutation(rho.group.identity)


@by_group
def test_elements_of_another_group_are_refused(group):
    for rho in representations(group):
        if group == O2:
            continue  # every exact element is one of O(2)
        stranger = Element(SO2.generators[0].turn, mirror=True)
        for method in (rho.matrix, rho.character):
            with refused(GroupError, "g", expected=str(rho.group), got=str(stranger), hint="group.element"):
                method(stranger)


@by_group
def test_representations_pickle_copy_and_hash(group):
    for rho in representations(group):
        again = pickle.loads(pickle.dumps(rho))
        assert again == copy.deepcopy(rho) == rho
        assert hash(again) == hash(rho)
        assert str(again) == str(rho)


def test_different_representations_are_not_equal():
    by_text = {}
    for rho in (rho for group in GROUPS for rho in representations(group)):
        by_text.setdefault((rho.group, str(rho)), set()).add(rho)
    assert all(len(same) == 1 for same in by_text.values())
    assert Irrep(D(4), 1) != Irrep(D(4), 2) != Irrep(C(4), 2)
    assert p4m.quotient(D(1)) != p4m.quotient(D(1, "1/2"))
    assert p4m.regular == Quotient(D(4), C(1))
