"""The networks of a model as ONNX files, which run without torch."""

import importlib.util
import io
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path

import torch
from torch import Tensor, nn

from equilab.errors import SettingError
from equilab.models import VariationalAutoencoder
from equilab.nn import materialize


def refuse_missing_packages() -> None:
    """SettingError without the packages that torch writes ONNX with."""
    missing = [name for name in ("onnx", "onnxscript") if importlib.util.find_spec(name) is None]
    if missing:
        raise SettingError(
            "onnx",
            expected="the packages onnx and onnxscript",
            got=f"no {' and no '.join(missing)}",
            hint='pip install "equilab[onnx]", or export without (--no-onnx)',
        )


def save_networks(model: nn.Module, image_shape: tuple[int, int, int], folder: Path) -> list[Path]:
    """The ONNX files of a model: encoder and decoder of a VAE, else the model; the batch size is free.

    model: on the CPU, in evaluation mode. image_shape: (C, H, W). folder: that exists. Raises SettingError, with the
    reason, for a network that torch cannot export.
    """
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
        with _quiet(), _refused_by_name(name):
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


@contextmanager
def _refused_by_name(part: str) -> Iterator[None]:
    """Whatever the exporter raises, as a SettingError with the part and the first line of the reason."""
    try:
        yield
    except OSError:
        raise
    except Exception as error:
        lines = [line.strip() for line in str(error.__cause__ or error).splitlines() if line.strip()]
        raise SettingError(
            "onnx",
            expected=f"a network that torch.onnx can export as {part}.onnx",
            got=f"{type(error.__cause__ or error).__name__}: {(lines or ['no reason'])[0][:300]}",
            hint="export without (--no-onnx)",
        ) from error


@contextmanager
def _quiet() -> Iterator[None]:
    """What the exporter prints, warns of and logs is left out: it is about itself, and its failure raises."""
    loggers = [logging.getLogger(name) for name in ("torch.onnx", "onnxscript", "onnx_ir", "torch.export")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings(), redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
