"""Pictures: what stands where, pixel by pixel; the traversal's law; a film that goes there and back."""

import numpy as np
import pytest
import torch
from PIL import Image

from equilab.data import MiniSprites
from equilab.latents import Circle, Gaussian, Latent
from equilab.models import ConvVAE
from equilab.runs.evaluations.traversals import traverse
from equilab.runs.latent_report import BlockReport, Latents, RotatedPlane
from equilab.runs.pictures import film, sheet, tiles

LABEL_WIDTH, LABEL_HEIGHT, GAP = 120, 16, 2
LATENT = Latent((Gaussian(), Circle("orientation"), Gaussian(2, name="place")))


@pytest.fixture(scope="module")
def model():
    return ConvVAE(latent=LATENT).build((1, 64, 64), generator=torch.Generator().manual_seed(0)).eval()


@pytest.fixture(scope="module")
def image():
    return MiniSprites().table.gather(torch.tensor([100]))


def part_of(sheet: Image.Image, row: int, column: int, size: int = 64, top: int = 0) -> np.ndarray:
    """The image at a row and a column of a sheet, float32 (size, size, 3) in [0, 1]."""
    x, y = LABEL_WIDTH + column * (size + GAP), top + row * (size + GAP)
    return np.asarray(sheet.convert("RGB").crop((x, y, x + size, y + size)), np.float32) / 255


def report(latent: Latent, *, dead: tuple[str, ...] = ()) -> Latents:
    """A report in which the KL of the blocks is 0.1, 0.2, ... nats, in their order."""
    names = [block.label for block in latent.code_blocks]
    blocks = [BlockReport(name, name not in dead, (1 + k) / 10, {"posY": 0.5}, {}) for k, name in enumerate(names)]
    plane = RotatedPlane((names[1],), "posX", 1, None, 0.99)
    return Latents(tuple(blocks), (plane,), {"posX": 4}, least_nats=0.05, invariant_share=0.01)


def test_a_traversal_changes_one_block_along_its_path_and_keeps_the_others(model, image):
    mean = model.encode(image).mean.detach()[0]
    found = traverse(model, mean, report(LATENT), 5)
    assert [label.split("\n") for label in found.labels] == [
        ["place: posY (0.50 nats), axis 0", "KL 0.30 nats, -2.0 to +2.0"],
        ["place: posY (0.50 nats), axis 1", "KL 0.30 nats, -2.0 to +2.0"],
        ["orientation: posY (0.50 nats)", "KL 0.20 nats, 0° to 288°", "orientation rotates with posX, k = 1"],
        ["z0: posY (0.50 nats)", "KL 0.10 nats, -2.0 to +2.0"],
    ]
    axes = [[3], [4], [1, 2], [0]]
    line = torch.linspace(-2, 2, 5)[:, None]
    paths = [line, line, Circle().path(mean[1:3], 5)[0], line]
    for row, (moved, path) in enumerate(zip(axes, paths, strict=True)):
        for column in range(5):
            z = mean.clone()[None]
            z[0, moved] = path[column]
            expected = model.decode(z).sigmoid().detach().numpy()[0]
            np.testing.assert_allclose(found.images[row, column], expected, atol=1e-6)
    assert found.positions == []  # a circle and a line have different positions


def test_dead_blocks_have_no_row(model, image):
    code = model.encode(image).mean.detach()[0]
    found = traverse(model, code, report(LATENT, dead=("orientation", "z0")), 5)
    assert [label.split(":")[0] for label in found.labels] == ["place", "place"]
    assert found.images.shape[:2] == (2, 5)
    assert found.positions == ["-2.0", "-1.0", "+0.0", "+1.0", "+2.0"]


def test_where_every_block_is_dead_the_one_with_the_largest_kl_is_shown(model, image):
    code = model.encode(image).mean.detach()[0]
    found = traverse(model, code, report(LATENT, dead=("orientation", "z0", "place")), 5)
    assert [label.split("\n")[0] for label in found.labels] == ["place dead, axis 0", "place dead, axis 1"]


