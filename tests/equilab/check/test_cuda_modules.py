"""Modules on a GPU: checked where they are, with TF32 and half precisions, and left there."""

import copy

import pytest
import torch
from torch import nn

import equilab as eq
from equilab.check import Verdict

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU: torch.cuda.is_available() is False")
G = eq.groups.p4
ONE = 1 * G.trivial


def network(seed: int = 0, fields: int = 8) -> nn.Module:
    generator = torch.Generator().manual_seed(seed)
    hidden = fields * G.regular
    return eq.nn.Sequential(
        eq.nn.GroupConv2d(ONE, hidden, 3, generator=generator),
        eq.nn.FieldBatchNorm(hidden),
        nn.ReLU(),
        eq.nn.GroupConv2d(hidden, hidden, 3, generator=generator),
    ).cuda()


def images(size: int = 17) -> torch.Tensor:
    return torch.randn(4, 1, size, size, generator=torch.Generator().manual_seed(0)).cuda()


def tokens(channels: int) -> torch.Tensor:
    return torch.randn(8, 16, channels, generator=torch.Generator().manual_seed(1)).cuda()


@pytest.mark.parametrize("gradients", [False, True])
def test_a_module_on_cuda_passes_and_stays_there(gradients):
    module = network()
    state = torch.cuda.get_rng_state()
    report = eq.check.equivariance(module, images(), gradients=gradients)
    assert report.passed, str(report)
    assert report.error < 1e-13
    assert all(parameter.device.type == "cuda" for parameter in module.parameters())
    assert torch.equal(torch.cuda.get_rng_state(), state)


@pytest.fixture(params=[False, True], ids=["float32", "TF32"])
def allowed(request):
    """Whether TF32 may be used."""
    switches = (torch.backends.cudnn, torch.backends.cuda.matmul)
    before = [switch.allow_tf32 for switch in switches]
    for switch in switches:
        switch.allow_tf32 = request.param
    yield request.param
    for switch, value in zip(switches, before, strict=True):
        switch.allow_tf32 = value


@pytest.mark.parametrize("kind", ["matrix product", "convolution"])
def test_tf32_is_within_its_own_round_off_on_cuda(kind, allowed):
    if kind == "convolution":
        module, x, types = network(fields=32), images(33), {}
    else:
        things = eq.check.Permute(1)
        module, x, types = nn.Linear(256, 256).cuda(), tokens(256), {"in_type": things, "out_type": things}
    with torch.no_grad():
        exact = copy.deepcopy(module).double()(x.double())
        apart = float((copy.deepcopy(module)(x) - exact).square().mean().sqrt() / exact.std())
    assert apart < 1e-5 or allowed
    assert apart > 1e-5 or not allowed or kind == "convolution"  # cuDNN need not use what it is allowed
    report = eq.check.equivariance(module, x, **types)
    assert report.passed, str(report)
    assert (report.precisions[-1].tolerance > 1e-4) is (apart > 1e-5)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16], ids=["bfloat16", "float16"])
def test_autocast_on_cuda(dtype):
    assert eq.check.equivariance(network(), images(), autocast=dtype).passed


def test_a_broken_module_on_cuda_fails_with_its_cause():
    broken = nn.Sequential(network(), nn.MaxPool2d(2)).cuda()  # 13 x 13
    report = eq.check.equivariance(broken, images(), in_type=ONE, out_type=8 * G.regular)
    assert report.verdict is Verdict.FAIL
    assert report.cause is not None
    assert report.cause.name == "odd pool"


def test_interpolated_elements_on_cuda():
    group = eq.groups.C(8)
    conv = eq.nn.GroupConv2d(1 * group.trivial, 2 * group.regular, 5, padding=2).cuda()
    report = eq.check.equivariance(conv, images(33))
    assert report.passed, str(report)
    assert len([each for each in report.elements if not each.exact]) == 4


def test_dropout_on_cuda_is_paired():
    hidden = 8 * G.regular
    module = eq.nn.Sequential(*network(), eq.nn.Dropout(hidden, 0.5)).train().cuda()
    assert eq.check.equivariance(module, images()).passed


def test_a_monitor_on_cuda_logs_round_off():
    rows: list[dict[str, float]] = []
    module = network()
    monitor = eq.check.EquivarianceMonitor(module, in_type=ONE, out_type=8 * G.regular, every=1, log=rows.append)
    monitor(1, images())
    assert 0 < rows[-1]["equivariance/worst"] < 1e-2


def ring_filter(x: torch.Tensor) -> torch.Tensor:
    """A convolution with a Gaussian that is the same in every direction."""
    place = torch.arange(9, dtype=x.dtype, device=x.device) - 4
    gaussian = torch.exp(-(place**2) / 2.5)
    return nn.functional.conv2d(x, (gaussian[:, None] * gaussian)[None, None], padding=4)


