"""Plain torch modules: translations round the edges, by a stride, and inside a margin."""

from fractions import Fraction

import pytest
import torch
from torch import nn

from equilab.check import Invariant, Translate, Translations, Verdict, equivariance
from equilab.errors import SettingError, ShapeError
from tests.refused import refused

PIXELS, SHIFTED = Translations(), Translate()


def images(size=12, channels=2):
    return torch.randn(2, channels, size, size, generator=torch.Generator().manual_seed(0))


@pytest.fixture(autouse=True)
def _fixed_weights():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        yield


def circular(*channels, **options):
    return nn.Conv2d(*channels, 3, padding=1, padding_mode="circular", **options)


def convolutional():
    return nn.Sequential(circular(2, 4), nn.BatchNorm2d(4), nn.ReLU(), circular(4, 3))


def test_a_circular_network_moves_with_its_input():
    report = equivariance(convolutional(), images(), in_type=SHIFTED, out_type=SHIFTED)
    assert report.verdict is Verdict.PASS, str(report)
    assert report.group == "translations"


def test_a_pooled_answer_stays():
    network = nn.Sequential(convolutional(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 5))
    assert equivariance(network, images(), in_type=SHIFTED, out_type=Invariant()).verdict is Verdict.PASS


def test_a_flattened_answer_does_not():
    network = nn.Sequential(convolutional(), nn.Flatten(), nn.Linear(3 * 144, 5))
    assert equivariance(network, images(), in_type=SHIFTED, out_type=Invariant()).verdict is Verdict.FAIL


def test_zero_padding_breaks_translations_at_the_border_alone():
    network = nn.Sequential(nn.Conv2d(2, 4, 3, padding=1), nn.ReLU(), nn.Conv2d(4, 3, 3, padding=1))
    types = {"in_type": SHIFTED, "group": PIXELS}
    x = images(24)
    assert equivariance(network, x, out_type=SHIFTED, **types).verdict is Verdict.FAIL
    inside = Translate(margin=6)  # two pixels of padding, and shifts by up to three
    assert (
        equivariance(network, x, out_type=inside, **types, elements=[(1, 0), (0, 2), (-3, 3)]).verdict is Verdict.PASS
    )


def test_a_strided_network_moves_by_its_total_stride():
    network = nn.Sequential(circular(2, 4, stride=2), nn.ReLU(), circular(4, 3, stride=2))
    by_four = equivariance(network, images(16), in_type=SHIFTED, out_type=SHIFTED, group=Translations(stride=4))
    assert by_four.verdict is Verdict.PASS, str(by_four)
    with refused(SettingError, "out_type: group", expected="whole pixels", hint="Translations(stride=4)"):
        equivariance(network, images(16), in_type=SHIFTED, out_type=SHIFTED)
    upsampled = nn.Sequential(network, nn.Upsample(scale_factor=4))
    assert equivariance(upsampled, images(16), in_type=SHIFTED, out_type=SHIFTED).verdict is Verdict.FAIL


def test_the_scale_of_an_output_is_read_or_given():
    pool = nn.AvgPool2d(2)
    for scale in (None, Fraction(1, 2)):
        types = {"in_type": SHIFTED, "out_type": Translate(scale=scale), "group": Translations(stride=2)}
        assert equivariance(pool, images(), **types).verdict is Verdict.PASS
    with refused(SettingError, "stride", expected="at least 1", got=0):
        Translations(stride=0)


def test_vectors_are_no_images_to_be_shifted():
    with refused(ShapeError, "in_type", expected="images", got=(5,)):
        equivariance(nn.Identity(), torch.randn(5), in_type=SHIFTED, out_type=SHIFTED)
