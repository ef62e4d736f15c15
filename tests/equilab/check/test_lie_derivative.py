"""The Lie derivative error against closed forms, and what it has to be for functions of known symmetry."""

import math

import pytest
import torch

import equilab as eq
from equilab.groups import C4, O2, SO2

SIZE = 33
PLACE = torch.arange(SIZE, dtype=torch.float64) - (SIZE - 1) / 2
ROWS, COLUMNS = torch.meshgrid(-PLACE, PLACE, indexing="ij")  # y up, x to the right
SCALAR = 1 * SO2.trivial


def blob(x0, y0, width=2.5):
    return torch.exp(-((COLUMNS - x0) ** 2 + (ROWS - y0) ** 2) / (2 * width**2))


@pytest.fixture
def images():
    """Two images that are 0 near the border, (2, 1, 33, 33)."""
    return torch.stack([blob(3, 2) - blob(-2, 4, 3), blob(-4, 1) + 0.5 * blob(1, -3, 3)])[:, None]


def lie(f, x, in_type=SCALAR, out_type=SCALAR, **options):
    types = {"in_type": in_type, "out_type": out_type}
    return eq.check.measure(f, x, **types, angles=(), translations=(), images="as given", **options).lie


def mean_square(x, part=0.8):
    """Over what is compared: the pixels within a part of the inscribed circle."""
    return float(x[..., (part * SIZE / 2) ** 2 >= COLUMNS**2 + ROWS**2].square().mean())


def test_a_mask_has_the_derivative_of_the_mask_times_the_image(images):
    # f(x) = m x: L f(x) = m X x - X (m x) = -(X m) x for every first-order X
    mask = 1 + COLUMNS / 10 + ROWS**2 / 200
    across, up = torch.full_like(mask, 1 / 10), ROWS / 100  # dm/dx, dm/dy
    moves = {
        "rotation": ROWS * across - COLUMNS * up,  # X m = y m_x - x m_y
        "translation_x": -across,
        "translation_y": -up,
        "scale": -(COLUMNS * across + ROWS * up),
    }
    found = lie(lambda x: x * mask.to(x), images)
    for name, move in moves.items():
        part = 0.6 if name.startswith("translation") else 0.8
        assert found[name].squared == pytest.approx(mean_square(move * images, part), rel=1e-3), name


def test_the_action_on_the_output_is_included(images):
    # the identity is equivariant between scalars; read as an invariant, L f(x) = X x
    found = lie(lambda x: 1 * x, images)
    assert all(each.error < 1e-5 for each in found.values())
    blind = lie(lambda x: 1 * x, images, out_type=eq.check.Invariant())
    first = -(COLUMNS - 3) / 2.5**2 * blob(3, 2) + (COLUMNS + 2) / 9 * blob(-2, 4, 3)
    second = -(COLUMNS + 4) / 2.5**2 * blob(-4, 1) - (COLUMNS - 1) / 9 * 0.5 * blob(1, -3, 3)
    assert blind["translation_x"].squared == pytest.approx(
        float(torch.stack([first, second]).square().mean()), rel=1e-6
    )


def test_circular_convolutions_commute_with_shifts_and_not_with_rotations(images):
    conv = torch.nn.Conv2d(1, 2, 5, padding=2, padding_mode="circular", dtype=torch.float64)
    found = lie(conv, images, out_type=2 * SO2.trivial)
    assert max(found["translation_x"].error, found["translation_y"].error) < 1e-10
    assert found["rotation"].error > 1e-2


def test_pointwise_functions_of_smooth_images_commute_with_every_move(images):
    found = lie(lambda x: (x / 2).exp(), images)
    assert max(each.error for each in found.values()) < 1e-3


