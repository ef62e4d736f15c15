"""Which layer is blamed: the first that breaks the symmetry, and code that is in no layer."""

import pytest
import torch
from mutants_case import C4, images, lift, lifted, symmetric
from torch import nn
from torch.nn import functional

import equilab as eq
from equilab.check.causes.fit import fit

BODY = 2 * C4.regular


def _report(net, *, size=9, **options):
    return eq.check.equivariance(net, images(torch.Generator().manual_seed(0), 1, size), **{**lifted(), **options})


def _deep(broken: int) -> nn.Sequential:
    """Six group convolutions with ReLUs, of which the one at `broken` is a plain convolution."""
    torch.manual_seed(0)
    layers: list[nn.Module] = [lift(), nn.ReLU()]
    for place in range(2, 12, 2):
        conv = eq.nn.materialize(eq.nn.GroupConv2d(BODY, BODY, 3, padding=1))
        layers += [nn.Conv2d(8, 8, 3, padding=1) if place == broken else conv, nn.ReLU()]
    return nn.Sequential(*layers)


@pytest.mark.parametrize("broken", [2, 4, 6, 8, 10])
def test_the_first_broken_layer_of_a_deep_network_is_named_and_those_before_it_are_sound(broken):
    report = _report(_deep(broken))
    assert report.first_offender is not None
    assert report.first_offender.name == f"{broken} (Conv2d)"
    found = {part.name: part for part in report.layers}
    assert not any(found[str(place)].is_broken for place in range(broken))
    assert found[str(broken)].is_broken
    assert report.cause is not None
    assert report.cause.where == report.first_offender.name


def test_of_two_broken_layers_the_first_is_named():
    net = _deep(4)
    net[8] = nn.Conv2d(8, 8, 3, padding=1)
    report = _report(net)
    assert report.first_offender is not None
    assert report.first_offender.name == "4 (Conv2d)"


def test_a_sound_network_has_no_offender():
    report = _report(_deep(-1))
    assert report.passed
    assert report.first_offender is None


class _Between(nn.Module):
    def __init__(self, code):
        super().__init__()
        self.first, self.second, self.code = symmetric(2, 3, padding=1), symmetric(2, 3, padding=1), code

    def forward(self, x):
        return self.second(self.code(self.first(x)))


@pytest.mark.parametrize(
    ("code", "cause"),
    [
        (lambda h: h.roll(1, -2), "off centre"),
        (lambda h: functional.max_pool2d(h, 2), None),
        (lambda h: h + torch.linspace(-1, 1, 9, dtype=h.dtype), None),
        (lambda h: h * torch.linspace(1, 2, 9, dtype=h.dtype), None),
        (lambda h: h.cumsum(-1), None),
    ],
    ids=["roll", "pool", "ramp", "fade", "cumulative_sum"],
)
def test_code_between_two_layers_is_blamed_not_the_layers(code, cause):
    x = images(torch.Generator().manual_seed(0), 2)
    report = eq.check.equivariance(_Between(code), x, in_type=2 * C4.trivial, out_type=2 * C4.trivial)
    assert report.first_offender is not None
    assert report.first_offender.name == "the code before second (Conv2d)"
    assert not next(part for part in report.layers if part.name == "first").is_broken
    assert report.cause is not None
    assert cause in (None, report.cause.name)


def test_code_after_the_last_layer_is_blamed_on_the_module_that_holds_it():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = symmetric(2, 3, padding=1)

        def forward(self, x):
            return self.conv(x).cumsum(-1)

    x = images(torch.Generator().manual_seed(0), 2)
    report = eq.check.equivariance(Net(), x, in_type=2 * C4.trivial, out_type=2 * C4.trivial)
    assert report.first_offender is not None
    assert report.first_offender.name == "Net (Net)"
    assert not next(part for part in report.layers if part.name == "conv").is_broken


def test_a_layer_that_writes_into_its_input_is_not_blamed_and_neither_is_the_one_before():
    net = nn.Sequential(lift(), nn.ReLU(inplace=True), nn.Conv2d(8, 8, 3))
    report = _report(net)
    assert report.first_offender is not None
    assert report.first_offender.name == "2 (Conv2d)"


def test_tokens_of_a_small_set_are_told_apart_by_further_inputs():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.embed, self.mix, self.head = nn.Linear(3, 16), nn.GRU(16, 16, batch_first=True), nn.Linear(16, 4)

        def forward(self, x):
            return self.head(self.mix(torch.relu(self.embed(x)))[0])

    torch.manual_seed(0)
    x = torch.randn(1, 4, 3, generator=torch.Generator().manual_seed(0))
    report = eq.check.equivariance(Net(), x, in_type=eq.check.Permute(1), out_type=eq.check.Permute(1))
    assert report.first_offender is not None
    assert report.first_offender.name == "mix (GRU)"
    assert report.cause is not None
    assert report.cause.name == "order of the things"


