"""Device, threads, precision and determinism, as a run's Compute settings say."""

import ctypes
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Literal

import torch

from equilab.errors import SettingError
from training.run import Compute


def prepare(compute: Compute) -> torch.device:
    """The device to use, with torch's threads and deterministic kernels set for the whole process.

    A CPU's kernels are deterministic as they are, for one number of threads. Raises SettingError for a device that
    cannot be used.
    """
    if sys.platform == "linux":
        _keep_freed_memory()
    if compute.threads > 0:
        torch.set_num_threads(compute.threads)
    device = find_device(compute.device)
    if device.type != "cpu":  # the switch imports torch's compiler, seconds that a CPU run need not wait for
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # deterministic matrix products on a GPU
        torch.use_deterministic_algorithms(True)
        torch.utils.deterministic.fill_uninitialized_memory = False  # pyright: ignore[reportAttributeAccessIssue]
    return device


def find_device(name: str) -> torch.device:
    """The device of this name; for "auto" a GPU where there is one."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise SettingError(f"compute.device: {name!r} cannot be used here ({reason}); try auto") from error
    return device


def _keep_freed_memory() -> None:
    """Let glibc keep freed blocks instead of handing them back to the system.

    A training step frees and asks for the same tens of MiB again; with glibc's defaults each of them comes as fresh
    pages that the kernel has to clear first, which took a quarter of a step on a CPU. Other C libraries have no
    mallopt, or ignore it.
    """
    mmap, largest_block = -3, 2**25  # M_MMAP_THRESHOLD of malloc.h, and the most that every glibc takes, bytes
    trim, largest_rest = -1, 2**30  # M_TRIM_THRESHOLD
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None and mallopt(mmap, largest_block):
        mallopt(trim, largest_rest)


def settled(compute: Compute, device: torch.device) -> Compute:
    """The settings with "auto" precision replaced by what is fastest on this device, for the record of a run."""
    return replace(compute, precision=fastest_precision(device)) if compute.precision == "auto" else compute


def fastest_precision(device: torch.device) -> Literal["bfloat16", "float32"]:
    """bfloat16 where the hardware multiplies it, else float32: emulated bfloat16 takes ten times as long."""
    if device.type == "cuda":
        multiplies = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        multiplies = device.type == "cpu" and bool(processor_flags() & {"amx_bf16", "avx512_bf16", "bf16"})
    return "bfloat16" if multiplies else "float32"


def processor_flags() -> set[str]:
    """The instruction sets of the processor, as Linux names them; empty on other systems."""
    table = Path("/proc/cpuinfo")
    lines = table.read_text(encoding="utf-8").splitlines() if table.exists() else []
    return next((set(line.split(":", 1)[1].split()) for line in lines if line.startswith(("flags", "Features"))), set())


def autocast(compute: Compute, device: torch.device) -> torch.autocast:
    """The context in which an objective or an encoder runs: bfloat16 autocast, or nothing for float32."""
    enabled = settled(compute, device).precision == "bfloat16"
    return torch.autocast(device.type, torch.bfloat16, enabled=enabled)
