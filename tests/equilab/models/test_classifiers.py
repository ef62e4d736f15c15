"""Z2CNN, P4CNN and P4MCNN: published sizes, and the symmetry that two of them have and one has not."""

import pytest
import torch
from torch import nn

import equilab as eq
from equilab.errors import SettingError, ShapeError
from equilab.models import P4CNN, P4MCNN, Z2CNN, Classifier, build_lecun
from tests.refused import refused

NETWORKS = (Z2CNN(), P4CNN(), P4MCNN())
every = pytest.mark.parametrize("settings", NETWORKS, ids=lambda settings: type(settings).__name__)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def trained_a_little(settings) -> Classifier:
    """A network in float64 whose batch norms have seen images, in evaluation mode."""
    model = settings.build((1, 28, 28), generator=generator()).double()
    for seed in range(3):
        model(torch.rand(16, 1, 28, 28, dtype=torch.float64, generator=generator(seed)))
    return model.eval()


@every
def test_the_number_of_parameters_is_the_published_one(settings):
    published = {Z2CNN: 21_750, P4CNN: 24_680, P4MCNN: 26_799}  # the last one is not in the paper
    model = settings.build((1, 28, 28), generator=generator())
    assert sum(parameter.numel() for parameter in model.parameters()) == published[type(settings)]


def test_p4m_has_the_number_of_fields_that_comes_closest_to_p4():
    def count(fields):
        model = P4MCNN(num_fields=fields).build((1, 28, 28), generator=generator())
        return sum(parameter.numel() for parameter in model.parameters())

    assert min((6, 7, 8), key=lambda fields: abs(count(fields) - 24_680)) == P4MCNN().num_fields


@every
def test_the_sizes_are_those_of_the_paper(settings):
    model = settings.build((1, 28, 28), generator=generator())
    x, sizes = torch.zeros(2, 1, 28, 28), [28]
    for layer in model.network[:-1]:  # pyright: ignore[reportIndexIssue]
        x = layer(x)
        if x.shape[-1] != sizes[-1]:
            sizes.append(x.shape[-1])
    assert sizes == [28, 26, 24, 12, 10, 8, 6, 4, 1]
    assert model(torch.zeros(2, 1, 28, 28)).shape == (2, 10)


@pytest.mark.parametrize("settings", [P4CNN(), P4MCNN()], ids=["P4CNN", "P4MCNN"])
def test_an_equivariant_network_says_how_it_transforms(settings):
    model = trained_a_little(settings)
    assert (str(model.in_type), str(model.out_type)) == (
        f"{settings.group}[1*trivial]",
        f"{settings.group}[10*trivial]",
    )
    assert eq.check.equivariance(model, torch.rand(2, 1, 28, 28, dtype=torch.float64, generator=generator(4))).passed


def test_a_plain_network_says_nothing_of_symmetry():
    model = Z2CNN().build((1, 28, 28), generator=generator())
    assert model.in_type is model.out_type is None


@pytest.mark.parametrize(
    ("settings", "turns", "mirrors"),
    [(Z2CNN(), False, False), (P4CNN(), True, False), (P4MCNN(), True, True)],
    ids=["Z2CNN", "P4CNN", "P4MCNN"],
)
def test_logits_have_the_symmetry_of_the_group_and_no_other(settings, turns, mirrors):
    model = trained_a_little(settings)
    images = torch.rand(4, 1, 28, 28, dtype=torch.float64, generator=generator(9))
    logits = model(images)
    scale = logits.std()
    for moved, invariant in ((images.rot90(1, (2, 3)), turns), (images.flip(3), mirrors)):
        error = (model(moved) - logits).abs().max() / scale
        assert error < 1e-12 if invariant else error > 1e-2


@every
def test_a_scale_and_an_offset_of_all_pixels_do_not_matter(settings):
    """Why images need not be standardised: the first batch norm removes both, up to its eps of 1e-5."""
    model = settings.build((1, 28, 28), generator=generator()).double()
    for layer in model.modules():
        if isinstance(layer, nn.Dropout):
            layer.p = 0.0
    images = torch.rand(16, 1, 28, 28, dtype=torch.float64, generator=generator())
    assert torch.allclose(model(images), model(7 * images - 3), atol=1e-2)


@every
def test_one_seed_gives_one_model_and_leaves_the_global_generator_alone(settings):
    before = torch.get_rng_state()
    first, same, other = (settings.build((1, 28, 28), generator=generator(seed)) for seed in (0, 0, 1))
    assert torch.equal(before, torch.get_rng_state())
    images = torch.rand(2, 1, 28, 28, generator=generator())
    assert torch.equal(first.eval()(images), same.eval()(images))
    assert not torch.equal(first.eval()(images), other.eval()(images))


@every
def test_the_first_outputs_have_the_mean_square_of_their_inputs(settings):
    """Kernels of variance 1 / fan_in, in plain and in group convolutions alike."""
    wide = type(settings)(400) if isinstance(settings, Z2CNN) else type(settings)(num_fields=100)
    layers = wide.build((1, 28, 28), generator=generator()).network
    x = torch.randn(4, layers[4].weight.shape[1] if isinstance(settings, Z2CNN) else layers[3].in_type.dim, 9, 9)
    second = next(layer for layer in layers[1:] if "Conv" in type(layer).__name__)
    assert second(x).square().mean().item() == pytest.approx(1, rel=0.05)


def test_dropout_stands_where_it_was_released():
    layers = [type(layer) for layer in Z2CNN().build((1, 28, 28), generator=generator()).network]
    places = [kind for kind in layers if kind in (nn.Conv2d, nn.Dropout, nn.MaxPool2d)]
    drop, conv = nn.Dropout, nn.Conv2d
    assert places == [conv, drop, conv, nn.MaxPool2d, conv, drop, conv, drop, conv, drop, conv, drop, conv]


@every
def test_images_of_another_size_are_refused(settings):
    with refused(ShapeError, "image_shape", expected="(channels, 28, 28)", got=(1, 32, 32)):
        settings.build((1, 32, 32), generator=generator())
    model = settings.build((3, 28, 28), generator=generator())
    with refused(ShapeError, "images", expected="(batch, 3, 28, 28)", got=(2, 1, 28, 28)):
        model(torch.zeros(2, 1, 28, 28))


@pytest.mark.parametrize(
    ("kind", "name", "value", "expected"),
    [
        (Z2CNN, "num_channels", 0, "at least 1"),
        (Z2CNN, "dropout", 1.0, "[0, 1)"),
        (Z2CNN, "dropout", float("nan"), "[0, 1)"),
        (P4CNN, "num_fields", 0, "at least 1"),
        (P4MCNN, "num_classes", -1, "at least 1"),
    ],
)
def test_settings_that_make_no_sense_are_refused(kind, name, value, expected):
    with refused(SettingError, name, expected=expected, got=str(value)):
        kind(**{name: value})


def test_build_lecun_leaves_all_but_convolutions():
    module = build_lecun(
        lambda: nn.Sequential(nn.Conv2d(2, 3, 3, bias=False), nn.BatchNorm2d(3)), generator=generator()
    )
    assert module[1].weight.tolist() == [1.0] * 3
    assert module[1].running_var.tolist() == [1.0] * 3
