"""Seconds of the report on cyclic factors, on one thread, in a process of its own.

A perfect code of two angles on a 64 x 64 grid, mixed into 10 dimensions with some noise; target without the residual
fits: 0.1 s. Beside it the same grid with the fits, and all of dSprites (737,280 codes) with two positions as cyclic.
"""

import os
import subprocess
import sys
from statistics import median
from time import perf_counter

import numpy as np

TARGET = 0.1  # seconds, without the residual fits
ROUNDS = 9
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def codes_of(*sizes: int) -> np.ndarray:
    """Codes (N_1, ..., N_k, 10) float32 that are linear in the cosine and sine of every factor's angle."""
    rng = np.random.default_rng(0)
    angles = [2 * np.pi * index / size for index, size in zip(np.indices(sizes), sizes, strict=True)]
    circles = np.stack([part for angle in angles for part in (np.cos(angle), np.sin(angle))], -1)
    codes = circles @ rng.standard_normal((2 * len(sizes), 10)) + 0.01 * rng.standard_normal((*sizes, 10))
    return codes.astype(np.float32)


def measure() -> None:
    """The report with and without the fits; the first call, which imports scipy, apart."""
    from equilab.metrics.symmetry.lsbd_report import lsbd_report_codes

    def seconds_of(codes: np.ndarray, axes: tuple[int, ...], residuals: bool) -> float:
        start = perf_counter()
        lsbd_report_codes(codes, rng=np.random.default_rng(0), axes=axes, residuals=residuals)
        return perf_counter() - start

    small, large = codes_of(64, 64), codes_of(3, 6, 40, 32, 32)
    for name, codes, axes, rounds in (("64 x 64", small, (0, 1), ROUNDS), ("dSprites", large, (3, 4), 2)):
        for residuals in (False, True):
            first, *others = (seconds_of(codes, axes, residuals) for _ in range(rounds + 1))
            target = f"; target <= {TARGET} s" if codes is small and not residuals else ""
            print(
                f"{name:8s} {'with' if residuals else 'without'} fits  {median(others):6.3f} s ({min(others):.3f} to "
                f"{max(others):.3f}; the first call {first:.3f}{target})"
            )


def main() -> None:
    program = "from tests.benchmarks.bench_lsbd import measure; measure()"
    subprocess.run([sys.executable, "-c", program], check=True, env=os.environ | dict.fromkeys(THREADS, "1"))


if __name__ == "__main__":
    main()
