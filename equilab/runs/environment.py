"""Versions and hardware that a result may depend on."""

import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

import equilab
from equilab.runs.commit import commit_of


def environment() -> dict[str, Any]:
    """Versions and hardware that a result may depend on, and the commit of the working directory.

    Bit-identity holds where versions and hardware agree.
    """
    packages = {name: version(name) for name in ("torch", "numpy", "scikit-learn")}
    return {
        "python": platform.python_version(),
        "equilab": equilab.__version__,
        **packages,
        "machine": platform.machine(),
        "processor": _processor(),
        "threads": torch.get_num_threads(),
        "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
        "commit": commit_of(Path.cwd()),
    }


def _processor() -> str:
    """The processor's name, as precisely as the system tells it."""
    table = Path("/proc/cpuinfo")
    if table.exists():
        lines = table.read_text(encoding="utf-8").splitlines()
        return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "unknown")
    return platform.processor()