def test_a_vector_of_an_irrep_turns_at_its_frequency():
    # f(x) = x: (batch, 2) vectors of frequency 2 read as ones of frequency 1: L f = (2 - 1) J x, |J x| = |x|
    x = torch.randn(5, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    found = lie(lambda x: 1 * x, x, SO2.irrep(2), SO2.irrep(1))
    assert found["rotation"].squared == pytest.approx(float(x.square().mean()), rel=1e-9)
    assert lie(lambda x: 3 * x, x, SO2.irrep(2), SO2.irrep(2))["rotation"].squared < 1e-20


def test_the_gradient_of_an_image_is_a_vector_field(images):
    def gradient(x):
        rows, columns = (torch.fft.fftfreq(SIZE, dtype=torch.float64).to(x.device) for _ in range(2))
        spectrum = torch.fft.fft2(x)
        down = torch.fft.ifft2(spectrum * 2j * math.pi * rows[:, None]).real
        right = torch.fft.ifft2(spectrum * 2j * math.pi * columns).real
        return torch.cat([right, -down], 1)

    found = lie(gradient, images, SCALAR, 1 * SO2.irrep(1))
    assert found["rotation"].error < 5e-3  # the tails of the images at the border
    assert lie(gradient, images, SCALAR, 2 * SO2.trivial)["rotation"].error > 0.1  # without the output's own turn


def test_the_error_is_quadratic_in_the_function(images):
    mask = 1 + COLUMNS / 10
    once, twice = lie(lambda x: x * mask.to(x), images), lie(lambda x: 2 * x * mask.to(x), images)
    for name, each in once.items():
        assert twice[name].squared == pytest.approx(4 * each.squared, rel=1e-9)
        assert twice[name].relative == pytest.approx(each.relative, rel=1e-9)  # in units of the signal nothing changes


def test_constants_added_to_the_output_change_nothing(images):
    mask = 1 + COLUMNS / 10
    plain, raised = lie(lambda x: x * mask.to(x), images), lie(lambda x: x * mask.to(x) + 7, images)
    assert all(raised[name].squared == pytest.approx(each.squared, rel=1e-6) for name, each in plain.items())


def network():
    torch.manual_seed(0)
    conv = torch.nn.Conv2d
    return torch.nn.Sequential(conv(1, 4, 3, padding=1), torch.nn.ReLU(), conv(4, 1, 3, padding=1)).double()


class NoForwardMode(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x.clone()

    @staticmethod
    def backward(ctx, gradient):
        return gradient


def test_forward_mode_and_central_differences_agree(images):
    net = network()
    exact, differences = lie(net, images), lie(lambda x: NoForwardMode.apply(net(x)), images)
    assert {each.method for each in exact.values()} == {"forward mode"}
    assert {each.method for each in differences.values()} == {"central differences"}
    for name, each in exact.items():
        assert differences[name].squared == pytest.approx(each.squared, rel=1e-3), name


def test_a_derivative_that_the_function_hides_is_found_by_differences(images):
    net = network()
    hidden = lie(lambda x: net(x.detach()), images)
    assert {each.method for each in hidden.values()} == {"central differences"}
    assert hidden["rotation"].squared == pytest.approx(lie(net, images)["rotation"].squared, rel=1e-3)


def test_outputs_half_as_large_shift_half_as_far():
    wave = torch.sin(2 * math.pi * torch.arange(32, dtype=torch.float64) / 32).expand(1, 1, 32, 32).clone()
    halved = lie(lambda x: x[..., ::2, ::2], wave)
    assert max(halved[f"translation_{axis}"].error for axis in "xy") < 1e-10
    wrong = lie(lambda x: x[..., ::2, ::2], wave, stride=1)
    assert wrong["translation_x"].error > 0.05


def test_types_of_finite_groups_turn_where_they_can():
    x = torch.rand(2, 1, 9, 9, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    assert "rotation" in lie(lambda x: 1 * x, x, 1 * C4.trivial, 1 * C4.trivial)
    regular = lie(lambda x: x.expand(-1, 4, -1, -1), x, 1 * C4.trivial, 1 * C4.regular)
    assert "rotation" not in regular
    assert "translation_x" in regular


def test_the_module_is_left_as_it_was(images):
    net = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3, padding=1), torch.nn.BatchNorm2d(2)).train()
    before = {name: value.clone() for name, value in net.state_dict().items()}
    lie(net, images.float(), 1 * O2.trivial, 2 * O2.trivial)
    assert all(torch.equal(before[name], value) for name, value in net.state_dict().items())
    assert net.training
    assert not any(value.grad is not None for value in net.parameters())
