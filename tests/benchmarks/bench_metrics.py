"""Seconds and memory of each metric on 10-d codes of all of dSprites, on one thread, in a process of its own.

The codes are made from the factor grid, so no image is rendered: each factor that varies, mixed and noisy, float32.
Targets: FactorVAE score 1 s, BetaVAE score 1.5 s, MIG 0.5 s, each from the arrays alone.
"""

import os
import subprocess
import sys
import tracemalloc
from statistics import median
from time import perf_counter

import numpy as np

TARGETS = {"factor_vae_score": 1.0, "beta_vae_score": 1.5, "mig": 0.5}  # seconds
SIZES = (1, 3, 6, 40, 32, 32)
NAMES = ("color", "shape", "scale", "orientation", "posX", "posY")
ROUNDS = 5
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def codes_and_factors() -> tuple[np.ndarray, np.ndarray]:
    """Codes float32 (737280, 10) that know something of every factor, and the factors int32 (737280, 6)."""
    rng = np.random.default_rng(0)
    factors = np.stack(np.unravel_index(np.arange(np.prod(SIZES)), SIZES), axis=1).astype(np.int32)
    unit = (factors[:, 1:] / (np.array(SIZES[1:]) - 1)).astype(np.float32)
    codes = unit @ rng.standard_normal((5, 10), dtype=np.float32)
    return codes + 0.3 * rng.standard_normal(codes.shape, dtype=np.float32), factors


def measure() -> None:
    """Every metric of the protocol: table built, rows grouped and scored, then all of `evaluate_codes`."""
    from equilab.metrics import CodeTable, evaluate_codes, find_protocol

    codes, factors = codes_and_factors()

    def seconds_of(metric) -> float:
        start = perf_counter()
        metric(CodeTable(codes, factors, NAMES), rng=np.random.default_rng(0))
        return perf_counter() - start

    for metric in find_protocol("locatello2019"):
        first, *others = (seconds_of(metric) for _ in range(ROUNDS + 1))
        tracemalloc.start()
        seconds_of(metric)
        extra = tracemalloc.get_traced_memory()[1] / 2**20
        tracemalloc.stop()
        print(
            f"{metric.name:17s} {median(others):5.2f} s ({min(others):.2f} to {max(others):.2f}; the first call, with "
            f"imports, {first:.2f}; target <= {TARGETS[metric.name]} s), {extra:4.0f} MiB beside codes and factors"
        )
    start = perf_counter()
    scores = evaluate_codes(codes, factors, factor_names=NAMES)
    print(f"{'evaluate_codes':17s} {perf_counter() - start:5.2f} s, random floor and ceiling included")
    for name in TARGETS:
        floor, ceiling = scores[f"{name}_floor_random"], scores[f"{name}_ceiling"]
        print(f"{name:17s} {scores[name]:.3f}   floor of random codes {floor:.3f}   ceiling {ceiling:.3f}")


def main() -> None:
    program = "from tests.benchmarks.bench_metrics import measure; measure()"
    environment = os.environ | dict.fromkeys(THREADS, "1")
    subprocess.run([sys.executable, "-c", program], check=True, env=environment)


if __name__ == "__main__":
    main()
