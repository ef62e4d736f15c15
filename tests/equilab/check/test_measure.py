"""Approximate symmetry: error curves over angles and shifts against functions of known symmetry."""

import math

import pytest
import torch
from torch import nn

import equilab as eq
from equilab.check import Blocks, Euclidean, Invariant, Permute, Points, Translate, measure
from equilab.errors import FieldTypeError, GroupError, SettingError
from equilab.groups import C4, D4, O2, SO2, C
from tests.refused import refused

EIGHTHS = tuple(45.0 * step for step in range(8))


@pytest.fixture
def images():
    """Three smooth images from 0 on, (3, 1, 33, 33), which do not end before their border."""
    noise = torch.rand(3, 1, 41, 41, generator=torch.Generator().manual_seed(0))
    smooth = nn.functional.avg_pool2d(noise, 9, 1)
    return smooth - smooth.min()


def ring_filter(x):
    """A convolution with a Gaussian that is the same in every direction."""
    place = torch.arange(9, dtype=x.dtype, device=x.device) - 4
    gaussian = torch.exp(-(place**2) / 2.5)
    kernel = (gaussian[:, None] * gaussian / gaussian.sum() ** 2)[None, None]
    return nn.functional.conv2d(x, kernel, padding=4)


def derivative(x):
    return nn.functional.conv2d(x, x.new_tensor([[[[-0.5, 0.0, 0.5]]]]), padding=(0, 1))


def test_a_round_filter_turns_at_every_angle_and_a_derivative_at_none(images):
    types = {"in_type": 1 * SO2.trivial, "out_type": 1 * SO2.trivial}
    round_ = measure(ring_filter, images, **types, angles=EIGHTHS, lie=False, images="smooth").curve
    assert round_.worst < 2e-3
    across = measure(derivative, images, **types, angles=EIGHTHS, lie=False, images="smooth").curve
    # turned by 180 degrees a derivative changes its sign: |d - (-d)| = 2 |d|; by t it is off by |1 - exp(i t)| |d|
    assert across.errors[0] == 0
    assert across.errors[2] / across.errors[4] == pytest.approx(1 / math.sqrt(2), rel=0.15)
    assert across.errors[1] / across.errors[4] == pytest.approx(math.sin(math.pi / 8), rel=0.15)
    assert all(
        error == pytest.approx(across.errors[-place], rel=0.15) for place, error in enumerate(across.errors[1:4], 1)
    )


def test_quarter_turns_of_an_exact_layer_are_round_off_and_have_no_floor(images):
    layer = eq.nn.GroupConv2d(1 * SO2.trivial, SO2.irrep(1) + SO2.irrep(2), kernel_size=5, padding=2)
    for kind in ("faded", "as given", "smooth"):
        curve = measure(layer, images, angles=EIGHTHS, lie=False, images=kind).curve
        assert max(curve.errors[::2]) < 1e-12
        assert max(curve.floors[::2]) == 0
        assert min(curve.errors[1::2]) > 1e-4
        assert min(curve.floors[1::2]) > 0


def test_the_floor_of_the_identity_is_all_of_its_error(images):
    found = measure(nn.Identity(), images, in_type=1 * SO2.trivial, out_type=1 * SO2.trivial, angles=EIGHTHS)
    assert found.curve.worst <= 3 * max(found.curve.floors)
    assert found.curve.worst < 1e-2


def test_smoother_images_have_a_lower_floor(images):
    types = {"in_type": 1 * SO2.trivial, "out_type": 1 * SO2.trivial, "angles": (45,), "lie": False}
    noise = torch.rand(images.shape, generator=torch.Generator().manual_seed(1))
    smooth, rough = (measure(derivative, x, **types).curve.floors[0] for x in (images, noise))
    assert smooth < rough / 3


def test_an_invariant_readout_is_one_at_every_angle(images):
    found = measure(lambda x: ring_filter(x).square().mean((1, 2, 3)), images, in_type=1 * O2.trivial,
                    out_type=Invariant(), images="smooth")  # fmt: skip
    assert found.curve.worst < 1e-3
    assert found.mirrored.worst < 1e-3
    assert len(found.curve.angles) == len(found.mirrored.angles) == 48


def test_mirrors_are_a_curve_of_their_own(images):
    # symmetric about the vertical, but not under turns: the mirror alone is exact
    found = measure(lambda x: x * torch.linspace(0, 1, 33).to(x)[:, None], images, in_type=1 * O2.trivial,
                    out_type=1 * O2.trivial, angles=EIGHTHS, lie=False)  # fmt: skip
    assert found.mirrored.errors[0] == 0
    assert found.mirrored.errors[4] > 0.1
    assert found.curve.errors[4] > 0.1
    assert not measure(
        ring_filter, images, in_type=1 * SO2.trivial, out_type=1 * SO2.trivial, angles=(0,)
    ).mirrored.angles


