"""Device, threads, precision and determinism, as a run's settings say."""

import ctypes
import os
import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np
import torch

from equilab.errors import SettingError, check_count, check_flag, check_text
from equilab.noise import stream_key

Precision: TypeAlias = Literal["auto", "bfloat16", "float32"]
MOST_THREADS = 1024


@dataclass(frozen=True)
class Compute:
    """Where the arithmetic runs, which does not decide a result but for the order of sums."""

    device: str = "auto"  # auto (a GPU where there is one), cpu, cuda, cuda:1, mps
    channels_last: bool = True  # memory order of images and kernels; same result, faster convolutions
    threads: int = 0  # CPU threads of torch, at most 1,024; 0: one per core

    def __post_init__(self) -> None:
        check_count("compute.threads", self.threads, least=0)
        check_text("compute.device", self.device)
        check_flag("compute.channels_last", self.channels_last)
        if self.threads > MOST_THREADS:  # torch would end the process while it starts them
            raise SettingError("compute.threads", expected=f"at most {MOST_THREADS}", got=self.threads)


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
    except RuntimeError as error:  # its text lists every device that torch was ever built for
        raise _unusable(repr(name)) from error
    if device.type == "meta":  # makes tensors, but holds no numbers
        raise _unusable(repr(name))
    try:
        torch.zeros(1, device=device).item()
    except (RuntimeError, AssertionError) as error:
        raise _unusable(f"{name!r} ({str(error).splitlines()[0]})") from error
    return device


def _unusable(got: str) -> SettingError:
    return SettingError("compute.device", expected="a device of this machine", got=got, hint="try auto")


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


def resolve_precision(precision: Precision, device: torch.device) -> Literal["bfloat16", "float32"]:
    """The precision itself, or for "auto" the fastest correct one of the device."""
    return fastest_precision(device) if precision == "auto" else precision


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


def autocast(precision: Precision, device: torch.device) -> torch.autocast:
    """The context in which an objective runs: bfloat16 autocast, or nothing for float32."""
    enabled = resolve_precision(precision, device) == "bfloat16"
    return torch.autocast(device.type, torch.bfloat16, enabled=enabled)


def step_tensor(step: int, device: torch.device) -> torch.Tensor:
    """The number of updates made, int64 on the device; on the CPU for "mps", which has no float64 of schedules."""
    return torch.tensor(step, device="cpu" if device.type == "mps" else device)


def seed_layers(seed: int, step: int, device: torch.device, *, purpose: str = "layers") -> None:
    """Seeds the generators that layers and other code draw from without being given one: torch's, NumPy's and Python's.

    seed: of the run. step: updates made so far. device: whose generator is seeded beside that of the CPU. purpose: what
    draws, in a word; default: the layers of an update. Seeded anew at every step, they have no state to be saved.
    """
    key = stream_key(seed, purpose, index=step)
    torch.default_generator.manual_seed(key)
    if device.type == "cuda":
        torch.cuda.default_generators[device.index or 0].manual_seed(key)
    elif device.type == "mps":
        torch.mps.manual_seed(key)
    np.random.seed(key % 2**32)  # noqa: NPY002 - the generator that code of others draws from
    random.seed(key)


@contextmanager
def kept_generators() -> Iterator[None]:
    """Afterwards the generators of torch (CPU), NumPy and Python are in the state that they were in before."""
    before = torch.default_generator.get_state(), np.random.get_state(), random.getstate()  # noqa: NPY002
    try:
        yield
    finally:
        torch.default_generator.set_state(before[0])
        np.random.set_state(before[1])  # noqa: NPY002
        random.setstate(before[2])
