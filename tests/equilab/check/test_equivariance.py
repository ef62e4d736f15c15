"""What the check says: the four verdicts, precisions, tolerances, and the question of gradients and means."""

import json
import math
import os

import pytest
import torch
from torch import Tensor, nn

import equilab as eq
from equilab.check import Invariant, Permute, Verdict
from equilab.check.questions.expectation import mean_square
from equilab.errors import EquivarianceError, SettingError
from tests.refused import refused

G = eq.groups.p4
ONE = 1 * G.trivial


def images(*, dtype: torch.dtype = torch.float32, size: int = 9, seed: int = 0) -> Tensor:
    return torch.randn(4, 1, size, size, generator=torch.Generator().manual_seed(seed)).to(dtype)


def network(depth: int = 3, seed: int = 0) -> nn.Module:
    generator = torch.Generator().manual_seed(seed)
    layers = [eq.nn.GroupConv2d(ONE, 4 * G.regular, 3, generator=generator)]
    for _ in range(depth - 1):
        layers += [nn.ReLU(), eq.nn.GroupConv2d(4 * G.regular, 4 * G.regular, 3, padding=1, generator=generator)]
    return eq.nn.Sequential(*layers)


def plain(depth: int, dtype: torch.dtype) -> nn.Module:
    """The same network of torch's convolutions, whose filters are tied only by their values."""
    return eq.nn.materialize(network(depth).to(dtype))


@torch.no_grad()
def stirred(module: nn.Module, size: float, seed: int = 1) -> nn.Module:
    """Relative noise on the first filter."""
    generator = torch.Generator().manual_seed(seed)
    weight = next(part for part in module.modules() if isinstance(part, nn.Conv2d)).weight
    weight *= (1 + size * torch.randn(weight.shape, generator=generator, dtype=torch.float64)).to(weight)
    return module


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=["float32", "float64"])
def test_an_equivariant_network_passes_at_round_off(dtype):
    report = eq.check.equivariance(network().to(dtype), images(dtype=dtype))
    assert report.verdict is Verdict.PASS
    assert report.error < 1e-14  # a float32 module is seen through its float64 copy
    assert len(report.elements) == 3
    assert report.detection_limit < (1e-6 if dtype == torch.float32 else 1e-13)


@pytest.mark.parametrize("depth", [1, 3, 7, 12])
@pytest.mark.parametrize(("dtype", "noise"), [(torch.float32, 1e-6), (torch.float64, 1e-12)], ids=["32", "64"])
def test_noise_on_one_filter_is_caught(depth, dtype, noise):
    options = {"in_type": ONE, "out_type": 4 * G.regular}
    x = images(dtype=dtype)
    assert eq.check.equivariance(plain(depth, dtype), x, **options).verdict is Verdict.PASS
    report = eq.check.equivariance(stirred(plain(depth, dtype), noise), x, **options)
    assert report.verdict is Verdict.FAIL
    assert 0.1 * noise < report.error < 100 * noise


def test_the_error_is_relative_to_the_signal_and_not_to_a_large_constant():
    def tilted(x: Tensor) -> Tensor:
        return 1e4 + x + 1e-3 * x * torch.linspace(0, 1, x.shape[-1], dtype=x.dtype)

    report = eq.check.equivariance(tilted, images(dtype=torch.float64), in_type=ONE, out_type=ONE)
    assert report.verdict is Verdict.FAIL
    assert 1e-4 < report.error < 1e-2  # relative to 1e4 it would be 1e-7


@pytest.mark.parametrize("constant", [0.0, 3.0])
def test_a_constant_output_is_vacuous(constant):
    report = eq.check.equivariance(lambda x: 0 * x + constant, images(), in_type=ONE, out_type=ONE)
    assert report.verdict is Verdict.VACUOUS
    assert not report.passed


def test_one_silent_output_of_two_is_vacuous_and_named():
    report = eq.check.equivariance(
        lambda x: {"features": x, "count": torch.ones(3)},
        images(),
        in_type=ONE,
        out_type={"features": ONE, "count": None},
    )
    assert report.verdict is Verdict.VACUOUS
    assert "['count']" in str(report)


def test_a_broken_output_beside_a_silent_one_fails():
    report = eq.check.equivariance(
        lambda x: (x * torch.linspace(0, 1, 9).to(x), torch.ones(3)), images(), in_type=ONE, out_type=(ONE, None)
    )
    assert report.verdict is Verdict.FAIL


