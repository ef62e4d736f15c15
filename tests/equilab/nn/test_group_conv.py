"""Group convolution: every equivariant map and no other, exact where the sizes fit, clear where they do not."""

import warnings

import numpy as np
import pytest
import torch
from symmetry import ROUND_OFF, draw, error
from torch.nn import functional

from equilab.errors import EquivarianceError, FieldTypeError, GroupError, SettingError, ShapeError
from equilab.groups import SO2, C, D, p4, p4m
from equilab.nn import GroupConv2d, GroupConvTranspose2d
from tests.refused import refused

T = 4 * p4.regular
QUARTER = [p4.element("1/4")]


def permuting(representation, g, size):
    """The matrix of T_g on images (dim, size, size)."""
    moved = [(1 * representation).act(g, x[None]) for x in basis_images(representation.dim, size)]
    return torch.stack([x.flatten() for x in moved], 1).numpy()


def basis_images(channels, size):
    return torch.eye(channels * size * size, dtype=torch.float64).unflatten(1, (channels, size, size))


def on_a_torus(conv, size):
    """The matrix of a 3 x 3 convolution on images whose edges meet."""
    images = functional.pad(basis_images(conv.in_type.dim, size), (1, 1, 1, 1), mode="circular")
    with torch.no_grad():
        return conv(images).flatten(1).T.numpy()


CASES = [
    (C(4).trivial, C(4).regular, 9),
    (C(4).regular, C(4).regular, 36),
    (C(4).trivial, C(4).irrep(1), 4),
    (C(4).irrep(1), C(4).irrep(1), 10),
    (C(4).irrep(2), C(4).trivial, 2),
    (C(2).regular, C(2).irrep(1), 9),
    (D(1).regular, D(1).regular, 18),
    (D(1, "1/4").irrep(0, -1), D(1, "1/4").regular, 9),
    (D(2).trivial, D(2).quotient(C(2)), 5),
    (D(4).trivial, D(4).irrep(1), 2),
    (D(4).irrep(1), D(4).irrep(0, -1), 2),
    (C(1).trivial, C(1).trivial, 9),
]


@pytest.mark.parametrize(("rho_in", "rho_out", "dim"), CASES, ids=[f"{a} -> {b}" for a, b, _ in CASES])
def test_its_maps_are_all_that_commute_with_shifts_and_the_group(rho_in, rho_out, dim):
    """Dense matrices on a torus of 3 x 3 pixels, where a 3 x 3 kernel reaches everything; null space by numpy."""
    size, group = 3, rho_out.group
    images_in, images_out = (basis_images(rho.dim, size) for rho in (rho_in, rho_out))
    laws = [(permuting(rho_in, g, size), permuting(rho_out, g, size)) for g in group.generators]
    for axis in (2, 3):
        shifted = (images.roll(1, axis).flatten(1).T.numpy() for images in (images_in, images_out))
        laws.append(tuple(shifted))
    eyes = np.eye(len(images_out)), np.eye(len(images_in))
    gram = 0.0
    for before, after in laws:  # L before = after L, on the entries of L row by row
        law = np.kron(eyes[0], before.T) - np.kron(after, eyes[1])
        gram = gram + law.T @ law
    null_dim = int((np.linalg.eigvalsh(gram) < 1e-9).sum())
    conv = GroupConv2d(rho_in, rho_out, 3, bias=False).double()
    (weight,) = conv.parameters()
    maps = []
    for index in range(weight.numel()):
        with torch.no_grad():
            weight.zero_().view(-1)[index] = 1
        maps.append(on_a_torus(conv, size).flatten())
        assert np.abs(gram @ maps[-1]).max() < 1e-12  # it solves the laws
    assert np.linalg.matrix_rank(np.stack(maps)) == len(maps) == null_dim == dim


