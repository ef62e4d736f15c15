"""One update in each form of the arithmetic: precision, memory order, freed memory kept or handed back.

Each form runs in a process of its own, all cores, dSprites-sized images, the network of Burgess et al. 2018, batch 64.
"""

import subprocess
import sys
from statistics import median
from time import perf_counter

import torch

from equilab.data import MiniSprites
from equilab.models import ConvVAE
from equilab.objectives import BetaVAE, FactorVAE
from training import compute
from training.run import Compute, Run
from training.state import State

UPDATES = 12  # timed, after two that are not
FORMS = [
    ("float32", "contiguous", "kept"),
    ("float32", "channels_last", "kept"),
    ("float32", "channels_last", "handed back"),
    ("bfloat16", "contiguous", "kept"),
    ("bfloat16", "channels_last", "kept"),
]


def measure(precision: str, order: str, memory: str) -> None:
    """Prints the milliseconds of an update of beta-VAE and of FactorVAE in this form."""
    settings = Compute(precision=precision, channels_last=order == "channels_last")  # pyright: ignore[reportArgumentType]
    if memory != "kept":
        compute._keep_freed_memory = lambda: None  # pyright: ignore[reportPrivateUsage]
    device = compute.prepare(settings)
    found = []
    for objective in (BetaVAE(), FactorVAE()):
        run = Run(data=MiniSprites(), model=ConvVAE("burgess", 10), objective=objective, compute=settings)
        state = State.build(run, device)
        images = run.data.table.gather(torch.arange(64 * objective.batches)).to(device)
        seconds = []
        for _ in range(UPDATES + 2):
            start = perf_counter()
            with compute.autocast(settings, device):
                losses = objective(state.model, images, step=0, generator=state.generator, critic=state.critic)
            state.update(losses)
            seconds.append(perf_counter() - start)
        found.append(1e3 * median(seconds[2:]))
    print(
        f"{precision:8s}  {order:13s}  memory {memory:11s}  beta-VAE {found[0]:7.1f} ms   FactorVAE {found[1]:7.1f} ms"
    )


def main() -> None:
    print(f"chosen here by precision 'auto': {compute.fastest_precision(torch.device('cpu'))}", flush=True)
    for form in FORMS:
        program = "import sys; from tests.benchmarks.bench_forms import measure; measure(*sys.argv[1:])"
        subprocess.run([sys.executable, "-c", program, *form], check=True)


if __name__ == "__main__":
    main()
