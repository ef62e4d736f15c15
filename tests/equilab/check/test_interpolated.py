"""Elements that the pixel grid does not have: errors against their floors."""

import pytest
import torch
from torch import nn

import equilab as eq
from equilab.check import Verdict, equivariance
from equilab.check.actions.plane import Fields
from equilab.check.questions.case import Case
from equilab.check.questions.interpolated import ask_interpolated, ask_smooth, floor
from equilab.check.subjects.subject import Subject
from equilab.groups import SO2, C, D

SMALL = {"in_type": 1 * SO2.trivial, "out_type": 1 * SO2.trivial}


@pytest.fixture
def images():
    return torch.rand(2, 1, 33, 33, generator=torch.Generator().manual_seed(0))


def interpolated(report):
    return [each for each in report.elements if not each.exact]


def test_a_steerable_layer_passes_and_a_plain_one_fails_between_the_quarter_turns(images):
    group = C(8)
    steerable = eq.nn.GroupConv2d(1 * group.trivial, 1 * group.regular, kernel_size=5, padding=2)
    good = equivariance(steerable, images)
    assert good.verdict is Verdict.PASS
    assert len(interpolated(good)) == 4
    assert all(1e-5 < each.mean < 0.05 and each.floor < each.mean for each in interpolated(good))
    bad = equivariance(nn.Conv2d(1, 1, 5, padding=2), images, **SMALL)
    assert bad.verdict is Verdict.FAIL
    assert min(each.mean for each in interpolated(bad)) > 0.1


def test_rotations_pass_where_quarter_turns_do_and_the_filter_is_not_round(images):
    # symmetric under quarter turns only: the exact elements see nothing, the interpolated ones do
    cross = torch.zeros(1, 1, 7, 7)
    cross[..., 3, ::6] = cross[..., ::6, 3] = 1
    cross[..., 1::4, 1::4] = -1
    layer = nn.Conv2d(1, 1, 7, padding=3, bias=False)
    layer.weight = nn.Parameter(cross)
    report = equivariance(layer, images, **SMALL)
    assert report.error < 1e-12
    assert report.interpolated_error > 0.1
    assert report.verdict is Verdict.FAIL


def test_what_happens_at_the_frame_does_not_ring_into_what_is_compared(images):
    # a bright frame, as zeros for padding make it, outside of what is compared
    def framed(x):
        frame = torch.zeros_like(x)
        frame[..., 0, :] = frame[..., :, 0] = frame[..., -1, :] = frame[..., :, -1] = 5
        return x + frame

    report = equivariance(framed, images, **SMALL)
    assert max(each.mean for each in interpolated(report)) < 0.02
    assert max(each.floor for each in interpolated(report)) < 0.02


def test_allowed_decides_between_pass_and_fail(images):
    layer = eq.nn.GroupConv2d(1 * SO2.trivial, 1 * SO2.irrep(1), kernel_size=5, padding=2)
    report = equivariance(layer, images)
    worst = report.interpolated_error
    assert report.passed
    assert equivariance(layer, images, allowed=1.01 * worst).passed
    assert not equivariance(layer, images, allowed=min(0.99 * worst, 0.5 * worst)).passed


def test_one_seed_gives_one_answer(images):
    layer = eq.nn.GroupConv2d(1 * SO2.trivial, 1 * SO2.irrep(1), kernel_size=5, padding=2)
    first, second, other = (equivariance(layer, images, seed=seed) for seed in (0, 0, 1))
    assert [each.mean for each in first.elements] == [each.mean for each in second.elements]
    assert [each.mean for each in first.elements] != [each.mean for each in other.elements]


@pytest.mark.parametrize("size", [32, 33])
def test_the_pixel_in_the_middle_is_read_without_interpolation(size):
    one = 1 * eq.groups.C(8).trivial
    x = torch.randn(2, 1, size, size, generator=torch.Generator().manual_seed(0))
    report = eq.check.equivariance(torch.tanh, x, in_type=one, out_type=one)
    turned = [each for each in report.elements if not each.exact]
    assert len(turned) == 4
    for each in turned:
        if size % 2:
            assert each.centre is not None
            assert each.centre < 1e-14  # a pointwise function is equivariant exactly, and this shows it
            assert each.mean > 1e-6  # while outputs that are turned are interpolated
        else:
            assert each.centre is None


@pytest.mark.parametrize("group", [C(64), D(32)], ids=str)
def test_floors_of_many_elements_are_the_largest_of_a_few(images, group):
    torch.manual_seed(0)
    field = Fields(group.trivial)
    case = Case((images,), (images,), (lambda x: x,), (field,), (field,), field.symmetry, ("",), 0)
    subject = Subject(nn.Conv2d(1, 1, 5, padding=2), [])
    elements = [g for g in group.elements if (4 * g.turn).denominator > 1]
    asked = ask_smooth(case, subject, elements[0])
    floors = [floor(asked, g) for g in elements]
    told = [each.floor for each in ask_interpolated(case, subject, elements)]
    same = [place for place in range(len(told)) if told[place] == floors[place]]
    assert 8 <= len(same) < 12
    assert {told[place] for place in range(len(told)) if place not in same} == {max(told)}
    assert 0.9 * max(floors) < max(told) <= max(floors)
