"""Pictures: what stands where, pixel by pixel; the traversal's law; a film that goes there and back."""

import numpy as np
import pytest
import torch
from PIL import Image, ImageSequence

from equilab.data import MiniSprites
from equilab.models import ConvVAE
from training.pictures import reconstructions, traversal_gif, traversal_values, traversals, traverse

LABEL_WIDTH, LABEL_HEIGHT, GAP = 120, 16, 2


@pytest.fixture(scope="module")
def model():
    return ConvVAE(latent_dim=3).build((1, 64, 64), generator=torch.Generator().manual_seed(0)).eval()


@pytest.fixture(scope="module")
def image():
    return MiniSprites().table.gather(torch.tensor([100]))


def sheet_part(path, row: int, column: int, size: int = 64, top: int = 0) -> np.ndarray:
    """The image at a row and a column of a sheet, float32 (size, size, 3) in [0, 1]."""
    x, y = LABEL_WIDTH + column * (size + GAP), top + row * (size + GAP)
    return np.asarray(Image.open(path).convert("RGB").crop((x, y, x + size, y + size)), np.float32) / 255


def test_a_traversal_changes_one_latent_and_keeps_the_others(model, image):
    frames = traverse(model, image, [2, 0])
    mean = model.encode(image).mean.detach()
    for row, latent in enumerate([2, 0]):
        for column, value in enumerate(traversal_values()):
            z = mean.clone()
            z[0, latent] = value
            expected = model.decode(z).sigmoid().detach().numpy()[0]
            np.testing.assert_allclose(frames[row, column], expected, atol=1e-6)


def test_a_traversal_is_symmetric_about_zero():
    values = traversal_values()
    assert values == pytest.approx([-value for value in reversed(values)])
    assert values[len(values) // 2] == 0


def test_reconstructions_stand_below_their_inputs(tmp_path):
    rng = np.random.default_rng(0)
    inputs, decoded = rng.random((2, 4, 1, 64, 64), dtype=np.float32)
    path = tmp_path / "sheet.png"
    reconstructions(inputs, decoded, labels=["input", "reconstruction"], path=path)
    for row, images in enumerate((inputs, decoded)):
        for column, expected in enumerate(images):
            np.testing.assert_allclose(
                sheet_part(path, row, column), expected.transpose(1, 2, 0) * [1, 1, 1], atol=1 / 255
            )


def test_colour_images_keep_their_channels(tmp_path):
    images = np.random.default_rng(0).random((1, 3, 8, 8), dtype=np.float32)
    path = tmp_path / "sheet.png"
    reconstructions(images, images, labels=["a", "b"], path=path)
    np.testing.assert_allclose(sheet_part(path, 0, 0, size=8), images[0].transpose(1, 2, 0), atol=1 / 255)


def test_a_traversal_sheet_has_a_row_per_latent_in_the_order_given(tmp_path):
    frames = np.random.default_rng(0).random((2, 11, 1, 64, 64), dtype=np.float32)
    path = tmp_path / "sheet.png"
    traversals(frames, labels=["z1", "z0"], path=path)
    for row, column in ((0, 0), (1, 10), (1, 3)):
        found = sheet_part(path, row, column, top=LABEL_HEIGHT)
        np.testing.assert_allclose(found, frames[row, column].transpose(1, 2, 0) * [1, 1, 1], atol=1 / 255)


def test_labels_are_written(tmp_path):
    """A sheet with labels differs from one without, left of its rows only."""
    frames = np.zeros((2, 11, 1, 64, 64), np.float32)
    traversals(frames, labels=["z1  3.10 nats", "z0"], path=tmp_path / "with.png")
    traversals(frames, labels=["", ""], path=tmp_path / "without.png")
    first, second = (np.asarray(Image.open(tmp_path / name).convert("L")) for name in ("with.png", "without.png"))
    differs = np.nonzero(first != second)
    assert len(differs[0]) > 50
    assert differs[1].max() < LABEL_WIDTH


def test_the_film_goes_there_and_back(tmp_path):
    brightness = np.linspace(0, 1, 11, dtype=np.float32)
    frames = np.broadcast_to(brightness[None, :, None, None, None], (7, 11, 1, 64, 64))
    path = tmp_path / "film.gif"
    traversal_gif(frames, labels=[f"z{index}" for index in range(7)], path=path)
    with Image.open(path) as film:
        shown = [np.asarray(frame.convert("L"))[80, 60] / 255 for frame in ImageSequence.Iterator(film)]
        assert film.info["loop"] == 0  # for ever
    np.testing.assert_allclose(shown, [*brightness, *brightness[-2:0:-1]], atol=0.02)
