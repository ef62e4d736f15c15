"""Modules on a GPU: checked where they are, with TF32 and half precisions, and left there."""

import pytest
import torch
from torch import nn

import equilab as eq
from equilab.check import Verdict

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU: torch.cuda.is_available() is False")
G = eq.groups.p4
ONE = 1 * G.trivial


def network(seed: int = 0) -> nn.Module:
    generator = torch.Generator().manual_seed(seed)
    hidden = 8 * G.regular
    return eq.nn.Sequential(
        eq.nn.GroupConv2d(ONE, hidden, 3, generator=generator),
        eq.nn.FieldBatchNorm(hidden),
        nn.ReLU(),
        eq.nn.GroupConv2d(hidden, hidden, 3, generator=generator),
    ).cuda()


def images(size: int = 17) -> torch.Tensor:
    return torch.randn(4, 1, size, size, generator=torch.Generator().manual_seed(0)).cuda()


@pytest.mark.parametrize("gradients", [False, True])
def test_a_module_on_cuda_passes_and_stays_there(gradients):
    module = network()
    state = torch.cuda.get_rng_state()
    report = eq.check.equivariance(module, images(), gradients=gradients)
    assert report.passed, str(report)
    assert report.error < 1e-13
    assert all(parameter.device.type == "cuda" for parameter in module.parameters())
    assert torch.equal(torch.cuda.get_rng_state(), state)


@pytest.mark.parametrize("allow_tf32", [False, True])
def test_tf32_is_within_its_own_round_off_on_cuda(allow_tf32):
    before = torch.backends.cudnn.allow_tf32
    torch.backends.cudnn.allow_tf32 = allow_tf32
    try:
        report = eq.check.equivariance(network(), images())
    finally:
        torch.backends.cudnn.allow_tf32 = before
    assert report.passed, str(report)
    assert (report.precisions[-1].tolerance > 1e-4) is allow_tf32


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
