"""Images moved by elements of O(2): exact on the grid, measured off it."""

from fractions import Fraction

import pytest
import torch
from group_cases import ON_THE_GRID

from equilab.errors import FieldTypeError, GroupError, ShapeError
from equilab.groups import O2, Element, move, p4m
from tests.refused import refused

OFF_GRID = [Element(Fraction(k, n), mirror) for n in (3, 5, 8) for k in range(1, n, 2) for mirror in (False, True)]
CORNERS = [(0, 0), (0, 4), (1, 3), (2, 2), (4, 1)]


def coordinates(size):
    """x to the right, y up, about the centre."""
    place = torch.arange(size, dtype=torch.float64) - (size - 1) / 2
    return torch.stack([place.repeat(size), -place.repeat_interleave(size)])


def two_blobs(size, width, g=None):
    """Two Gaussians off the centre, moved by g: the value at p is that of the unmoved picture at g^-1 p."""
    g = g or O2.identity
    u, v = O2.matrix(O2.inverse(g)) @ coordinates(size)
    first = torch.exp(-((u - 3) ** 2 + (v - 1) ** 2 / 2) / (2 * width**2))
    return (first + 0.5 * torch.exp(-((u + 2) ** 2 + (v + 3) ** 2) / (2 * width**2))).reshape(size, size)


@pytest.mark.parametrize("size", [5, 4])
@pytest.mark.parametrize("g", p4m.elements, ids=str)
def test_a_bright_pixel_lands_where_the_matrix_sends_it(g, size):
    for row, column in CORNERS:
        if max(row, column) < size:
            image = torch.zeros(size, size, dtype=torch.float64)
            image[row, column] = 1
            target = p4m.matrix(g) @ coordinates(size)[:, row * size + column]
            moved = coordinates(size)[:, int(move(g, image).argmax())]
            assert torch.equal(moved, target)


@pytest.mark.parametrize("group", ON_THE_GRID, ids=str)
def test_moving_twice_is_moving_by_the_product_bit_for_bit(group):
    x = torch.randn(2, 3, 6, 6, generator=torch.Generator().manual_seed(0))
    for g in group:
        assert torch.equal(move(group.inverse(g), move(g, x)), x)
        assert all(torch.equal(move(g, move(h, x)), move(group.compose(g, h), x)) for h in group)


@pytest.mark.parametrize(("dtype", "bound"), [(torch.float64, 2e-7), (torch.float32, 2e-6)], ids=str)
@pytest.mark.parametrize("g", OFF_GRID, ids=str)
def test_a_smooth_picture_is_moved_off_the_grid_as_the_formula_says(g, dtype, bound):
    """Measured on 33 x 33, width 2 pixels: at most 1.2e-7 in float64 and 6.5e-7 in float32 of a height of 1."""
    moved = move(g, two_blobs(33, 2.0).to(dtype))
    assert moved.dtype == dtype
    assert float((moved.double() - two_blobs(33, 2.0, g)).abs().max()) < bound


@pytest.mark.parametrize("size", [32, 33])
@pytest.mark.parametrize(("width", "bound"), [(1.5, 2e-5), (2.5, 1e-4), (3.0, 2e-3)])
def test_sharper_pictures_ring_and_wider_ones_are_cut_off_by_the_frame(width, bound, size):
    """Measured, worst of both sizes: 1.3e-5 at width 1.5, 6.7e-5 at 2.5, 1.3e-3 at 3."""
    worst = max(float((move(g, two_blobs(size, width)) - two_blobs(size, width, g)).abs().max()) for g in OFF_GRID)
    assert bound / 100 < worst < bound


def test_small_turns_add_up_to_a_quarter():
    picture, step = two_blobs(33, 2.0), Element(Fraction(1, 40))
    moved = picture
    for _ in range(10):
        moved = move(step, moved)
    assert float((moved - picture.rot90()).abs().max()) < 2e-7


@pytest.mark.parametrize("size", [8, 9])
def test_moving_off_the_grid_is_linear_and_commutes_with_what_the_grid_does(size):
    x = torch.randn(2, 1, size, size, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    turn = Element(Fraction(1, 12))
    torch.testing.assert_close(move(turn, x[0] + 2 * x[1]), move(turn, x[0]) + 2 * move(turn, x[1]))
    assert torch.equal(move(Element(Fraction(1, 3)), x), move(turn, move(p4m.element("1/4"), x)))
    torch.testing.assert_close(move(O2.inverse(turn), x.flip(-1)), move(turn, x).flip(-1))  # R(-a) M = M R(a)


def test_gradients_flow_through_a_turn():
    x = torch.randn(1, 5, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0)).requires_grad_()
    assert torch.autograd.gradcheck(lambda y: move(Element(Fraction(1, 7), True), y), (x,))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_turned_in_float32(dtype):
    picture, turn = two_blobs(33, 2.0), Element(Fraction(1, 8))
    moved = move(turn, picture.to(dtype))
    assert moved.dtype == dtype
    assert float((moved.double() - two_blobs(33, 2.0, turn)).abs().max()) < 2 * torch.finfo(dtype).eps


def test_an_empty_batch_and_integers_on_the_grid_are_moved():
    assert move(Element(Fraction(1, 8)), torch.zeros(0, 3, 4, 4)).shape == (0, 3, 4, 4)
    assert move(p4m.element("1/4"), torch.tensor([[1, 2], [3, 4]])).tolist() == [[2, 4], [1, 3]]
    assert move(p4m.element(0, mirror=True), torch.tensor([[1, 2], [3, 4]])).tolist() == [[2, 1], [4, 3]]


def test_half_turns_and_mirrors_need_no_square():
    x = torch.arange(6).reshape(2, 3)
    assert move(p4m.element("1/2", mirror=True), x).tolist() == [[3, 4, 5], [0, 1, 2]]  # upside down
    for turn in ("1/4", "1/8"):
        with refused(ShapeError, "x", expected=f"H == W to be turned by {turn}", got=(2, 3), hint="pad or crop"):
            move(O2.element(turn), x)


def test_real_and_imaginary_parts_are_moved_apart():
    picture = torch.complex(two_blobs(9, 2.0), two_blobs(9, 1.5))
    for turn in ("1/8", "3/8"):
        g = O2.element(turn, mirror=True)
        assert torch.equal(move(g, picture), torch.complex(move(g, picture.real), move(g, picture.imag)))


def test_swapped_arguments_are_refused_with_the_order():
    with refused(GroupError, "move(g, x)", expected="an element and a tensor", got="Tensor and Element"):
        move(torch.zeros(4, 4), p4m.identity)


def test_integers_are_not_interpolated():
    with refused(FieldTypeError, "x", expected="turned by 1/8", got=torch.uint8, hint="x.float"):
        move(O2.element("1/8"), torch.zeros(4, 4, dtype=torch.uint8))
