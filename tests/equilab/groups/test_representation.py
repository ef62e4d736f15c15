"""The action of a group on tensors: (T_g f)(p) = rho(g) f(g^-1 p)."""

import pytest
import torch
from group_cases import FINITE, GROUPS, ON_THE_GRID, representations, some_elements

from equilab.errors import FieldTypeError, GroupError, ShapeError
from equilab.groups import O2, SO2, C, D, FieldType, move, p4, p4m
from tests.refused import refused

TOLERANCE = {torch.float64: 1e-13, torch.float32: 2e-5}
dtypes = pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)


def field_types(group):
    return [rho if isinstance(rho, FieldType) else 2 * rho for rho in representations(group)]


def random_tensor(*shape, dtype=torch.float64):
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(0)).to(dtype)


@dtypes
@pytest.mark.parametrize("group", ON_THE_GRID, ids=str)
def test_acting_twice_on_a_grid_is_acting_by_the_product(group, dtype):
    for field_type in field_types(group):
        x = random_tensor(1, field_type.dim, 4, 4, dtype=dtype)
        for g in group.generators:
            for h in group:
                twice, once = field_type.act(g, field_type.act(h, x)), field_type.act(group.compose(g, h), x)
                if field_type.is_permutation:
                    assert torch.equal(twice, once)
                torch.testing.assert_close(twice, once, atol=TOLERANCE[dtype], rtol=0)
        assert torch.equal(field_type.act(group.identity, x), x)


@dtypes
@pytest.mark.parametrize("group", GROUPS, ids=str)
def test_acting_twice_on_vectors_is_acting_by_the_product(group, dtype):
    for field_type in field_types(group):
        x = random_tensor(3, field_type.dim, dtype=dtype)
        for g in group.generators:
            for h in some_elements(group):
                twice, once = field_type.act(g, field_type.act(h, x)), field_type.act(group.compose(g, h), x)
                if field_type.is_permutation:
                    assert torch.equal(twice, once)
                torch.testing.assert_close(twice, once, atol=TOLERANCE[dtype], rtol=0)


@pytest.mark.parametrize("group", FINITE, ids=str)
def test_the_action_on_vectors_is_the_matrix(group):
    for field_type in field_types(group):
        x = random_tensor(3, field_type.dim)
        for g in group:
            torch.testing.assert_close(field_type.act(g, x), x @ field_type.matrix(g).T, atol=1e-13, rtol=0)


@pytest.mark.parametrize("group", ON_THE_GRID, ids=str)
def test_the_value_at_a_moved_pixel_is_the_mixed_value_at_the_pixel(group):
    """(T_g f)(g p) = rho(g) f(p), pixel by pixel."""
    place = torch.arange(4.0).double() - 1.5
    points = torch.stack([place.repeat(4), -place.repeat_interleave(4)], 1)
    for field_type in field_types(group):
        x = random_tensor(1, field_type.dim, 4, 4)
        for g in group:
            to = torch.cdist(points @ group.matrix(g).T, points).argmin(1)
            moved = field_type.act(g, x)[0].flatten(1)[:, to]
            torch.testing.assert_close(moved, field_type.matrix(g) @ x[0].flatten(1), atol=1e-13, rtol=0)


def test_images_are_moved_and_regular_fields_are_moved_and_shifted():
    x, quarter = random_tensor(1, 4, 5, 5), p4.element("1/4")
    assert torch.equal((4 * p4.trivial).act(quarter, x), x.rot90(1, (-2, -1)))
    assert torch.equal((1 * p4.regular).act(quarter, x), x.rot90(1, (-2, -1)).roll(1, 1))


