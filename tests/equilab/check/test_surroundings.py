"""The check gives the same answers whatever torch is set to outside of it."""

import pytest
import torch
from torch import nn

from equilab.check import (
    Covariance,
    EquivarianceMonitor,
    Euclidean,
    Invariant,
    Permute,
    Points,
    Translate,
    Verdict,
    equivariance,
    measure,
)
from equilab.groups import SO2, C
from equilab.nn import GroupConv2d

C4 = C(4)
POINTS = torch.randn(5, 3, generator=torch.Generator().manual_seed(0))
IMAGES = torch.rand(2, 1, 9, 9, generator=torch.Generator().manual_seed(1))


def by_torch(*types, x=IMAGES, **options):
    return lambda fn: equivariance(fn, x, in_type=types[0], out_type=types[1], **options)


SOUND = {
    "fields": (GroupConv2d(C4.trivial, C4.regular, 3, padding=1), lambda fn: equivariance(fn, IMAGES)),
    "circle": (nn.Tanh(), by_torch(SO2.trivial, SO2.trivial, gradients=True)),
    "points": (lambda p: 2 * p, by_torch(Points(), Points(), x=POINTS, group=Euclidean())),
    "irreps": (lambda p: p[:, :, None] * p[:, None], by_torch("1x1o", Covariance(Points()), x=POINTS)),
    "things": (lambda p: p.sum(0), by_torch(Permute(0), Invariant(), x=POINTS)),
    "shifts": (nn.Conv2d(1, 2, 3, padding=1, padding_mode="circular"), by_torch(Translate(), Translate())),
}


@pytest.mark.parametrize("name", SOUND)
def test_a_default_device_is_not_where_the_check_draws(name):
    fn, check = SOUND[name]
    with torch.device("meta"):  # numbers drawn there would be none
        report = check(fn)
    assert report.verdict is Verdict.PASS
    assert str(report) == str(check(fn))


def test_a_default_device_is_not_where_a_failure_is_explained():
    conv = nn.Conv2d(1, 2, 3)
    check = by_torch(C4.trivial, 2 * C4.trivial)
    with torch.device("meta"):
        report = check(conv)
        assert len(report.plot().svg) > 1000
    assert report.verdict is Verdict.FAIL
    assert str(report) == str(check(conv))


def test_a_default_device_is_not_where_a_monitor_or_a_measurement_draws():
    logged = []
    monitor = EquivarianceMonitor(GroupConv2d(C4.trivial, C4.regular, 3, padding=1), log=logged.append)
    with torch.device("meta"):
        found = measure(nn.Tanh(), IMAGES, in_type=C4.trivial, out_type=C4.trivial, angles=[0, 30, 90])
        monitor(0, IMAGES)
    assert str(found) == str(measure(nn.Tanh(), IMAGES, in_type=C4.trivial, out_type=C4.trivial, angles=[0, 30, 90]))
    assert 0 < logged[0]["equivariance/worst"] < 1e-5


class Counts(nn.Module):
    """Writes into its own state, and cannot be copied."""

    def __init__(self):
        super().__init__()
        self.conv = GroupConv2d(C4.trivial, C4.regular, 3, padding=1)
        self.register_buffer("calls", torch.zeros(()))

    def __deepcopy__(self, memo):
        raise TypeError("this module refuses copies")

    def forward(self, x):
        self.calls += 1
        return self.conv(x)


def test_in_inference_mode_modules_of_it_and_of_outside_are_checked_and_left_alone():
    outer = GroupConv2d(C4.trivial, C4.regular, 3, padding=1)
    with torch.inference_mode():
        x = IMAGES.clone()
        assert x.is_inference()
        assert equivariance(outer, x).verdict is Verdict.PASS
        inner = Counts()
        report = equivariance(inner, x, in_type=C4.trivial, out_type=C4.regular)
        assert report.verdict is Verdict.PASS
        assert int(inner.calls) == 0
        assert equivariance(nn.Conv2d(1, 4, 3), x, in_type=C4.trivial, out_type=C4.regular).verdict is Verdict.FAIL
    assert equivariance(inner.conv, x).verdict is Verdict.PASS


def test_a_monitor_takes_parameters_that_inference_mode_made():
    logged = []
    with torch.inference_mode():
        module = GroupConv2d(C4.trivial, C4.regular, 3, padding=1)
        EquivarianceMonitor(module, log=logged.append)(0, IMAGES)
    EquivarianceMonitor(module, log=logged.append)(0, IMAGES)
    assert all(0 < values["equivariance/worst"] < 1e-5 for values in logged)


def test_a_check_of_gradients_in_inference_mode_says_that_there_are_none():
    with torch.inference_mode():
        report = equivariance(GroupConv2d(C4.trivial, C4.regular, 3, padding=1), IMAGES, gradients=True)
    assert "gradients: not checked: torch.inference_mode() keeps none" in report.notes
