"""Field types, elements and tensors to and from escnn: they act there as here, and come back as they went."""

import numpy as np
import pytest
import torch
from escnn_cases import FINITE, GROUPS, ON_THE_GRID, foreign, native, needs_escnn, slow_disk

from equilab.errors import FieldTypeError, GroupError, ShapeError
from equilab.groups import O2, SO2, C, D, Element, FromMatrices, Group
from equilab.interop.escnn import from_escnn, load_escnn, to_escnn
from tests.refused import refused

pytestmark = [needs_escnn, slow_disk]
ROUND_OFF = 1e-12


def some_elements(group: Group) -> list[Element]:
    """All elements of a finite group, else a quarter turn and eight that are drawn."""
    if group.is_finite:
        return list(group.elements)
    generator = torch.Generator().manual_seed(0)
    return [group.element("1/4"), *(group.random_element(generator) for _ in range(8))]


def draw(channels: int, *size: int) -> torch.Tensor:
    return torch.randn(2, channels, *size, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("kind", [native, foreign])
@pytest.mark.parametrize("group", GROUPS, ids=str)
def test_an_element_mixes_the_channels_as_in_escnn(group, kind):
    pair = to_escnn(kind(group))
    x = draw(pair.field_type.dim, 1, 1)
    for g in some_elements(group):
        moved = pair.unwrap(pair.wrap(x).transform_fibers(pair.element(g)))
        # escnn's matrices are float32 when they meet a tensor
        torch.testing.assert_close(moved, pair.field_type.mix(g, x), rtol=0, atol=2e-6)


@pytest.mark.parametrize("kind", [native, foreign])
@pytest.mark.parametrize("group", GROUPS, ids=str)
def test_the_basis_intertwines_the_matrices_to_round_off(group, kind):
    pair = to_escnn(kind(group))
    torch.testing.assert_close(pair.basis @ pair.basis.T, torch.eye(len(pair.basis)).double(), rtol=0, atol=ROUND_OFF)
    for g in some_elements(group):
        theirs = torch.from_numpy(np.array(pair.escnn_type.representation(pair.element(g)))).double()
        difference = pair.basis @ pair.field_type.matrix(g) - theirs @ pair.basis
        assert float(difference.abs().max()) < ROUND_OFF


@pytest.mark.parametrize("group", ON_THE_GRID, ids=str)
def test_an_element_moves_an_image_as_in_escnn(group):
    pair = to_escnn(native(group))
    x = draw(pair.field_type.dim, 9, 9)
    for g in group:
        moved = pair.unwrap(pair.wrap(x).transform(pair.element(g)))
        torch.testing.assert_close(moved, pair.field_type.act(g, x), rtol=0, atol=2e-6)


@pytest.mark.parametrize("group", GROUPS, ids=str)
def test_an_element_moves_points_as_in_escnn(group):
    pair = to_escnn(1 * group.trivial)
    for g in some_elements(group):
        plane = torch.from_numpy(pair.escnn_type.gspace.basespace_action(pair.element(g)))
        torch.testing.assert_close(plane, group.matrix(g), rtol=0, atol=ROUND_OFF)


@pytest.mark.parametrize("kind", [native, foreign])
@pytest.mark.parametrize("group", [group for group in GROUPS if group != C(1)], ids=str)
def test_a_type_comes_back_as_it_went(group, kind):
    pair = to_escnn(kind(group))
    back = from_escnn(pair.escnn_type)
    assert back.field_type == pair.field_type
    torch.testing.assert_close(back.basis, pair.basis, rtol=0, atol=ROUND_OFF)


def test_the_regular_field_of_the_trivial_group_comes_back_as_the_trivial_one():
    assert from_escnn(to_escnn(C(1).regular).escnn_type).field_type == 1 * C(1).trivial


@pytest.mark.parametrize("name", ["rot", "flipped about x", "flip about a diagonal", "all turns", "all", "none"])
def test_a_type_of_escnn_comes_back_as_it_went(name):
    gspaces = load_escnn().gspaces
    space, group = {
        "rot": (gspaces.rot2dOnR2(6), C(6)),
        "flipped about x": (gspaces.flipRot2dOnR2(3, axis=0.0), D(3, "1/6")),
        "flip about a diagonal": (gspaces.flip2dOnR2(axis=np.pi / 4), D(1, "3/4")),
        "all turns": (gspaces.rot2dOnR2(), SO2),
        "all": (gspaces.flipRot2dOnR2(axis=0.0), O2),
        "none": (gspaces.trivialOnR2(), C(1)),
    }[name]
    fields = [space.trivial_repr, *space.fibergroup.irreps()[:4]]
    fields += [space.regular_repr] if group.is_finite and group != C(1) else []
    theirs = load_escnn().nn.FieldType(space, fields)
    pair = from_escnn(theirs)
    assert pair.field_type.group == group
    for g in some_elements(group):
        matrix = torch.from_numpy(np.array(theirs.representation(pair.element(g)))).double()
        assert float((pair.basis @ pair.field_type.matrix(g) - matrix @ pair.basis).abs().max()) < ROUND_OFF
    assert [rho.size for rho in theirs.representations] == [rho.dim for rho in pair.field_type.fields]
    again = to_escnn(pair.field_type).escnn_type
    assert [rho.name for rho in again.representations] == [rho.name for rho in theirs.representations]


def test_a_sum_in_one_field_keeps_its_matrices_or_becomes_its_irreps():
    escnn = load_escnn()
    finite, infinite = escnn.gspaces.rot2dOnR2(4), escnn.gspaces.rot2dOnR2()
    both = escnn.nn.FieldType(finite, [finite.regular_repr + finite.trivial_repr])
    (field,) = from_escnn(both).field_type.fields
    assert isinstance(field, FromMatrices)
    assert field.is_permutation
    waves = escnn.nn.FieldType(infinite, [infinite.fibergroup.bl_regular_representation(2)])
    assert str(from_escnn(waves).field_type) == "SO(2)[1*trivial + 1*irrep(1) + 1*irrep(2)]"


@pytest.mark.parametrize("group", FINITE, ids=str)
def test_regular_fields_have_the_same_channels_in_both(group):
    assert torch.equal(to_escnn(2 * group.regular).basis, torch.eye(2 * group.order).double())


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_tensor_comes_back_bit_by_bit_where_channels_are_permuted(dtype):
    pair = to_escnn(D(4).quotient(D(1, "1/4")) + 2 * D(4).regular)
    x = draw(pair.field_type.dim, 3, 3).to(dtype)
    assert torch.equal(pair.unwrap(pair.wrap(x)), x)


def test_mistakes_are_told():
    pair = to_escnn(2 * C(4).regular)
    with refused(ShapeError, "x", expected="(batch, 8, H, W) for C4[2*regular]", got=(1, 4, 3, 3)):
        pair.wrap(torch.zeros(1, 4, 3, 3))
    with refused(FieldTypeError, "tensor", expected=f"a GeometricTensor of type {pair.escnn_type}"):
        pair.unwrap(to_escnn(1 * C(4).regular).wrap(torch.zeros(1, 4, 3, 3)))
    with refused(GroupError, "g", expected="an element of C4", got="turn 1/8"):
        pair.element(C(8).element("1/8"))
    with refused(FieldTypeError, "field_type", expected="a field type such as"):
        to_escnn("C4")  # pyright: ignore[reportArgumentType]
    no_plane = load_escnn().gspaces.no_base_space(load_escnn().group.cyclic_group(4))
    with refused(FieldTypeError, "escnn_type", expected="an escnn.nn.FieldType over the plane"):
        from_escnn(load_escnn().nn.FieldType(no_plane, [no_plane.trivial_repr]))