def test_the_gradient_of_a_moved_picture_is_the_moved_gradient():
    """Gradients are vector fields: irrep(1) of every group that moves the plane."""

    def gradient(f):  # central differences, x to the right and y up; the rim is left out
        along_x = (f[..., 1:-1, 2:] - f[..., 1:-1, :-2]) / 2
        along_y = (f[..., :-2, 1:-1] - f[..., 2:, 1:-1]) / 2
        return torch.cat([along_x, along_y], 1)

    picture, vectors = random_tensor(1, 1, 7, 7), 1 * p4m.irrep(1)
    for g in p4m:
        torch.testing.assert_close(gradient(move(g, picture)), vectors.act(g, gradient(picture)))


@dtypes
@pytest.mark.parametrize("group", [C(8), D(6), SO2, O2], ids=str)
def test_off_the_grid_acting_twice_is_acting_by_the_product_up_to_interpolation(group, dtype):
    """Measured on 33 x 33 and a picture of width 2: below 3e-7, and 2e-6 in float32."""
    place = torch.arange(33.0).double() - 16
    blob = torch.exp(-((place[:, None] - 2) ** 2 + (place - 3) ** 2) / 8)
    field_type = 1 * group.trivial + 1 * group.irrep(1) + 1 * group.irrep(2)
    x = (random_tensor(1, field_type.dim, 1, 1) * blob).to(dtype)
    for g in group.generators:
        for h in some_elements(group):
            twice, once = field_type.act(g, field_type.act(h, x)), field_type.act(group.compose(g, h), x)
            assert float((twice - once).abs().max()) < (5e-7 if dtype == torch.float64 else 4e-6)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.int64])
def test_the_action_keeps_dtype_layout_and_gradients(dtype):
    x = torch.ones(2, 4, 5, 5).to(dtype)
    assert (1 * p4.regular).act(p4.element("1/4"), x).dtype == dtype
    y = random_tensor(2, 4, 5, 5).requires_grad_()
    (2 * p4.irrep(1)).act(p4.element("1/4"), y).square().sum().backward()
    torch.testing.assert_close(y.grad, 2 * y.detach())  # orthogonal: the norm does not change
    assert (2 * p4.irrep(1)).act(p4.identity, y[:0]).shape == (0, 4, 5, 5)


def test_real_and_imaginary_parts_are_acted_on_apart():
    for field_type, turn in ((p4.irrep(1) + p4.regular, "1/4"), (C(8).irrep(1) + C(8).regular, "1/8")):
        g = field_type.group.element(turn)
        real, imaginary = random_tensor(2, field_type.dim, 5, 5), random_tensor(2, field_type.dim, 5, 5).flip(0)
        expected = torch.complex(field_type.act(g, real), field_type.act(g, imaginary))
        torch.testing.assert_close(field_type.act(g, torch.complex(real, imaginary)), expected)


@pytest.mark.parametrize(
    ("g", "x", "kinds", "hint"),
    [
        (torch.zeros(1, 4), p4.identity, "Tensor and Element", "group.element"),
        ([[0, -1], [1, 0]], torch.zeros(1, 4), "list and Tensor", "group.element"),
        (p4.identity, [0, 1, 2, 3], "Element and list", "torch.as_tensor"),
    ],
    ids=["swapped", "list for g", "list for x"],
)
def test_what_is_no_element_and_no_tensor_is_refused_with_the_order(g, x, kinds, hint):
    with refused(GroupError, "act(g, x)", expected="an element and a tensor", got=kinds, hint=hint):
        (1 * p4.regular).act(g, x)


def test_what_cannot_be_acted_on_is_refused():
    with refused(GroupError, "g", expected="C4", got="mirror", hint="group.element"):
        (3 * p4.trivial).act(D(4).element(0, mirror=True), torch.zeros(1, 3, 4, 5))
    with refused(ShapeError, "x", expected="H == W to be turned by 1/4", got=(1, 3, 4, 5)):
        (3 * p4.trivial).act(p4.element("1/4"), torch.zeros(1, 3, 4, 5))
    with refused(FieldTypeError, "x", expected="floating point to be mixed by C8.irrep(1)", got=torch.int64):
        (1 * C(8).irrep(1)).act(C(8).element("1/8"), torch.ones(1, 2, dtype=torch.int64))