def test_regular_fields_turn_by_the_angles_of_their_group(images):
    group = C(8)
    layer = eq.nn.GroupConv2d(1 * group.trivial, 2 * group.regular, kernel_size=5, padding=2)
    found = measure(layer, images, lie=False)
    assert found.curve.angles == EIGHTHS
    assert max(found.curve.errors[::2]) < 1e-12
    with refused(GroupError, "angles", expected="angles of C8", got="30 degrees", hint="leave angles out"):
        measure(layer, images, angles=(30,))
    flips = measure(eq.nn.GroupConv2d(1 * D4.trivial, 1 * D4.regular, kernel_size=3, padding=1), images, lie=False)
    assert flips.curve.angles == flips.mirrored.angles == (0, 90, 180, 270)
    assert max(flips.curve.worst, flips.mirrored.worst) < 1e-12


def test_smooth_images_are_drawn_for_inputs_that_can_be_turned(images):
    lifting = eq.nn.GroupConv2d(1 * C4.trivial, 1 * C4.regular, kernel_size=3, padding=1)
    noise = torch.rand(images.shape, generator=torch.Generator().manual_seed(1))
    smooth, rough = (measure(lifting, noise, images=kind) for kind in ("smooth", "as given"))
    assert smooth.lie["translation_x"].error < rough.lie["translation_x"].error / 3
    layer = eq.nn.GroupConv2d(1 * C4.regular, 1 * C4.regular, kernel_size=3, padding=1)
    with refused(SettingError, "images", expected="'faded' or 'as given'", got="'smooth'"):
        measure(layer, noise.expand(-1, 4, -1, -1), images="smooth")


def test_irreps_and_trivial_fields_of_finite_groups_turn_by_any_angle(images):
    def gradient(x):
        return torch.cat([derivative(x), -derivative(x.mT).mT], 1)

    found = measure(gradient, images, in_type=1 * C4.trivial, out_type=1 * C4.irrep(1), angles=EIGHTHS, images="smooth")
    assert found.curve.worst < 0.03  # a difference of neighbours is nearly a derivative
    scalars = measure(gradient, images, in_type=1 * C4.trivial, out_type=2 * C4.trivial, angles=(90,), images="smooth")
    assert scalars.curve.worst > 0.5


def test_circular_convolutions_commute_with_parts_of_a_pixel_and_zeros_at_the_border_do_not(images):
    x = images + 1
    shifts = ((0.0, 0.5), (0.25, -0.75), (3.0, 0.0))
    errors = {}
    for padding in ("circular", "zeros"):
        torch.manual_seed(0)
        conv = nn.Conv2d(1, 1, 3, padding=1, padding_mode=padding)
        found = measure(conv, x, in_type=Translate(), out_type=Translate(), translations=shifts)
        errors[padding] = [each.error for each in found.translations]
        assert not found.curve.angles
        assert set(found.lie) == {"translation_x", "translation_y"}
    assert max(errors["circular"]) < 1e-12
    assert min(errors["zeros"]) > 1e-2


def test_steps_that_zeros_make_at_the_frame_ring_into_the_floor(images):
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.Sigmoid(), nn.Conv2d(8, 1, 3, padding=1))
    shifts = ((0.0, 1.0), (0.0, 0.5), (0.5, 0.5))
    types = {"in_type": 1 * SO2.trivial, "out_type": 1 * SO2.trivial, "angles": (0,), "images": "smooth"}
    whole, *parts = measure(net, images, **types, translations=shifts, lie=False).translations
    assert whole.error < 1e-12  # inside
    assert all(each.error <= each.floor < 0.1 for each in parts)


def test_an_aliasing_stride_is_seen_between_the_pixels_only(images):
    conv = nn.Conv2d(1, 1, 3, stride=2, padding=1, padding_mode="circular")
    x = torch.rand(2, 1, 32, 32, generator=torch.Generator().manual_seed(0))
    shifts = ((0.0, 1.0), (0.0, 2.0), (4.0, 0.0))
    found = measure(conv, x, in_type=Translate(), out_type=Translate(), translations=shifts, lie=False)
    odd, *even = (each.error for each in found.translations)
    assert odd > 0.3
    assert max(even) < 1e-12