@pytest.mark.parametrize("kernel_size", [1, 2, 3, 4, 5])
def test_the_number_of_parameters_is_the_sum_of_the_dimensions_of_all_pairs(kernel_size):
    k = kernel_size
    scalar = (k * k + 3) // 4 if k % 2 else k * k // 4
    vector = (0, 2, 4, 8, 12)[k - 1]
    conv = GroupConv2d(3 * p4.trivial + 2 * p4.regular, 5 * p4.regular + 2 * p4.trivial + 3 * p4.irrep(1), k)
    pairs = 5 * (3 * k * k + 2 * 4 * k * k) + 2 * (3 * scalar + 2 * k * k) + 3 * (3 * vector + 2 * 2 * k * k)
    assert sum(p.numel() for p in conv.kernel.parameters()) == pairs
    assert conv.bias is not None
    assert sum(p.numel() for p in conv.bias.parameters()) == 5 + 2


def test_a_pair_of_regular_fields_of_c4_has_36_parameters_at_k3():
    assert GroupConv2d(p4.regular, p4.regular, 3, bias=False).kernel.weights["0_0"].numel() == 36
    assert GroupConv2d(p4m.regular, p4m.regular, 3, bias=False).kernel.weights["0_0"].numel() == 72


def test_lifting_is_the_convolution_with_the_turned_filters():
    """Channel i of a regular field answers to the filter turned by i quarters (Cohen & Welling 2016, section 6.1)."""
    conv = GroupConv2d(p4.trivial, p4.regular, 3, bias=False).double()
    first = conv.kernel()[:1]
    x = draw(conv.in_type)
    expected = torch.cat([functional.conv2d(x, first.rot90(turn, (2, 3))) for turn in range(4)], 1)
    assert torch.allclose(conv(x), expected, atol=1e-14, rtol=0)


def test_the_bias_of_a_regular_field_is_one_number_and_a_vector_has_none():
    conv = GroupConv2d(p4.trivial, 1 * p4.regular + 1 * p4.irrep(1), 3)
    assert conv.bias is not None
    torch.nn.init.constant_(next(conv.bias.parameters()), 0.7)
    assert conv.bias().tolist() == pytest.approx([0.7] * 4 + [0, 0])
    assert GroupConv2d(p4.trivial, p4.irrep(1), 3).bias is None


def test_groups_are_convolutions_side_by_side():
    part_in, part_out = 1 * p4.trivial + 1 * p4.regular, 2 * p4.regular
    conv = GroupConv2d(2 * part_in, 2 * part_out, 3, groups=2).double()
    alone = GroupConv2d(part_in, part_out, 3).double()
    x = draw(conv.in_type)
    for half in (0, 1):
        with torch.no_grad():
            for name, weight in alone.kernel.weights.items():
                weight.copy_(conv.kernel.weights[name].chunk(2, 1)[half])
        assert torch.allclose(conv(x).chunk(2, 1)[half], alone(x.chunk(2, 1)[half]), atol=1e-13, rtol=0)
    assert error(conv, x, conv.in_type, conv.out_type) < ROUND_OFF


@pytest.mark.parametrize("group", [C(1), C(2), C(4), D(1), D(2), D(4), D(1, "1/2"), D(1, "1/4"), D(2, "1/4")], ids=str)
@pytest.mark.parametrize(
    ("settings", "size"),
    [
        ({"padding": 1}, 8),
        ({"stride": 2}, 9),
        ({"stride": 2, "padding": 1}, 9),
        ({"stride": 3, "padding": 2, "dilation": 2}, 10),
    ],
    ids=str,
)
def test_it_commutes_with_every_group_of_the_grid(group, settings, size):
    in_type = 1 * group.trivial + 1 * group.regular
    conv = GroupConv2d(in_type, 1 * group.regular + 1 * group.irreps()[-1], 3, **settings).double()
    assert error(conv, draw(in_type, size), conv.in_type, conv.out_type) < ROUND_OFF


@pytest.mark.parametrize("size", range(8, 13))
def test_parity_of_a_strided_convolution(size):
    """k3 s2 p1: exact at odd sizes; at even ones the error is as large as the features."""
    conv = GroupConv2d(T, T, 3, stride=2, padding=1, generator=torch.Generator().manual_seed(0)).double()
    x = draw(T, size)
    if size % 2:
        assert error(conv, x, T, T) < ROUND_OFF
        return
    with refused(EquivarianceError, "x", expected=f"height {size - 1} or {size + 1}", got=size):
        conv(x)
    conv.exact = "warn"
    with pytest.warns(UserWarning, match=f"got {size}; .* breaks the symmetry"):
        conv(x)
    conv.exact = "off"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert error(conv, x, T, T, QUARTER) > 1  # measured 1.5


