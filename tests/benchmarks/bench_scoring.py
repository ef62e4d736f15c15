"""Seconds of a core for all of `equilab1` with floors and ceilings, the first time and once these are kept.

Codes of ten dimensions that know something of every factor: of all images of dSprites, and of MiniSprites' 384. In a
process of its own on one thread, with an empty cache folder. Then DCI as `score_codes` gives it, beside the fits that
scikit-learn needs for the same codes (10 of the 100 stages of each factor, times 10). Targets once kept: 20 s on
MiniSprites, 40 s on dSprites.
"""

import os
import subprocess
import sys
import tempfile
from functools import partial
from time import process_time

import numpy as np

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
TARGETS = {"MiniSprites": 20, "dSprites": 40}  # seconds
STAGES, FITTED = 100, 10


def tables() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Codes float32 (n, 10) and factors of both data sets."""
    from equilab.data import MiniSprites
    from tests.benchmarks.bench_metrics import codes_and_factors

    data, rng = MiniSprites(), np.random.default_rng(0)
    factors = data.labels(np.arange(len(data)))
    mixed = (factors / factors.max(axis=0)) @ rng.standard_normal((factors.shape[1], 10))
    return {
        "MiniSprites": ((mixed + 0.3 * rng.standard_normal(mixed.shape)).astype(np.float32), factors),
        "dSprites": codes_and_factors(),
    }


def seconds_of(call) -> float:
    """Seconds of the processor."""
    start = process_time()
    call()
    return process_time() - start


def measure() -> None:
    from equilab.metrics import GradientBoosting, score_codes

    for name, table in tables().items():
        first, kept = (seconds_of(partial(score_codes, *table, protocol="equilab1")) for _ in range(2))
        print(f"{name}: equilab1 {first:.1f} s the first time, {kept:.1f} s once kept (target <= {TARGETS[name]} s)")
    codes, factors = table
    ours = seconds_of(partial(score_codes, codes, factors, metrics=["dci"]))
    rows = np.random.default_rng(0).integers(len(codes), size=10_000)
    boosting, rng = GradientBoosting(FITTED, implementation="scikit-learn"), np.random.default_rng(0)
    tenth = seconds_of(partial(boosting.fit_each, codes[rows], factors[rows][:, 1:], rng=rng))
    theirs = tenth * STAGES / FITTED
    print(
        f"{name}: score_codes(metrics=['dci']) {ours:.1f} s, scikit-learn's fits {theirs:.0f} s: {theirs / ours:.1f} x"
    )


def main() -> None:
    program = "from tests.benchmarks.bench_scoring import measure; measure()"
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | dict.fromkeys(THREADS, "1") | {"EQUILAB_CACHE": folder}
        subprocess.run([sys.executable, "-c", program], check=True, env=environment)


if __name__ == "__main__":
    main()