def test_the_positions_stand_above_the_columns_where_all_paths_agree(image):
    for latent in (Latent.gaussian(3), Latent((Circle(), Circle()))):
        model = ConvVAE(latent=latent).build((1, 64, 64), generator=torch.Generator().manual_seed(0))
        found = traverse(model, model.encode(image).mean[0], report(latent), 5)
        assert found.positions == list(latent.blocks[0].positions(5))
        assert len(found.labels) == len(latent.blocks)


def test_a_long_label_widens_its_column_and_the_rows(image):
    """No label is cut, and no image moves out of its row."""
    images = np.random.default_rng(0).random((2, 1, 1, 8, 8), dtype=np.float32)
    label = "z2: orientation (0.95 nats), scale (0.90 nats)\nKL 3.10 nats, -2.0 to +2.0\nz2+z3 rotate with posX, k = 1"
    drawn = sheet(images, [label, "z1"])
    pixels = np.asarray(drawn.convert("L"))
    assert drawn.width > LABEL_WIDTH + 8 + GAP
    left = drawn.width - 8 - GAP
    inked = np.nonzero(pixels[:, :left] < 128)
    assert inked[1].max() < left - 3
    pitch = drawn.height // 2
    assert pitch > 3 * 10
    np.testing.assert_allclose(pixels[pitch : pitch + 8, left : left + 8] / 255, images[1, 0, 0], atol=0.01)


def test_reconstructions_stand_below_their_inputs():
    pairs = np.random.default_rng(0).random((2, 4, 1, 64, 64), dtype=np.float32)
    drawn = sheet(pairs, ["input", "reconstruction"])
    for row, images in enumerate(pairs):
        for column, expected in enumerate(images):
            np.testing.assert_allclose(
                part_of(drawn, row, column), expected.transpose(1, 2, 0) * [1, 1, 1], atol=1 / 255
            )


def test_colour_images_keep_their_channels():
    images = np.random.default_rng(0).random((2, 1, 3, 8, 8), dtype=np.float32)
    drawn = sheet(images, ["a", "b"])
    np.testing.assert_allclose(part_of(drawn, 0, 0, size=8), images[0, 0].transpose(1, 2, 0), atol=1 / 255)


def test_a_sheet_with_a_header_has_a_row_per_path_in_the_order_given():
    frames = np.random.default_rng(0).random((2, 11, 1, 64, 64), dtype=np.float32)
    drawn = sheet(frames, ["z1", "z0"], [str(column) for column in range(11)])
    for row, column in ((0, 0), (1, 10), (1, 3)):
        found = part_of(drawn, row, column, top=LABEL_HEIGHT)
        np.testing.assert_allclose(found, frames[row, column].transpose(1, 2, 0) * [1, 1, 1], atol=1 / 255)


def test_labels_are_written():
    """A sheet with labels differs from one without, left of its rows only."""
    frames = np.zeros((2, 11, 1, 64, 64), np.float32)
    first, second = (np.asarray(sheet(frames, labels).convert("L")) for labels in (["z1  3.10 nats", "z0"], ["", ""]))
    differs = np.nonzero(first != second)
    assert len(differs[0]) > 50
    assert differs[1].max() < LABEL_WIDTH


def test_tiles_are_enlarged_and_at_most_so_many_in_a_row():
    images = np.random.default_rng(0).random((5, 1, 8, 8), dtype=np.float32)
    drawn = tiles(images, [""] * 5, columns=3)
    assert drawn.size == (3 * (16 + GAP), 2 * (16 + GAP + LABEL_HEIGHT))
    x, y = 1 * (16 + GAP), 1 * (16 + GAP + LABEL_HEIGHT) + LABEL_HEIGHT
    found = np.asarray(drawn.convert("L").crop((x, y, x + 16, y + 16)), np.float32) / 255
    np.testing.assert_allclose(found, images[4, 0].repeat(2, 0).repeat(2, 1), atol=1 / 255)


def test_the_film_goes_there_and_back():
    brightness = np.linspace(0, 1, 11, dtype=np.float32)
    frames = np.broadcast_to(brightness[None, :, None, None, None], (7, 11, 1, 64, 64))
    shown = [np.asarray(frame.convert("L"))[80, 60] / 255 for frame in film(frames, [f"z{k}" for k in range(7)])]
    np.testing.assert_allclose(shown, [*brightness, *brightness[-2:0:-1]], atol=0.02)