def test_numbers_beside_images_stay_where_they_are(images):
    codes = torch.randn(3, 4, generator=torch.Generator().manual_seed(0))
    found = measure(lambda x, z: (ring_filter(x), z * x.square().mean((1, 2, 3))[:, None]), images, codes,
                    in_type=(1 * SO2.trivial, Invariant()), out_type=(1 * SO2.trivial, Invariant()), angles=(0, 30),
                    images="smooth")  # fmt: skip
    assert found.curve.worst < 2e-3
    assert len(found.translations) == 8


def test_points_turn_and_say_that_shifts_are_not_for_them():
    x = torch.randn(6, 2, generator=torch.Generator().manual_seed(0))
    found = measure(lambda x: x * x.norm(dim=1, keepdim=True), x, in_type=Points(), out_type=Points(), group=SO2)
    assert found.curve.worst < 1e-12
    assert found.lie["rotation"].squared < 1e-20
    assert not found.translations
    bent = measure(lambda x: x * x.new_tensor([1.0, 2.0]), x, in_type=Points(), out_type=Points(), group=SO2)
    # f = diag(1, 2): [J, f] has the entries 1, 1, so |L f| = |x|
    assert bent.lie["rotation"].squared == pytest.approx(float(x.double().square().mean()), rel=1e-6)
    with refused(SettingError, "translations", expected="images", got="points, points", hint="leave translations out"):
        measure(lambda x: x, x, in_type=Points(), out_type=Points(), group=SO2, translations=((1.0, 0.0),))


def test_blocks_of_a_latent_turn_each_in_their_own_way():
    z = torch.randn(6, 5, generator=torch.Generator().manual_seed(0))
    latent = Blocks((2, Points()), (3, Invariant()))
    assert measure(lambda z: 2 * z, z, in_type=latent, out_type=latent, group=SO2, angles=(30,)).curve.worst < 1e-12
    mixed = measure(lambda z: z.roll(1, 1), z, in_type=latent, out_type=latent, group=SO2, angles=(30,))
    assert mixed.curve.worst > 0.1
    assert mixed.lie["rotation"].error > 0.1


def test_a_constant_says_that_it_says_nothing(images):
    found = measure(lambda x: 0 * x + 1, images, in_type=1 * SO2.trivial, out_type=1 * SO2.trivial, angles=(0, 90))
    assert any("does not depend on the input" in note for note in found.notes)


def test_numbers_for_a_log_are_flat(images):
    found = measure(ring_filter, images, in_type=1 * O2.trivial, out_type=1 * O2.trivial, angles=EIGHTHS)
    values = found.to_dict()
    assert all(key.startswith("equivariance/") and isinstance(value, float) for key, value in values.items())
    assert values["equivariance/rotation_worst"] == found.curve.worst >= values["equivariance/rotation_mean"]
    assert values["equivariance/lie_scale"] == found.lie["scale"].squared
    lines = str(found).splitlines()
    assert lines[0].startswith("ring_filter under O(2), images faded")
    assert any("45 degrees" in line for line in lines)


@pytest.mark.parametrize(
    ("options", "error", "argument", "expected", "got"),
    [
        ({"images": "soft"}, SettingError, "images", "'faded', 'as given' or 'smooth'", "'soft'"),
        (
            {"in_type": Translate(), "out_type": Translate(), "angles": (0,)},
            SettingError,
            "angles",
            "types that turn",
            "Translate()",
        ),
        (
            {"in_type": Permute(2), "out_type": Permute(2)},
            FieldTypeError,
            "in_type, out_type",
            "types that turn with the plane",
            Permute(2),
        ),
    ],
)
def test_what_does_not_fit_is_said(images, options, error, argument, expected, got):
    with refused(error, argument, expected=expected, got=got):
        measure(nn.Identity(), images, **{"in_type": 1 * SO2.trivial, "out_type": 1 * SO2.trivial, **options})


def test_an_output_of_nan_is_no_small_error():
    types = {"in_type": SO2.trivial, "out_type": SO2.trivial}
    x = torch.rand(2, 1, 9, 9, generator=torch.Generator().manual_seed(0))
    found = measure(lambda x: x * float("nan"), x, **types, angles=[45], lie=False)
    assert "the output holds NaN: these numbers say nothing" in found.notes
    assert not found.curve.errors[0] < 1


def test_motions_of_space_are_refused():
    points = torch.rand(7, 3, generator=torch.Generator().manual_seed(0))
    with refused(SettingError, "group", expected="motions of the plane", got="O(3)"):
        measure(lambda p: p.norm(dim=-1), points, in_type=Points(), out_type=Invariant(), group=Euclidean())


def test_a_measurement_of_shifts_names_the_group_of_shifts():
    x = torch.rand(2, 1, 9, 9, generator=torch.Generator().manual_seed(0))
    assert measure(nn.Tanh(), x, in_type=Translate(), out_type=Translate()).group == "translations"