@pytest.mark.filterwarnings("ignore:.*torch.jit.*:DeprecationWarning")
def test_of_scripted_modules_the_whole_is_blamed_and_the_module_before_is_to_be_checked():
    torch.manual_seed(0)
    report = _report(torch.jit.script(nn.Sequential(lift(), nn.Conv2d(8, 8, 3))))
    assert str(report.verdict) == "FAIL"
    assert report.cause is not None
    assert "before it was compiled" in report.cause.mend


class TestFit:
    """h(g x) = M h(x), with any orthogonal M."""

    def test_a_permutation_of_channels_is_found_exactly(self):
        x = images(torch.Generator().manual_seed(0), 4).double()
        found = fit(x, x[:, [2, 0, 1, 3]])
        assert found is not None
        assert found.is_permutation
        assert found.error == 0
        assert found.mixing.argmax(1).tolist() == [2, 0, 1, 3]

    def test_noise_far_below_float32_is_seen_beside_a_permutation(self):
        generator = torch.Generator().manual_seed(0)
        x = images(generator, 4).double()
        noise = torch.randn(x.shape, generator=generator, dtype=torch.float64)
        found = fit(x, x[:, [2, 0, 1, 3]] + 1e-12 * noise)
        assert found is not None
        assert 0.5e-12 < found.error < 2e-12

    def test_a_rotation_is_no_error_and_a_stretch_is_one(self):
        generator = torch.Generator().manual_seed(0)
        h = torch.randn(50, 3, generator=generator, dtype=torch.float64)
        q = torch.linalg.qr(torch.randn(3, 3, generator=generator, dtype=torch.float64))[0]
        turned, stretched = fit(h, h @ q.T), fit(h, h @ torch.diag(torch.tensor([1.0, 1.0, 2.0], dtype=torch.float64)))
        assert turned is not None
        assert turned.error < 1e-12
        assert stretched is not None
        assert stretched.left < 1e-12
        assert stretched.error > 0.1

    def test_too_few_numbers_are_told(self):
        generator = torch.Generator().manual_seed(0)
        a, b = (torch.randn(4, 3, generator=generator) for _ in range(2))
        found = fit(a, b)
        assert found is not None
        assert found.left != found.left

    def test_other_shapes_numbers_and_nan_are_not_compared(self):
        x = torch.randn(8, 2, generator=torch.Generator().manual_seed(0))
        assert fit(None, x) is None
        assert fit(x, x[:, :1]) is None
        assert fit(x.long(), x.long()) is None
        assert fit(x, torch.full_like(x, torch.nan)) is None


def test_watching_modules_leaves_no_hook_behind():
    hooks = torch.nn.modules.module
    tables = [getattr(hooks, name) for name in dir(hooks) if name.startswith("_global_") and "hooks" in name]
    before = [dict(table) for table in tables]
    assert len(before) >= 4
    assert not _report(nn.Sequential(lift(), nn.Conv2d(8, 8, 3))).passed
    assert [dict(table) for table in tables] == before


def test_a_free_linear_layer_into_more_channels_is_blamed_though_some_mixing_always_explains_it():
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 3))
    x = torch.randn(6, 8, generator=torch.Generator().manual_seed(0))
    report = eq.check.equivariance(net, x, in_type=BODY, out_type=3 * C4.trivial)
    assert report.first_offender is not None
    assert report.first_offender.name == "0 (Linear)"


def test_of_several_outputs_the_one_with_the_error_is_named():
    conv = lift()
    x = images(torch.Generator().manual_seed(0), 1)
    report = eq.check.equivariance(
        lambda x: {"fields": conv(x), "sum": x.sum((1, 2, 3)), "corner": x.sum((1, 2, 3)) + x[:, 0, 0, 0]},
        x,
        in_type=1 * C4.trivial,
        out_type={"fields": BODY, "sum": eq.check.Invariant(), "corner": eq.check.Invariant()},
    )
    assert report.cause is not None
    assert report.cause.where == "output ['corner']"


def test_a_layer_after_a_sound_one_with_rounded_filters_is_blamed_itself():
    gspaces, escnn_nn = pytest.importorskip("escnn.gspaces"), pytest.importorskip("escnn.nn")
    space = gspaces.rot2dOnR2(4)
    image = escnn_nn.FieldType(space, [space.trivial_repr])
    fields = escnn_nn.FieldType(space, 2 * [space.regular_repr])
    torch.manual_seed(0)
    conv = escnn_nn.R2Conv(image, fields, 3, padding=1)
    net = escnn_nn.SequentialModule(conv, escnn_nn.PointwiseMaxPool(fields, 2)).eval()
    report = eq.check.equivariance(net, images(torch.Generator().manual_seed(0), 1))
    assert report.first_offender is not None
    assert report.first_offender.name == "1 (PointwiseMaxPool2D)"
    assert report.cause is not None
    assert report.cause.name == "odd pool"
