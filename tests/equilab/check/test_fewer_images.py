"""A large batch is asked about by a few of its images, where the module treats them one by one, and nowhere else."""

import pytest
import torch
from torch import nn

from equilab.check import Blocks, Covariance, Invariant, LogVariance, Permute, Points, Translate, Verdict, equivariance
from equilab.check.actions.plane import Fields
from equilab.check.questions.fewer import few_rows
from equilab.groups import C
from equilab.nn import GroupConv2d

C4 = C(4)
SAID = "16 of the 64 images were used, because f treats them one by one"
TYPES = {"in_type": C4.trivial, "out_type": C4.trivial}


@pytest.fixture
def images():
    return torch.rand(64, 1, 33, 33, generator=torch.Generator().manual_seed(0))


class Sizes(nn.Module):
    """Notes how many images it was given, in a list that is not put back."""

    def __init__(self, seen):
        super().__init__()
        self.note = seen.append

    def forward(self, x):
        self.note(len(x))
        return x.tanh()


def test_of_many_large_images_sixteen_are_used_and_the_report_says_so(images):
    seen = []
    report = equivariance(Sizes(seen), images, **TYPES)
    assert report.verdict is Verdict.PASS
    assert SAID in report.notes
    assert seen[0] == 64
    assert set(seen[1:]) == {16}


def test_shifted_images_are_used_sparingly_too(images):
    circular = nn.Conv2d(1, 2, 3, padding=1, padding_mode="circular")
    report = equivariance(circular, images, in_type=Translate(), out_type=Translate())
    assert report.verdict is Verdict.PASS
    assert SAID in report.notes


def test_what_comes_with_each_image_is_taken_with_it(images):
    times = torch.rand(64, generator=torch.Generator().manual_seed(1))
    types = {"in_type": (C4.trivial, Invariant()), "out_type": C4.trivial}
    report = equivariance(lambda x, t: x * t[:, None, None, None], images, times, **types)
    assert report.verdict is Verdict.PASS
    assert SAID in report.notes


@pytest.mark.parametrize(
    "fn",
    [
        lambda x: x - x.mean(0),
        lambda x: x.view(8, 8, 1, 33, 33).view(64, 1, 33, 33),
        lambda x: x.flip(0),
    ],
    ids=["a mean over the batch", "a fixed batch", "another order of the batch"],
)
def test_all_images_are_used_where_they_are_not_treated_one_by_one(images, fn):
    report = equivariance(fn, images, **TYPES)
    assert not any("images were used" in note for note in report.notes)


def test_small_images_are_all_used():
    x = torch.rand(64, 1, 5, 5, generator=torch.Generator().manual_seed(0))
    assert equivariance(nn.Tanh(), x, **TYPES).notes == ()


def test_a_module_that_breaks_is_found_by_a_few_images(images):
    torch.manual_seed(0)
    report = equivariance(nn.Conv2d(1, 1, 3, padding=1), images, **TYPES)
    assert report.verdict is Verdict.FAIL
    assert SAID in report.notes


def test_fewer_images_for_a_group_of_many_elements():
    group = C(16)
    torch.manual_seed(0)
    x = torch.rand(4, 1, 9, 9, generator=torch.Generator().manual_seed(0))
    report = equivariance(GroupConv2d(1 * group.trivial, 1 * group.regular, 3, padding=1), x)
    assert "3 of the 4 images were used, because f treats them one by one" in report.notes


@pytest.mark.parametrize(
    ("action", "shape", "kept"),
    [
        (Fields(C4.regular), (512, 4, 33, 33), 2),
        (Fields(C4.regular), (10_000, 4), 2048),
        (Points(), (100_000, 3), 2730),
        (Translate(), (512, 3, 64, 64), 2),
        (Covariance(Points()), (5000, 3, 3), 910),
        (LogVariance(Points()), (5000, 3), 2730),
        (Blocks((3, Points()), (3, Invariant())), (5000, 6), 1365),
        (Fields(C4.regular), (8, 4, 9, 9), 8),
        (Translate(), (512, 512), 512),
        (Permute(0), (5000, 3), 5000),
        (Blocks((3, Permute(0)), (3, Invariant())), (5000, 6), 5000),
    ],
    ids=str,
)
def test_an_action_is_validated_on_few_rows_where_it_moves_each_by_itself(action, shape, kept):
    assert few_rows(action, torch.zeros(shape)).shape == (kept, *shape[1:])