def test_nan_is_never_a_pass():
    report = eq.check.equivariance(lambda x: torch.full_like(x, math.nan), images(), in_type=ONE, out_type=ONE)
    assert report.verdict is Verdict.FAIL
    assert "NaN" in str(report)


def test_nan_at_one_element_only_is_a_fail():
    def strict(x: Tensor) -> Tensor:
        return torch.where(x[..., :1, :1] == corner.to(x), x, math.nan)  # any other corner than that of the input

    corner = images()[..., :1, :1]
    assert eq.check.equivariance(strict, images(), in_type=ONE, out_type=ONE).verdict is Verdict.FAIL


def test_infinities_in_the_same_places_are_equal():
    def masked(x: Tensor) -> Tensor:
        return x.masked_fill(x < 0, -math.inf)

    assert eq.check.equivariance(masked, images(), in_type=ONE, out_type=ONE).passed


def test_half_precision_that_rounds_all_away_does_not_pass():
    def tiny(x: Tensor) -> Tensor:
        return (x * 1e-5) ** 2 * 1e10  # in float16 the square is 0

    report = eq.check.equivariance(tiny, images().half(), in_type=ONE, out_type=ONE)
    assert report.verdict is Verdict.VACUOUS


def test_the_module_decides_where_its_float64_copy_computes_something_else():
    class Branch(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x * torch.arange(9.0).to(x) if x.dtype == self.broken_in else x.square()

    module = Branch()
    module.broken_in = torch.float64
    report = eq.check.equivariance(module, images(), in_type=ONE, out_type=ONE)
    assert report.passed
    assert "something else" in str(report)
    copy, original = report.precisions
    assert not copy.counts
    assert copy.error > 0.1
    assert original.error < 1e-6
    module.broken_in = torch.float32
    assert eq.check.equivariance(module, images(), in_type=ONE, out_type=ONE).verdict is Verdict.FAIL


def test_a_module_that_is_float32_inside_is_judged_as_float32():
    class Inside(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body = network()

        def forward(self, x: Tensor) -> Tensor:
            return self.body.float()(x.float()).to(x.dtype)

    for dtype in (torch.float32, torch.float64):
        report = eq.check.equivariance(Inside(), images(dtype=dtype), in_type=ONE, out_type=4 * G.regular)
        assert report.passed, str(report)
        assert 1e-7 < report.tolerance < 1e-4


def test_the_mode_is_that_of_the_module_unless_another_is_asked_for():
    body = network()
    module = nn.Sequential(body, nn.Dropout(0.5)).eval()
    options = {"in_type": ONE, "out_type": 4 * G.regular}
    assert eq.check.equivariance(module, images(), **options).passed
    assert eq.check.equivariance(module, images(), mode="train", **options).verdict is Verdict.FAIL
    assert not module.training


def test_batch_statistics_in_train_mode_pass_and_change_nothing():
    module = eq.nn.Sequential(*network(1), eq.nn.FieldBatchNorm(4 * G.regular)).train()
    before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    assert eq.check.equivariance(module, images()).passed
    assert all(torch.equal(tensor, before[name]) for name, tensor in module.state_dict().items())


def test_dropout_of_whole_fields_passes_with_paired_noise():
    module = eq.nn.Sequential(*network(2), eq.nn.Dropout(4 * G.regular, 0.5)).train()
    assert eq.check.equivariance(module, images()).passed


def test_autocast_is_judged_by_its_own_round_off():
    report = eq.check.equivariance(network(), images(), autocast=torch.bfloat16)
    assert report.passed
    original = report.precisions[-1]
    assert "bfloat16" in original.name
    assert 1e-3 < original.round_off < original.tolerance < 0.3


def test_a_group_of_more_than_64_elements_is_asked_by_words():
    group = eq.groups.C(100)
    x = torch.randn(4, 200, generator=torch.Generator().manual_seed(0))
    rho = group.irrep(1)
    report = eq.check.equivariance(lambda v: v * v.norm(dim=1, keepdim=True), x, in_type=100 * rho, out_type=100 * rho)
    assert report.passed
    assert 2 <= len(report.elements) <= 12


def test_a_shape_that_depends_on_the_element_is_a_fail():
    def cropped(x: Tensor) -> Tensor:
        return x[..., : 4 + int(abs(x[0, 0, 0, 0] - corner) > 1e-3)]

    corner = images()[0, 0, 0, 0]
    report = eq.check.equivariance(cropped, images(), in_type=Permute(0), out_type=Permute(0))
    assert report.verdict is Verdict.FAIL


def test_what_a_module_raises_at_x_reaches_the_caller():
    def refusing(x: Tensor) -> Tensor:
        raise RuntimeError("out of order")

    with pytest.raises(RuntimeError, match="out of order"):
        eq.check.equivariance(refusing, images(), in_type=ONE, out_type=ONE)


def test_what_a_module_raises_at_gx_is_a_fail():
    def picky(x: Tensor) -> Tensor:
        if float(x[0, 0, 0, 0]) != first:
            raise RuntimeError("another corner")
        return x

    first = float(images()[0, 0, 0, 0])
    report = eq.check.equivariance(picky, images(), in_type=ONE, out_type=ONE)
    assert report.verdict is Verdict.FAIL
    assert "another corner" in str(report)


class Crooked(torch.autograd.Function):
    """x, whose backward pass favours the right side."""

    @staticmethod
    def forward(ctx, x: Tensor) -> Tensor:
        return x.clone()

    @staticmethod
    def backward(ctx, *gradients: Tensor) -> Tensor:
        (gradient,) = gradients
        return gradient * torch.linspace(0, 1, gradient.shape[-1], dtype=gradient.dtype)


def test_gradients_of_an_equivariant_network_are_equivariant():
    report = eq.check.equivariance(network(), images(), gradients=True)
    assert report.passed
    assert [quantity.name for quantity in report.quantities] == ["gradient of input 0", "gradient of the parameters"]


def test_a_crooked_backward_pass_is_found_by_gradients_only():
    def crooked(x: Tensor) -> Tensor:
        return Crooked.apply(x.square())

    assert eq.check.equivariance(crooked, images(), in_type=ONE, out_type=ONE).passed
    report = eq.check.equivariance(crooked, images(), in_type=ONE, out_type=ONE, gradients=True)
    assert report.verdict is Verdict.FAIL
    assert report.cause is not None
    assert report.cause.name == "gradient"


def test_a_crooked_gradient_of_the_parameters_is_found():
    class Scaled(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.scale = nn.Parameter(torch.ones(9, 1))

        def forward(self, x: Tensor) -> Tensor:
            return x * self.scale  # equivariant only while all entries are equal

    report = eq.check.equivariance(Scaled(), images(), in_type=ONE, out_type=ONE, gradients=True)
    assert report.verdict is Verdict.FAIL
    assert [quantity.verdict for quantity in report.quantities] == [Verdict.PASS, Verdict.FAIL]


def noisy_image(x: Tensor) -> Tensor:
    """Equivariant only in the mean: the noise stays where it is."""
    return x + 0.3 * torch.randn(x.shape).to(x)


def test_the_mean_over_seeds_is_equivariant_where_one_draw_is_not():
    options = {"in_type": ONE, "out_type": ONE}
    assert eq.check.equivariance(noisy_image, images(), **options).verdict is Verdict.FAIL
    assert eq.check.equivariance(noisy_image, images(), seeds=64, **options).passed


def test_a_mean_that_is_not_equivariant_fails():
    report = eq.check.equivariance(
        lambda x: noisy_image(x * torch.linspace(0.5, 1, 9).to(x)), images(), in_type=ONE, out_type=ONE, seeds=64
    )
    assert report.verdict is Verdict.FAIL


def test_too_few_seeds_are_inconclusive():
    report = eq.check.equivariance(
        lambda x: x + 5 * torch.randn(x.shape).to(x), images(), in_type=ONE, out_type=ONE, seeds=8
    )
    assert report.verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize("size", [1, 16, 200])
@pytest.mark.parametrize("mean", [0.0, 0.1, 1.0])
def test_the_interval_of_a_mean_square_covers_it(size, mean):
    generator = torch.Generator().manual_seed(0)
    found = []
    for _ in range(400):
        draws = [mean + torch.randn(size, generator=generator, dtype=torch.float64) for _ in range(32)]
        found.append(mean_square(draws))
    bias = sum(each.value for each in found) / 400 - mean**2
    spread = (sum((each.value - mean**2) ** 2 for each in found) / 400) ** 0.5
    assert abs(bias) < 4 * spread / 20
    assert sum(each.low <= mean**2 <= each.high for each in found) >= 390


def test_a_deterministic_module_passes_in_the_mean():
    assert eq.check.equivariance(network(), images(), seeds=4).passed


def test_a_bad_output_beside_a_noisier_one_fails_in_the_mean():
    def two(x: Tensor) -> tuple[Tensor, Tensor]:
        return x + 20 * torch.randn(x.shape).to(x), x * torch.linspace(0.5, 1, 9).to(x)

    report = eq.check.equivariance(two, images(), in_type=ONE, out_type=ONE, seeds=8)
    assert report.verdict is Verdict.FAIL


def test_nan_fails_in_the_mean():
    def half_nan(x: Tensor) -> tuple[Tensor, Tensor]:
        return x, x * math.nan

    report = eq.check.equivariance(half_nan, images(), in_type=ONE, out_type=ONE, seeds=8)
    assert report.verdict is Verdict.FAIL


def test_what_is_raised_at_gx_fails_in_the_mean():
    def picky(x: Tensor) -> Tensor:
        if float(x[0, 0, 0, 0]) != first:
            raise RuntimeError("another corner")
        return x

    first = float(images()[0, 0, 0, 0])
    report = eq.check.equivariance(picky, images(), in_type=ONE, out_type=ONE, seeds=8)
    assert report.verdict is Verdict.FAIL
    assert "another corner" in str(report)


def test_gradients_that_cannot_be_taken_are_no_pass():
    report = eq.check.equivariance(lambda x: x.detach() * 2, images(), in_type=ONE, out_type=ONE, gradients=True)
    assert report.verdict is Verdict.INCONCLUSIVE


def test_gradients_are_not_asked_of_actions_that_change_lengths():
    def stretched(power: int, x: Tensor) -> Tensor:
        return x * 2.0**power

    scales = eq.check.Custom(stretched, elements=(1, 2), multiply=lambda g, h: g + h, inverse=lambda g: -g, identity=0)
    shifts = eq.check.Custom(
        lambda g, x: x + g, elements=(1, 2), multiply=lambda g, h: g + h, inverse=lambda g: -g, identity=0
    )
    report = eq.check.equivariance(
        torch.exp2, images(dtype=torch.float64), in_type=shifts, out_type=scales, gradients=True
    )
    assert report.verdict is Verdict.INCONCLUSIVE
    assert "lengths" in str(report)


def test_nan_in_an_ignored_output_is_ignored():
    types = (ONE, eq.check.Ignored())
    assert eq.check.equivariance(lambda x: (x, x * math.nan), images(), in_type=ONE, out_type=types).passed


def test_an_error_between_allowed_and_the_floor_is_inconclusive_not_a_pass():
    one = 1 * eq.groups.C(8).trivial
    x = torch.randn(2, 1, 13, 13, generator=torch.Generator().manual_seed(0))
    report = eq.check.equivariance(lambda v: torch.sigmoid(60 * v), x, in_type=one, out_type=one, allowed=0.01)
    assert report.interpolated_error > 0.01
    assert report.verdict is not Verdict.PASS


def test_float32_alone_may_not_be_broken_by_a_thousandth():
    def bent(x: Tensor) -> Tensor:
        return x * (1 + 1e-3 * torch.arange(9).to(x) * (x.dtype == torch.float32))

    assert eq.check.equivariance(bent, images(), in_type=ONE, out_type=ONE).verdict is Verdict.FAIL


def test_assert_equivariant_raises_the_table():
    broken = torch.nn.Conv2d(1, 16, 3)
    with pytest.raises(EquivarianceError, match="FAIL  Conv2d under C4") as caught:
        eq.check.assert_equivariant(broken, images(), in_type=ONE, out_type=4 * G.regular)
    assert (caught.value.argument, caught.value.got) == ("fn", "FAIL")
    assert eq.check.assert_equivariant(network(), images()).passed


def test_one_seed_gives_one_report():
    first, second = (eq.check.equivariance(network(), images(), seed=3) for _ in range(2))
    assert first == second


@pytest.mark.parametrize(
    ("setting", "value", "expected", "got"),
    [
        ("allowed", -1, "at least 0", -1),
        ("seeds", 1, "at least 4", 1),
        ("mode", "training", "'as_is', 'train' or 'eval'", "'training'"),
    ],
)
def test_settings_that_make_no_sense_are_refused(setting, value, expected, got):
    with refused(SettingError, setting, expected=expected, got=got):
        eq.check.equivariance(network(), images(), **{setting: value})


def test_a_pooled_output_is_invariant():
    net = nn.Sequential(network(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    report = eq.check.equivariance(net, images(), in_type=ONE, out_type=4 * G.regular)
    assert report.passed
    wrong = eq.check.equivariance(net, images(), in_type=ONE, out_type=Invariant())
    assert wrong.verdict is Verdict.FAIL


@torch.no_grad()
def test_autocast_does_not_hide_what_is_broken_in_the_weights():
    options = {"in_type": ONE, "out_type": 4 * G.regular, "autocast": torch.bfloat16}
    assert eq.check.equivariance(plain(3, torch.float32), images(), **options).passed
    assert eq.check.equivariance(stirred(plain(3, torch.float32), 1e-4), images(), **options).verdict is Verdict.FAIL


def test_an_output_that_cannot_be_seen_is_refused_unless_it_is_ignored():
    class Posterior(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body = network()

        def forward(self, x: Tensor) -> dict[str, object]:
            return {"y": self.body(x), "posterior": torch.distributions.Normal(x, torch.ones_like(x))}

    with refused(SettingError, "output['posterior']", got="Normal, which cannot be compared", hint="Ignored()"):
        eq.check.equivariance(Posterior(), images(), in_type=ONE, out_type=4 * G.regular)
    types = {"y": 4 * G.regular, "posterior": eq.check.Ignored()}
    assert eq.check.equivariance(Posterior(), images(), in_type=ONE, out_type=types).passed


def test_a_report_is_true_only_where_it_passes():
    assert eq.check.equivariance(network(), images())
    assert not eq.check.equivariance(nn.Conv2d(1, 16, 3), images(), in_type=ONE, out_type=4 * G.regular)


def test_constants_that_are_written_in_float32_are_no_break():
    one = 1 * eq.groups.D1.trivial

    def tapered(x: Tensor) -> Tensor:
        return x * torch.hann_window(16, periodic=False).to(x.dtype)  # symmetric but for the last digit

    report = eq.check.equivariance(tapered, images(size=16), in_type=one, out_type=one)
    assert report.passed
    assert report.error > 1e-9
    bent = eq.check.equivariance(
        lambda x: tapered(x) * torch.linspace(1, 1 + 1e-5, 16).to(x), images(size=16), in_type=one, out_type=one
    )
    assert bent.verdict is Verdict.FAIL


def test_an_output_that_hardly_depends_on_the_input_is_inconclusive_unless_it_is_exact():
    def hardly(x: Tensor) -> Tensor:
        return 1e4 + x

    def crooked(x: Tensor) -> Tensor:
        return 1e4 + x * (1 + 1e-3 * torch.arange(9).to(x))

    assert eq.check.equivariance(hardly, images(), in_type=ONE, out_type=ONE).passed
    assert eq.check.equivariance(crooked, images(), in_type=ONE, out_type=ONE).verdict is not Verdict.PASS


def test_random_numbers_that_cannot_be_seeded_are_named():
    def shaken(x: Tensor) -> Tensor:
        return x + torch.tensor(list(os.urandom(9))).to(x) / 100

    report = eq.check.equivariance(shaken, images(), in_type=ONE, out_type=ONE)
    assert not report.passed
    assert report.cause is not None
    assert report.cause.name == "random numbers"


def test_the_numbers_of_a_report_are_strict_json():
    for fn in (network(), nn.Conv2d(1, 16, 3)):
        report = eq.check.equivariance(fn, images(), in_type=ONE, out_type=4 * G.regular)
        assert json.loads(json.dumps(report.to_dict(), allow_nan=False))["equivariance/verdict"] == report.verdict


def test_a_layer_into_a_subgroup_is_asked_about_the_subgroup():
    layer = eq.nn.Restrict(2 * eq.groups.p4m.regular, eq.groups.p4)
    x = torch.randn(2, 16, 5, 5, generator=torch.Generator().manual_seed(0))
    report = eq.check.equivariance(layer, x)
    assert report.passed
    assert report.group == "C4"
