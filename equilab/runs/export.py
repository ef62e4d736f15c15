"""A trained model for others: weights without pickle, networks as ONNX, and a card of what was trained and measured."""

import json
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import torch
from torch import nn

from equilab.errors import DataError, SettingError
from equilab.files import as_path, open_plain
from equilab.runs.folder import EXPORTED, read_run
from equilab.runs.model_card import model_card, without_folders
from equilab.runs.onnx_files import refuse_missing_packages, save_networks
from equilab.runs.record import Record
from equilab.runs.serial import read_json

WEIGHTS, CARD = "model.safetensors", "README.md"


def export(record: Record, folder: Path | str, *, onnx: bool = True) -> list[Path]:
    """The files of an export: weights, settings, a model card, and one ONNX file per network.

    A VAE gives encoder.onnx, from images (batch, C, H, W) in [0, 1] to codes (batch, d), the posterior's mean, and
    decoder.onnx, from z (batch, d) to pixels (batch, C, H, W) in [0, 1]; any other model gives model.onnx, from images
    to outputs. The batch size is free. `eq.load` builds the model from the folder.

    record: of a run with a checkpoint. folder: new, or empty. onnx: whether networks are written as ONNX, which takes
    the packages onnx and onnxscript; default True.

    Names of files are written without their folders, which are those of the author's machine. The folder is complete,
    or as it was before.

    Raises SettingError for a folder that holds something or cannot be made, without the packages, and for a network
    that torch cannot export; DataError without a checkpoint.
    """
    folder = as_path("folder", folder)
    if onnx:
        refuse_missing_packages()
    model = record.model()
    settings = without_folders(read_json(record.folder / "run.json"))
    with _made_at_once(folder) as beside:
        _save_weights(model, record, beside / WEIGHTS)
        (beside / EXPORTED).write_text(json.dumps(settings, indent=2), encoding="utf-8")
        networks = save_networks(model, record.run.data.image_shape, beside) if onnx else []
        (beside / CARD).write_text(model_card(record, model, networks), encoding="utf-8")
    return [folder / name for name in (WEIGHTS, EXPORTED, CARD, *(path.name for path in networks))]


@contextmanager
def _made_at_once(folder: Path) -> Iterator[Path]:
    """A folder to fill, whose files are in this one at the end; after an error nothing is left, parents included.

    A new folder is renamed into its place. One that exists keeps its place, as it may be where somebody stands, or a
    volume; the settings, by which an export is known, come into it last.
    folder: new, or empty. Raises SettingError where it holds something, and where it cannot be made.
    """
    place = folder.absolute()
    filled, made = place.parent / f".{place.name}.{secrets.token_hex(8)}", []
    try:
        if exists := place.exists():
            if not place.is_dir() or any(place.iterdir()):
                raise SettingError("folder", expected="a new or an empty folder", got=str(folder), hint="--out FOLDER")
            filled = place / filled.name
        made = [parent for parent in filled.parents if not parent.exists()]  # deepest first
        filled.mkdir(parents=True)
        yield filled
        if exists:
            for path in sorted(filled.iterdir(), key=lambda path: path.name == EXPORTED):
                path.rename(place / path.name)
        else:
            filled.rename(place)
    except OSError as error:
        expected = "a place that can be written"
        raise SettingError("folder", expected=expected, got=f"{folder}: {error.strerror or error}") from error
    finally:
        shutil.rmtree(filled, ignore_errors=True)
        for parent in made:
            with suppress(OSError):  # of one that holds the export
                parent.rmdir()


def load(folder: Path | str, *, modules: tuple[str, ...] = ()) -> nn.Module:
    """The trained model of an export or of a run folder, on the CPU, in evaluation mode, without the recipe.

    Of an export the data are not needed, either.

    folder: that `export` wrote, or of a run. modules: of yours, whose classes the settings may name; they are imported,
    which runs their code. Raises DataError for a folder of neither, and for weights that do not fit the settings.

    >>> load("nowhere")
    Traceback (most recent call last):
    equilab.errors.DataError: nowhere: expected the folder of an export or of a run, got nothing of that name
    """
    folder = as_path("folder", folder)
    folder = folder.parent if folder.name in ("run.json", EXPORTED) else folder
    if (folder / "run.json").is_file() or next(folder.glob("*/run.json"), None) is not None:
        return Record.open(folder, modules=modules).model()
    if not (folder / EXPORTED).is_file():
        got = "nothing of that name" if not folder.exists() else f"neither {EXPORTED} nor run.json"
        raise DataError(str(folder), expected="the folder of an export or of a run", got=got)
    from safetensors import SafetensorError, safe_open
    from safetensors.torch import load_model

    run = read_run(folder / EXPORTED, modules).run
    try:
        open_plain(folder / WEIGHTS).close()  # safetensors would wait for a pipe
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
    """The weights and buffers by name, the shape of an image, and the run's key; OSError where the disk fails."""
    from safetensors import SafetensorError
    from safetensors.torch import save_model

    shape = ",".join(map(str, record.run.data.image_shape))
    try:
        save_model(model, str(path), metadata={"image_shape": shape, "key": record.key})
    except SafetensorError as error:  # such as a full disk
        raise OSError(str(error)) from error
    path.chmod(path.parent.stat().st_mode & 0o666)  # safetensors keeps its files from everybody else
