"""Causes of functions without modules, from their errors alone; and that asking for a cause does no harm."""

import pytest
import torch
from mutants_case import C4, D4, images, invariant, lift, lifted
from torch import nn
from torch.nn import functional

import equilab as eq
from equilab.check import causes
from equilab.errors import SettingError
from tests.refused import refused


def _pattern(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(3))


def _cause(fn, x, **options) -> str | None:
    report = eq.check.equivariance(fn, x, **options)
    assert str(report.verdict) == "FAIL", str(report)
    assert report.cause is not None
    return report.cause.name


CODE = {
    "bias": lambda y: y + _pattern(8, 1, 1).to(y),
    "positional embedding": lambda y: y + _pattern(9, 9).to(y),
    "border": lambda y: functional.pad(y[..., :-1, :], (0, 0, 0, 1)),
    "dead channel": lambda y: y * torch.tensor([1, 1, 1, 0, 1, 1, 1, 1]).view(8, 1, 1).to(y),
    "channels apart": lambda y: y * torch.arange(1, 9).view(8, 1, 1).to(y),
    "off centre": lambda y: y.roll(2, -1),
    "random numbers": lambda y: y + torch.randn_like(y),
    "not equivariant": lambda y: y.cumsum(-1),
}


@pytest.mark.parametrize("name", CODE)
def test_the_cause_of_code_after_a_sound_layer_is_told_from_its_error(name):
    conv, code = lift(), CODE[name]
    assert _cause(lambda x: code(conv(x)), images(torch.Generator().manual_seed(0), 1), **lifted()) == name


@pytest.mark.parametrize(("subgroup", "fn"), [("C2", lambda x: x + x.roll(1, -1) + x.roll(-1, -1)), ("C1", None)])
def test_the_largest_subgroup_that_passes_is_named(subgroup, fn):
    x = images(torch.Generator().manual_seed(0), 1)
    options = {"in_type": 1 * C4.trivial, "out_type": 1 * C4.trivial}
    report = eq.check.equivariance(fn or (lambda x: x * _pattern(9, 9).to(x)), x, **options)
    assert report.cause is not None
    assert (report.cause.name == "smaller group") is (subgroup != "C1")
    assert (f"{subgroup} only" in report.cause.why) is (subgroup != "C1")


def test_a_module_that_raises_at_moved_inputs_fails_with_what_it_said():
    def picky(x):
        if x[0, 0, 0, 0] < x[0, 0, -1, -1]:
            raise RuntimeError("the first corner must be the brightest")
        return x

    x = torch.arange(9.0).reshape(1, 1, 3, 3).flip(-1, -2)
    report = eq.check.equivariance(picky, x, in_type=1 * C4.trivial, out_type=1 * C4.trivial)
    assert str(report.verdict) == "FAIL"
    assert report.cause is not None
    assert report.cause.name == "error at g x"
    assert "the first corner must be the brightest" in report.cause.why


def test_another_shape_at_moved_inputs_is_the_cause():
    report = eq.check.equivariance(
        lambda x: x[: 1 + int(x[0, 0, 0, 0] < x[0, 0, -1, -1])],
        torch.arange(36.0).reshape(4, 1, 3, 3),
        in_type=1 * C4.trivial,
        out_type=1 * C4.trivial,
    )
    assert report.cause is not None
    assert report.cause.name == "shape"


def test_asking_for_the_cause_leaves_the_module_and_the_random_numbers_as_they_were():
    torch.manual_seed(0)
    net = nn.Sequential(lift(), nn.BatchNorm2d(8), nn.Dropout(0.5), nn.Conv2d(8, 8, 3)).train()
    before = {name: value.clone() for name, value in net.state_dict().items()}
    state = torch.get_rng_state()
    report = eq.check.equivariance(net, images(torch.Generator().manual_seed(0), 1), **lifted())
    assert report.cause is not None
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(before[name], value) for name, value in net.state_dict().items())
    assert all(parameter.grad is None for parameter in net.parameters())


def test_sums_in_another_order_each_time_are_not_called_random_numbers():
    class Unsteady(nn.Conv2d):
        def forward(self, x):
            y = super().forward(x)
            return y * (1 + torch.finfo(y.dtype).eps * torch.randn_like(y))

    torch.manual_seed(0)
    x = images(torch.Generator().manual_seed(0), 1)
    assert _cause(nn.Sequential(lift(), Unsteady(8, 8, 3)), x, **lifted()) == "unshared weights"


