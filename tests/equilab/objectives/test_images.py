"""Images outside [0, 1] make no cross-entropy: an objective refuses them with the range that they have."""

import pytest
import torch

from equilab.data import Images, Labelled, TwoBatches
from equilab.errors import DataError
from equilab.models import Z2CNN, ConvVAE
from equilab.noise import GeneratorNoise
from equilab.objectives import VAE, BetaVAE, Classification, Context, FactorVAE
from tests.refused import refused

GENERATOR = torch.Generator().manual_seed(0)
IMAGES = torch.rand(4, 1, 64, 64, generator=GENERATOR)
MODEL = ConvVAE(latent_dim=2).build((1, 64, 64), generator=GENERATOR)

OUTSIDE = {
    "bytes as floats": (255 * IMAGES, "divide by 255"),
    "from -1 to 1": (2 * IMAGES - 1, "into [0, 1]"),
    "a little above 1": (IMAGES * 1.01, "into [0, 1]"),
    "NaN": (torch.where(IMAGES > 0.5, torch.nan, IMAGES), "into [0, 1]"),
    "infinity": (torch.where(IMAGES > 0.5, torch.inf, IMAGES), "255"),
}


@pytest.mark.parametrize("name", OUTSIDE)
@pytest.mark.parametrize("objective", [VAE(), BetaVAE()])
def test_images_outside_0_to_1_are_refused_with_their_range(objective, name):
    images, hint = OUTSIDE[name]
    with refused(DataError, "images", expected="[0, 1]", hint=hint):
        objective(MODEL, images, generator=GENERATOR)


def test_the_range_is_said():
    images = torch.zeros(2, 1, 64, 64)
    images[1, 0, 3, 3] = 255
    with refused(DataError, "images", got="values from 0 to 255"):
        VAE()(MODEL, images, generator=GENERATOR)


def test_bytes_are_refused_by_their_type():
    with refused(DataError, "images", expected="floats", got=torch.uint8, hint="/ 255"):
        VAE()(MODEL, (255 * IMAGES).byte(), generator=GENERATOR)


def test_every_field_of_images_is_checked():
    objective = FactorVAE()
    players = objective.build(MODEL, generator=GENERATOR)
    with refused(DataError, "second", expected="[0, 1]"):
        objective(MODEL, TwoBatches(IMAGES, 3 * IMAGES), generator=GENERATOR, players=players)


def test_images_at_the_ends_of_the_range_are_accepted():
    assert VAE()(MODEL, IMAGES.round(), generator=GENERATOR).model.isfinite()


def test_pixels_are_read_at_step_0_alone():
    """Later calls, and those of a training, do not wait for a GPU to read every pixel."""
    assert VAE()(MODEL, 1.5 * IMAGES, generator=GENERATOR, step=1).model.isfinite()
    later, first = (Context(torch.tensor(step), GeneratorNoise(GENERATOR)) for step in (1, 0))
    assert VAE()(MODEL, Images(1.5 * IMAGES), later).model.isfinite()
    for call in (lambda: VAE()(MODEL, Images(1.5 * IMAGES), first), lambda: VAE().check_values(Images(1.5 * IMAGES))):
        with refused(DataError, "images"):
            call()


def test_a_classifier_takes_images_of_any_range():
    model = Z2CNN().build((1, 28, 28), generator=GENERATOR)
    images = 3 * torch.randn(4, 1, 28, 28, generator=GENERATOR)
    assert (
        Classification()(model, Labelled(images, torch.zeros(4, 1, dtype=torch.int64)), generator=GENERATOR).model > 0
    )
