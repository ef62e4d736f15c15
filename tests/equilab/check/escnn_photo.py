"""escnn's own check of a convolution, run without the photo it downloads and the packages that shrink it."""

import sys
from contextlib import contextmanager
from types import ModuleType

import numpy as np
import torch


def _face() -> np.ndarray:
    """A smooth picture of random colours, (768, 1024, 3), uint8, as scipy.datasets.face() returns one."""
    colours = torch.rand(1, 3, 24, 32, generator=torch.Generator().manual_seed(0))
    picture = torch.nn.functional.interpolate(colours, size=(768, 1024), mode="bicubic").clamp(0, 1)
    return (255 * picture[0].permute(1, 2, 0)).byte().numpy()


def _resize(picture: np.ndarray, shape: tuple[int, ...], anti_aliasing: bool = True) -> np.ndarray:
    """As skimage.transform.resize: integers become numbers in [0, 1]."""
    x = torch.from_numpy(picture).double() / 255
    return torch.nn.functional.interpolate(x, size=shape[2:], mode="bilinear", antialias=anti_aliasing).numpy()


@contextmanager
def photo(monkeypatch):
    """While it lasts, what R2Conv.check_equivariance imports is there."""
    import scipy

    made = {
        name: ModuleType(name)
        for name in ("matplotlib", "matplotlib.image", "skimage", "skimage.measure", "skimage.transform", "datasets")
    }
    made["matplotlib"].image = made["matplotlib.image"]
    made["skimage.measure"].block_reduce = None
    made["skimage.transform"].resize = _resize
    made["datasets"].face = _face
    with monkeypatch.context() as patch:
        for name in list(made)[:5]:
            patch.setitem(sys.modules, name, made[name])
        patch.setattr(scipy, "datasets", made["datasets"], raising=False)
        yield


def escnn_passes(module, monkeypatch) -> bool:
    """Whether R2Conv.check_equivariance finds nothing."""
    with photo(monkeypatch):
        try:
            module.check_equivariance(verbose=False)
        except AssertionError:
            return False
    return True
