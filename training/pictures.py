"""Pictures: reconstructions under their inputs, latent traversals as a sheet and as a film, labelled images."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from numpy import ndarray
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from equilab.models import VariationalAutoencoder

REACH = 2.0  # traversals run from -REACH to REACH, in standard deviations of the prior
NUM_VALUES = 11  # values of a latent in a traversal
_GAP = 2  # pixels between images
_LABEL_WIDTH = 120  # pixels left of a row
_LABEL_HEIGHT = 16  # pixels above a tile or a column
_PAPER, _INK = (255, 255, 255), (30, 30, 30)
_FRAME_MILLISECONDS = 120


def traversal_values() -> list[float]:
    """The values that a latent takes in a traversal, in standard deviations of the prior."""
    return np.linspace(-REACH, REACH, NUM_VALUES).tolist()


@torch.no_grad()
def traverse(
    model: VariationalAutoencoder, image: Tensor, latents: Sequence[int]
) -> Float[ndarray, "latents values c h w"]:
    """Decoded pixel probabilities as each of `latents` in turn takes the traversal's values.

    image: (1, C, H, W) in [0, 1]; the other latents stay at its posterior mean. Row i is latents[i].
    """
    z = model.encode(image).mean.repeat(len(latents), NUM_VALUES, 1)  # (latents, values, latent_dim)
    values = torch.tensor(traversal_values(), dtype=z.dtype, device=z.device)
    for row, latent in enumerate(latents):
        z[row, :, latent] = values
    decoded = model.decode(z.flatten(0, 1)).sigmoid()
    return decoded.unflatten(0, (len(latents), NUM_VALUES)).cpu().numpy()


def reconstructions(
    inputs: Float[ndarray, "n c h w"], decoded: Float[ndarray, "n c h w"], *, labels: Sequence[str], path: Path
) -> None:
    """A PNG of two rows: inputs (n, C, H, W) in [0, 1] above, what the model makes of them below; one label each."""
    _sheet(np.stack([inputs, decoded]), labels).save(path)


def traversals(frames: Float[ndarray, "latents values c h w"], *, labels: Sequence[str], path: Path) -> None:
    """A PNG of one labelled row per latent, the latent's value growing from left to right."""
    _sheet(frames, labels, [f"{value:+.1f}" for value in traversal_values()]).save(path)


def traversal_gif(frames: Float[ndarray, "latents values c h w"], *, labels: Sequence[str], path: Path) -> None:
    """A GIF of one labelled tile per latent, every latent moving there and back at the same time."""
    there_and_back = [*range(frames.shape[1]), *range(frames.shape[1] - 2, 0, -1)]
    columns = min(5, len(frames))
    first, *others = [_tiles(frames[:, value], labels, columns) for value in there_and_back]
    first.save(path, save_all=True, append_images=others, duration=_FRAME_MILLISECONDS, loop=0)


def mistakes(images: Float[ndarray, "n c h w"], *, labels: Sequence[str], path: Path) -> None:
    """A PNG of images (n, C, H, W) in [0, 1], ten in a row, each under its label."""
    _tiles(images, labels, min(10, len(images))).save(path)


def _sheet(
    images: Float[ndarray, "rows columns c h w"], labels: Sequence[str], header: Sequence[str] = ()
) -> Image.Image:
    """Rows of images, a label left of each row, a word above each column."""
    rows, columns, _, height, width = images.shape
    top = _LABEL_HEIGHT if header else 0
    size = (_LABEL_WIDTH + columns * (width + _GAP), top + rows * (height + _GAP))
    sheet = Image.new("RGB", size, _PAPER)
    draw = ImageDraw.Draw(sheet)
    for column, word in enumerate(header):
        _write(draw, _LABEL_WIDTH + column * (width + _GAP) + width // 2, top // 2, word, anchor="mm")
    for row, label in enumerate(labels):
        y = top + row * (height + _GAP)
        _write(draw, 6, y + height // 2, label, anchor="lm")
        for column in range(columns):
            sheet.paste(_picture(images[row, column]), (_LABEL_WIDTH + column * (width + _GAP), y))
    return sheet


def _tiles(images: Float[ndarray, "n c h w"], labels: Sequence[str], columns: int) -> Image.Image:
    """Images enlarged to twice their size, a label above each, in rows of `columns`."""
    num, _, height, width = images.shape
    tile = (2 * width, 2 * height)
    rows = -(-num // columns)
    sheet = Image.new("RGB", (columns * (tile[0] + _GAP), rows * (tile[1] + _GAP + _LABEL_HEIGHT)), _PAPER)
    draw = ImageDraw.Draw(sheet)
    for index, label in enumerate(labels):
        x, y = index % columns * (tile[0] + _GAP), index // columns * (tile[1] + _GAP + _LABEL_HEIGHT)
        _write(draw, x + tile[0] // 2, y + _LABEL_HEIGHT // 2, label, anchor="mm")
        enlarged = _picture(images[index]).resize(tile, Image.Resampling.NEAREST)
        sheet.paste(enlarged, (x, y + _LABEL_HEIGHT))
    return sheet


def _picture(image: Float[ndarray, "c h w"]) -> Image.Image:
    """An image (C, H, W) in [0, 1], one channel or three, in RGB."""
    pixels = np.rint(255 * image.clip(0, 1)).astype(np.uint8)
    channels = np.broadcast_to(pixels, (3, *pixels.shape[1:])) if len(pixels) == 1 else pixels
    return Image.fromarray(np.ascontiguousarray(channels.transpose(1, 2, 0)), "RGB")


def _write(draw: ImageDraw.ImageDraw, x: int, y: int, text: str, *, anchor: str) -> None:
    draw.text((x, y), text, fill=_INK, font=ImageFont.load_default(11), anchor=anchor)