def test_a_hypothesis_that_raises_does_not_hide_the_verdict(monkeypatch):
    def raising(scene):
        raise RuntimeError("no")

    monkeypatch.setattr(causes, "HYPOTHESES", (raising, *causes.HYPOTHESES))
    x = images(torch.Generator().manual_seed(0), 1, 10)
    assert _cause(nn.MaxPool2d(3), x, in_type=1 * D4.trivial, out_type=1 * D4.trivial) == "odd pool"


def _told(fn, x, **options):
    report = eq.check.equivariance(fn, x, **options)
    assert str(report.verdict) == "FAIL", str(report)
    assert report.cause is not None
    return report.cause


def _shifted(fn, size: int = 16, *, margin: int = 0, **options):
    return eq.check.equivariance(
        fn, images(torch.Generator().manual_seed(0), 1, size), in_type=eq.check.Translate(),
        out_type=eq.check.Translate(margin=margin), **options,
    )  # fmt: skip


def test_a_shift_once_round_the_image_is_no_total_stride():
    conv = nn.Conv2d(1, 4, 3, padding=1, padding_mode="circular")
    report = _shifted(lambda x: conv(x) * (1 + 0.01 * torch.arange(16)).to(x))
    assert report.cause is not None
    assert report.cause.name == "not equivariant"
    assert (cause := _shifted(lambda x: conv(x) * (1 + 0.01 * (torch.arange(16) % 4)).to(x)).cause) is not None
    assert cause.name == "total stride"
    assert "by 4 pixels pass" in cause.why


@pytest.mark.parametrize(
    ("layer", "size"),
    [(nn.Conv2d(1, 4, 3), 14), (nn.Conv2d(1, 4, 3, padding=2), 18), (nn.ConvTranspose2d(1, 2, 3, stride=2), 33)],
)
def test_a_convolution_that_cuts_or_adds_pixels_moves_by_whole_strides_and_is_told_by_its_border(layer, size):
    report = _shifted(layer, margin=2)
    assert report.passed, str(report)
    assert layer(torch.zeros(1, 1, 16, 16)).shape[-1] == size
    assert (cause := _shifted(layer).cause) is not None
    assert cause.name == ("zero padding" if size == 18 else "border")


@pytest.mark.parametrize("mode", ["reflect", "replicate"])
def test_a_padding_is_named_as_it_is(mode):
    assert (cause := _shifted(nn.Conv2d(1, 4, 3, padding=1, padding_mode=mode)).cause) is not None
    assert cause.name == f"{mode} padding"
    assert f"padding_mode='{mode}'" in cause.why


def test_lines_are_no_images_to_be_shifted():
    shifted = eq.check.Translate()
    with refused(SettingError, "in_type", expected="images", got=(2, 1, 16), hint="eq.check.Custom"):
        eq.check.equivariance(nn.Identity(), torch.randn(2, 1, 16), in_type=shifted, out_type=shifted)


def test_channels_in_another_order_are_no_border_though_they_depend_on_each_other():
    group = eq.groups.C(8)
    torch.manual_seed(0)
    conv = eq.nn.GroupConv2d(1 * group.trivial, 1 * group.regular, 5, padding=2)
    types = {"in_type": 1 * group.trivial, "out_type": 1 * group.regular}
    x = images(torch.Generator().manual_seed(0), 1, 21)
    assert _told(lambda x: conv(x)[:, [0, 2, 1, 3, 4, 5, 6, 7]], x, **types).name == "channel order"


def test_an_empty_batch_is_said_to_be_compared_with_nothing():
    report = eq.check.equivariance(lift(), torch.rand(0, 1, 9, 9), **lifted())
    assert report.cause is not None
    assert (str(report.verdict), report.cause.name) == ("VACUOUS", "nothing compared")