def test_a_group_guards_the_axes_that_it_reverses():
    mirrored = GroupConv2d(D(1).trivial, D(1).regular, 3, stride=2, padding=1)
    assert mirrored(torch.zeros(1, 1, 8, 9)).shape == (1, 2, 4, 5)
    with refused(EquivarianceError, "x", expected="width 7 or 9", got=8):
        mirrored(torch.zeros(1, 1, 9, 8))
    free = GroupConv2d(C(1).trivial, C(1).regular, 3, stride=2, padding=1)
    assert free(torch.zeros(1, 1, 8, 8)).shape == (1, 1, 4, 4)
    sixteen = GroupConv2d(C(16).trivial, C(16).regular, 3, stride=2, padding=1)
    for size, name in (((8, 9), "height"), ((9, 8), "width")):
        with refused(EquivarianceError, "x", expected=f"{name} 7 or 9", got=8):
            sixteen(torch.zeros(1, 1, *size))


def test_a_generator_is_the_only_source_of_randomness():
    before = torch.get_rng_state()
    first, same, other = (
        GroupConv2d(T, T, 3, generator=torch.Generator().manual_seed(seed)).kernel() for seed in (0, 0, 1)
    )
    assert torch.equal(first, same)
    assert not torch.equal(first, other)
    assert torch.equal(before, torch.get_rng_state())


def test_same_padding_keeps_the_size():
    conv = GroupConv2d(p4.trivial, p4.regular, 5, padding="same", dilation=2)
    assert conv(torch.zeros(1, 1, 12, 13)).shape == (1, 4, 12, 13)


@pytest.mark.parametrize(
    ("arguments", "argument", "expected", "got", "hint"),
    [
        ((3, T, 3), "in_type", "16 * G.regular", 3, ""),
        ((T, p4m.regular, 3), "in_type and out_type", "group", "C4[4*regular] and D4[1*regular]", "eq.nn.Restrict"),
        ((p4.trivial, p4.irrep(1), 1), "out_type", "size 1 from C4[1*trivial]", "C4[1*irrep(1)]", "larger kernel"),
    ],
)
def test_types_that_make_no_sense_are_refused(arguments, argument, expected, got, hint):
    with refused(FieldTypeError, argument, expected=expected, got=got, hint=hint):
        GroupConv2d(*arguments)


@pytest.mark.parametrize(
    ("settings", "argument", "expected", "got"),
    [
        ({"kernel_size": 0}, "kernel_size", "an integer of at least 1", 0),
        ({"kernel_size": (3, 3)}, "kernel_size", "an integer of at least 1", "(3, 3) of type tuple"),
        ({"stride": 0}, "stride", "an integer of at least 1", 0),
        ({"padding": -1}, "padding", "an integer of at least 0", -1),
        ({"padding": "valid"}, "padding", "an integer or 'same'", "'valid'"),
        ({"kernel_size": 4, "padding": "same"}, "padding", "odd kernel", "kernel_size 4, stride 1"),
        ({"padding": "same", "stride": 2}, "padding", "stride 1", "kernel_size 3, stride 2"),
        ({"groups": 3}, "groups", "equal parts of in_type C4[4*regular]", 3),
        ({"groups": 0}, "groups", "an integer of at least 1", 0),
        ({"exact": "no"}, "exact", "'raise', 'warn' or 'off'", "'no'"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings, argument, expected, got):
    with refused(SettingError, argument, expected=expected, got=got):
        GroupConv2d(T, T, **{"kernel_size": 3} | settings)


def test_input_of_another_shape_is_refused():
    for layer in (GroupConv2d(T, T, 3), GroupConvTranspose2d(T, T, 3)):
        for shape in ((2, 12, 9, 9), (16, 9, 9), (2, 16)):
            with refused(ShapeError, "x", expected="(batch, 16, H, W) for C4[4*regular]", got=shape):
                layer(torch.zeros(shape))


def test_a_group_without_regular_fields_says_what_to_use():
    with refused(GroupError, "subgroup", expected="SO(2)", got="C1", hint="irreps of SO(2), or a finite group"):
        GroupConv2d(SO2.trivial, SO2.regular, 3)
