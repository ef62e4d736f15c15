"""One update in each form of the arithmetic, in turn: precision, memory order, freed memory kept or handed back.

The network of Burgess et al. 2018, batch 64, all cores. Precision and memory order alternate update by update in one
process; what is done with freed memory holds for a whole process, so processes alternate.
"""

import subprocess
import sys
from statistics import median
from time import perf_counter
from typing import Literal

import torch

from equilab.data import MiniSprites
from equilab.models import ConvVAE
from equilab.objectives import BetaVAE, FactorVAE, Objective
from equilab.runs import compute
from equilab.runs.compute import Compute
from equilab.runs.loop import set_up, update
from equilab.runs.run import Run

ROUNDS = 8  # updates of each form, after two that are not counted
OBJECTIVES = (BetaVAE(), FactorVAE())


class Form:
    """A model with its objective in one form of the arithmetic."""

    def __init__(self, objective: Objective, precision: Literal["float32", "bfloat16"], settings: Compute):
        self.precision, self.settings = precision, settings
        run = Run(MiniSprites(), ConvVAE("burgess", 10), objective, precision=precision, compute=settings)
        self.training = set_up(run)

    def update(self) -> float:
        """Milliseconds of one update."""
        start = perf_counter()
        update(self.training)
        return 1e3 * (perf_counter() - start)


def compare_forms(objective: Objective) -> None:
    """Milliseconds of each precision and memory order, and the median ratio to float32 with channels_last."""
    forms = [
        Form(objective, precision, Compute(device="cpu", channels_last=channels_last))
        for precision in ("float32", "bfloat16")
        for channels_last in (True, False)
    ]
    times = [[form.update() for form in forms] for _ in range(ROUNDS + 2)][2:]
    for index, form in enumerate(forms):
        order = "channels_last" if form.settings.channels_last else "contiguous"
        ratio = median(row[index] / row[0] for row in times)
        print(
            f"{type(objective).__name__:10s} {form.precision:9s} {order:14s} "
            f"{median(row[index] for row in times):8.1f} ms   ratio {ratio:.2f}",
            flush=True,
        )


def memory_milliseconds(kept: str) -> None:
    """Prints the median milliseconds of a beta-VAE update where freed memory is kept, or is not."""
    if kept == "no":
        compute._keep_freed_memory = lambda: None  # pyright: ignore[reportPrivateUsage]
    form = Form(BetaVAE(), "float32", Compute(device="cpu"))
    print(median(form.update() for _ in range(ROUNDS + 2)))


def in_process(kept: str) -> float:
    """What `memory_milliseconds` prints in a process of its own."""
    program = f"from tests.benchmarks.bench_forms import memory_milliseconds as m; m({kept!r})"
    return float(subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout)


def main() -> None:
    print(f"chosen here by precision 'auto': {compute.fastest_precision(torch.device('cpu'))}", flush=True)
    for objective in OBJECTIVES:
        compare_forms(objective)
    ratios = [in_process("no") / in_process("yes") for _ in range(3)]
    print(
        f"freed memory handed back: {median(ratios):.2f} times the update where it is kept "
        f"({min(ratios):.2f} to {max(ratios):.2f})"
    )


if __name__ == "__main__":
    main()