def test_infinities_that_stay_while_the_rest_moves_are_a_mask():
    generator = torch.Generator().manual_seed(0)
    hidden = torch.tensor([[0, 0, 0, 0, 1, 1]] * 2, dtype=torch.bool)
    things = eq.check.Permute(1)
    x = torch.randn(2, 6, 4, generator=generator)

    def masked(x, hidden):
        return x.masked_fill(hidden[..., None], float("-inf"))

    report = eq.check.equivariance(masked, x, hidden, in_type=(things, eq.check.Invariant()), out_type=things)
    assert report.cause is not None
    assert report.cause.name == "attention mask"
    assert eq.check.equivariance(masked, x, hidden, in_type=(things, things), out_type=things).passed
    ramp = torch.arange(6.0).view(6, 1)
    broken = eq.check.equivariance(
        lambda x, hidden: masked(x + ramp.to(x), hidden), x, hidden, in_type=(things, things), out_type=things
    )
    assert broken.cause is not None
    assert broken.cause.name != "infinity", "infinities that move as they should are not to blame"


def test_a_bias_is_told_where_phases_turn():
    phases = eq.check.Custom(
        lambda g, x: x * torch.tensor(1j**g).to(x.dtype), elements=range(4), multiply=lambda g, h: (g + h) % 4,
        inverse=lambda g: -g % 4, identity=0,
    )  # fmt: skip
    for count in (5, 40):
        x = torch.randn(count, 4, dtype=torch.complex64, generator=torch.Generator().manual_seed(0))
        assert _told(nn.Linear(4, 4, dtype=torch.complex64), x, in_type=phases, out_type=phases).name == "bias"


def test_a_module_that_was_given_other_types_than_its_own_is_told_so():
    group = eq.groups.C4
    conv = eq.nn.GroupConv2d(1 * group.trivial + 1 * group.regular, 1 * group.regular, 3)
    x = images(torch.Generator().manual_seed(0), 5)
    swapped = 1 * group.regular + 1 * group.trivial
    cause = _told(conv, x, in_type=swapped, out_type=1 * group.regular)
    assert (cause.name, cause.where) == ("wrong type", "the types given to the check")
    free = nn.Conv2d(5, 4, 3)
    assert _told(free, x, in_type=swapped, out_type=1 * group.regular).name == "unshared weights"


def test_inputs_that_do_not_move_do_not_hide_the_cause():
    x = torch.zeros(2, 1, 9, 9)
    assert _told(nn.Conv2d(1, 8, 3, padding=1), x, **lifted()).name == "unshared weights"
    conv = lift()
    with torch.no_grad():
        assert conv.bias is not None
        conv.bias.copy_(torch.arange(8.0))
    assert _told(conv, x, **lifted()).name == "bias"


REGULAR = {"in_type": 2 * C4.regular, "out_type": 2 * C4.regular}
FRAGILE = {
    "single channels": (lambda: nn.BatchNorm2d(8), REGULAR, True),
    "places": (lambda: nn.LayerNorm([8, 9, 9]), REGULAR, True),
    "channels that do not mix": (lambda: nn.BatchNorm2d(8), invariant(8), False),
    "whole fields": (lambda: eq.nn.FieldBatchNorm(2 * C4.regular), REGULAR, False),
}


@pytest.mark.parametrize("name", FRAGILE)
def test_a_fresh_norm_that_training_would_break_is_noted_and_its_gradients_fail(name):
    make, types, is_fragile = FRAGILE[name]
    net = nn.Sequential(nn.Identity(), make())
    before = {key: value.clone() for key, value in net.state_dict().items()}
    x = images(torch.Generator().manual_seed(0), 8)
    report = eq.check.equivariance(net, x, **types)
    assert report.passed, str(report)
    assert any("before training" in note and "1 (" in note for note in report.notes) is is_fragile
    slopes = eq.check.equivariance(net, x, gradients=True, **types)
    assert slopes.passed is not is_fragile, str(slopes)
    assert (slopes.cause and slopes.cause.name) == ("normalisation" if is_fragile else None)
    assert all(torch.equal(before[key], value) for key, value in net.state_dict().items())


def test_gradients_of_tied_copies_of_weights_are_no_fault_of_the_backward_pass():
    report = eq.check.equivariance(lift(), images(torch.Generator().manual_seed(0), 1), gradients=True, **lifted())
    assert report.cause is not None
    assert (report.cause.name, report.cause.where) == ("unshared weights", "Conv2d (Conv2d)")