@pytest.mark.parametrize("kind", ["faded", "as given", "smooth"])
def test_a_measurement_on_cuda_gives_the_numbers_of_the_cpu(kind):
    scalar = 1 * eq.groups.SO2.trivial
    types = {"in_type": scalar, "out_type": scalar, "angles": (0, 30, 90), "images": kind}
    on_cuda, on_cpu = (
        eq.check.measure(lambda x: ring_filter(x).square(), x, **types)
        for x in (images(33).double(), images(33).double().cpu())
    )
    assert on_cuda.curve.errors == pytest.approx(on_cpu.curve.errors, rel=1e-6, abs=1e-12)
    assert on_cuda.curve.floors == pytest.approx(on_cpu.curve.floors, rel=1e-6, abs=1e-12)
    assert [each.error for each in on_cuda.translations] == pytest.approx(
        [each.error for each in on_cpu.translations], abs=1e-9
    )
    assert on_cuda.lie.keys() == on_cpu.lie.keys()
    for name, found in on_cuda.lie.items():
        assert found.squared == pytest.approx(on_cpu.lie[name].squared, rel=1e-6, abs=1e-12), name
        assert found.method == on_cpu.lie[name].method


def test_sets_shifts_and_points_on_cuda():
    generator = torch.Generator().manual_seed(0)
    things = eq.check.Permute(1)
    attention = nn.MultiheadAttention(8, 2, batch_first=True).cuda().eval()
    assert eq.check.equivariance(lambda x: attention(x, x, x)[0], tokens(8), in_type=things, out_type=things).passed

    shifted = eq.check.Translate()
    conv = nn.Conv2d(1, 3, 3, padding=1, padding_mode="circular").cuda()
    assert eq.check.equivariance(conv, images(), in_type=shifted, out_type=shifted).passed

    space, points = eq.check.Euclidean(translations=True), eq.check.Points()
    cloud = torch.randn(6, 7, 3, generator=generator).cuda()
    report = eq.check.equivariance(
        lambda x: 2 * x - x.mean(1, keepdim=True), cloud, in_type=points, out_type=points, group=space, gradients=True
    )
    assert report.passed, str(report)


def test_an_action_in_numpy_moves_tensors_of_a_gpu():
    import numpy

    def turned(g, x):
        return numpy.rot90(x, g, (-2, -1)).copy()

    action = eq.check.Custom(
        turned, elements=(1, 2, 3), multiply=lambda g, h: (g + h) % 4, inverse=lambda g: -g % 4, identity=0
    )
    assert eq.check.equivariance(torch.square, images(), in_type=action, out_type=action).passed


def test_modules_of_e3nn_on_cuda():
    from e3nn import o3

    linear = o3.Linear("2x0e + 1x1o", "1x0e + 2x1o").cuda()
    x = torch.randn(8, 5, generator=torch.Generator().manual_seed(0)).cuda()
    assert eq.check.equivariance(linear, x, group=eq.check.Euclidean()).passed
    rows: list[dict[str, float]] = []
    eq.check.EquivarianceMonitor(linear, group=eq.check.Euclidean(), every=1, log=rows.append)(1, x)
    assert rows[-1]["equivariance/worst"] < 1e-5


def test_the_mean_over_seeds_on_cuda_is_equivariant_where_one_draw_is_not():
    def noisy(x):
        return x + 0.3 * torch.randn_like(x)

    types = {"in_type": ONE, "out_type": ONE}
    state = torch.cuda.get_rng_state()
    assert eq.check.equivariance(noisy, images(), **types).verdict is Verdict.FAIL
    assert eq.check.equivariance(noisy, images(), seeds=64, **types).passed
    assert torch.equal(torch.cuda.get_rng_state(), state)


def test_a_report_on_a_module_on_cuda_is_drawn_and_leaves_its_numbers_bit_by_bit():
    module = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.Dropout(0.5)).cuda().train()
    before = {name: value.clone() for name, value in module.state_dict().items()}
    report = eq.check.equivariance(module, images(), in_type=ONE, out_type=1 * G.regular)
    assert report.verdict is Verdict.FAIL
    assert report.first_offender is not None
    assert report.first_offender.name == "0 (Conv2d)"
    assert report.plot().svg.startswith("<svg")
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())


def test_a_kernel_that_adds_in_another_order_each_time_is_not_called_random_on_cuda():
    torch.manual_seed(0)
    decoder = nn.ConvTranspose2d(32, 1, 3, stride=2, padding=1).cuda()  # cuDNN's is not deterministic
    report = eq.check.equivariance(nn.Sequential(network(), decoder), images(), in_type=ONE, out_type=ONE)
    assert report.cause is not None
    assert report.cause.name == "unshared weights"


def test_a_recurrent_network_on_cuda_is_asked_without_warnings():
    things = eq.check.Permute(1)
    recurrent = nn.GRU(8, 8, batch_first=True).cuda()
    report = eq.check.equivariance(lambda x: recurrent(x)[0], tokens(8), in_type=things, out_type=things)
    assert report.cause is not None
    assert report.cause.name == "order of the things"
