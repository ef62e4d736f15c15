"""The memory of the machine and of this process, as each system tells it."""

import ctypes
import os
import sys

if sys.platform == "win32":
    resource = None
else:
    import resource


def peak_memory() -> float:
    """The largest resident memory of this process so far, MiB."""
    if resource is None:
        return _windows_peak() / 2**20
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # bytes on macOS, KiB elsewhere
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10


def machine_memory() -> int | None:
    """The bytes of memory of the machine; None on Windows, where it is not read."""
    return None if sys.platform == "win32" else os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


_SIZES = (
    "PeakWorkingSetSize",
    "WorkingSetSize",
    "QuotaPeakPagedPoolUsage",
    "QuotaPagedPoolUsage",
    "QuotaPeakNonPagedPoolUsage",
    "QuotaNonPagedPoolUsage",
    "PagefileUsage",
    "PeakPagefileUsage",
)


class _Counters(ctypes.Structure):
    """PROCESS_MEMORY_COUNTERS of Windows' psapi.h."""

    _fields_ = (
        ("cb", ctypes.c_uint32),
        ("PageFaultCount", ctypes.c_uint32),
        *((name, ctypes.c_size_t) for name in _SIZES),
    )


def _windows_peak() -> int:
    """The peak working set of this process, bytes."""
    counters = _Counters(cb=ctypes.sizeof(_Counters))
    kernel = getattr(ctypes, "windll").kernel32  # noqa: B009 - exists on Windows alone
    kernel.GetCurrentProcess.restype = ctypes.c_void_p
    process = ctypes.c_void_p(kernel.GetCurrentProcess())
    kernel.K32GetProcessMemoryInfo(process, ctypes.byref(counters), ctypes.sizeof(counters))
    return counters.PeakWorkingSetSize
