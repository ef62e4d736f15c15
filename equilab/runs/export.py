"""A trained model for others: weights without pickle, networks as ONNX, and a card of what was trained and measured."""

import importlib.util
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import Tensor, nn

from equilab.errors import DataError, SettingError
from equilab.models import VariationalAutoencoder
from equilab.nn import materialize
from equilab.runs.folder import read_run
from equilab.runs.model_card import model_card
from equilab.runs.record import Record

WEIGHTS, CARD, SETTINGS = "model.safetensors", "README.md", "run.json"


def export(record: Record, folder: Path | str, *, onnx: bool = True) -> list[Path]:
    """The files of an export: weights, settings, a model card, and one ONNX file per network.

    A VAE gives encoder.onnx, from images (batch, C, H, W) in [0, 1] to codes (batch, d), the posterior's mean, and
    decoder.onnx, from z (batch, d) to pixels (batch, C, H, W) in [0, 1]; any other model gives model.onnx, from images
    to outputs. The batch size is free. `eq.load` builds the model from the folder.

    record: of a run with a checkpoint. folder: new, or empty. onnx: whether networks are written as ONNX, which takes
    the packages onnx and onnxscript; default True.

    Raises SettingError for a folder that holds something, and without the packages; DataError without a checkpoint.
    """
    folder = Path(folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise SettingError("folder", expected="a new or an empty folder", got=str(folder), hint="--out FOLDER")
    missing = [name for name in ("onnx", "onnxscript") if onnx and importlib.util.find_spec(name) is None]
    if missing:
        raise SettingError(
            "onnx",
            expected="the packages onnx and onnxscript",
            got=f"no {' and no '.join(missing)}",
            hint='pip install "equilab[onnx]", or export without (--no-onnx)',
        )
    model = record.model()
    folder.mkdir(parents=True, exist_ok=True)
    _save_weights(model, record, folder / WEIGHTS)
    (folder / SETTINGS).write_bytes((record.folder / SETTINGS).read_bytes())
    networks = _save_networks(model, record.run.data.image_shape, folder) if onnx else []
    (folder / CARD).write_text(model_card(record, model, networks), encoding="utf-8")
    return [folder / WEIGHTS, folder / SETTINGS, folder / CARD, *networks]


def load(folder: Path | str, *, modules: tuple[str, ...] = ()) -> nn.Module:
    """The trained model of an export or of a run folder, on the CPU, in evaluation mode, without the recipe.

    Of an export the data are not needed, either.

    folder: that `export` wrote, or of a run. modules: of yours, whose classes the settings may name; they are imported,
    which runs their code. Raises DataError for a folder of neither, and for weights that do not fit the settings.

    >>> load("nowhere")
    Traceback (most recent call last):
    equilab.errors.DataError: nowhere: expected the folder of an export or of a run, got nothing of that name
    """
    folder = Path(folder)
    if not (folder / SETTINGS).is_file():
        got = "nothing of that name" if not folder.exists() else f"no {SETTINGS}"
        raise DataError(str(folder), expected="the folder of an export or of a run", got=got)
    if not (folder / WEIGHTS).is_file():
        return Record.open(folder, modules=modules).model()
    from safetensors import SafetensorError, safe_open
    from safetensors.torch import load_model

    run = read_run(folder, modules).run
    try:
        with safe_open(folder / WEIGHTS, framework="pt") as file:
            shape = tuple(int(size) for size in (file.metadata() or {}).get("image_shape", "").split(","))
        model = run.model.build(shape, generator=torch.Generator().manual_seed(0))  # pyright: ignore[reportArgumentType]
        load_model(model, folder / WEIGHTS)  # which shares again what was shared
    except (SafetensorError, ValueError, RuntimeError, OSError) as error:
        raise DataError(
            str(folder / WEIGHTS), expected=f"weights of {run.model}", got=str(error).strip().splitlines()[0]
        ) from error
    return model.eval()


def _save_weights(model: nn.Module, record: Record, path: Path) -> None:
    """The weights and buffers by name, beside the shape of an image and the run's key."""
    from safetensors.torch import save_model

    shape = ",".join(map(str, record.run.data.image_shape))
    save_model(model, str(path), metadata={"image_shape": shape, "key": record.key})


class _Encoder(nn.Module):
    def __init__(self, model: VariationalAutoencoder):
        super().__init__()
        self.model = model

    def forward(self, images: Tensor) -> Tensor:
        return self.model.encode(images).mean


class _Decoder(nn.Module):
    def __init__(self, model: VariationalAutoencoder):
        super().__init__()
        self.model = model

    def forward(self, z: Tensor) -> Tensor:
        return self.model.decode(z).sigmoid()


def _save_networks(model: nn.Module, image_shape: tuple[int, int, int], folder: Path) -> list[Path]:
    """The ONNX files of a model."""
    images = torch.zeros(2, *image_shape)
    if isinstance(model, VariationalAutoencoder):
        codes = torch.zeros(2, model.latent.dim)
        parts = {
            "encoder": (_Encoder(model), "images", images, "codes"),
            "decoder": (_Decoder(model), "z", codes, "pixels"),
        }
    else:
        parts = {"model": (materialize(model), "images", images, "outputs")}
    for name, (network, entry, example, result) in parts.items():
        with _quiet():
            torch.onnx.export(
                network.eval(),
                (example,),
                str(folder / f"{name}.onnx"),
                dynamo=True,
                input_names=[entry],
                output_names=[result],
                dynamic_shapes=({0: torch.export.Dim("batch")},),
                external_data=False,
                verbose=False,
            )
    return [folder / f"{name}.onnx" for name in parts]


@contextmanager
def _quiet() -> Iterator[None]:
    """Remarks of the exporter about itself are left out: packages that it could use, functions that it should not."""
    loggers = [logging.getLogger(name) for name in ("torch.onnx", "onnxscript", "onnx_ir")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            warnings.simplefilter("ignore", DeprecationWarning)
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
