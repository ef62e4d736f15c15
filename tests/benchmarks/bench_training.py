"""An update of the lab beside a bare hand-written loop of the same model, objective and data.

Updates of both alternate in one process, on one thread of the CPU, with the run's default precision and memory order;
processor time, so that other work on the machine counts little. The bare loop uses nothing of this project but the
networks and the pixels: its losses, its batches and its updates are written out below. The cost of rows and checkpoints
at the default rates is measured apart.
"""

import tempfile
from dataclasses import replace
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter, process_time
from typing import NamedTuple

import numpy as np
import torch
from torch.nn import functional

from equilab.data import DSprites, Feed
from equilab.models import ConvVAE, Critic
from equilab.objectives import BetaVAE, FactorVAE
from equilab.runs.checkpoint import save
from equilab.runs.compute import Compute, fastest_precision
from equilab.runs.evaluations import Findings
from equilab.runs.loop import Training, set_up, update
from equilab.runs.run import Logging, Run
from equilab.runs.sinks.sinks import open_sinks

ROUNDS = 80  # pairs of updates


class Bare:
    """beta-VAE, or FactorVAE where gamma is given, as one would write it in an afternoon, without leaks."""

    def __init__(self, pixels: torch.Tensor, gamma: float | None):
        self.pixels, self.gamma = pixels, gamma
        self.bfloat16 = fastest_precision(torch.device("cpu")) == "bfloat16"
        self.noise = torch.Generator().manual_seed(0)
        self.vae = ConvVAE("burgess", 10).build((1, 64, 64), generator=self.noise)
        self.vae = self.vae.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
        self.adam = torch.optim.Adam(self.vae.parameters(), lr=1e-4, fused=True)
        self.critic = Critic(10)
        self.critic_adam = torch.optim.Adam(self.critic.parameters(), lr=1e-4, betas=(0.5, 0.9), fused=True)

    def batch(self) -> torch.Tensor:
        rows = self.pixels[torch.randint(len(self.pixels), (64,), generator=self.noise)]
        bits = (rows.unsqueeze(2) >> torch.arange(7, -1, -1, dtype=torch.uint8)) & 1
        return bits.reshape(64, 1, 64, 64).float()

    def encode(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        mean, log_var = self.vae.encoder(x).float().chunk(2, 1)
        return mean, log_var, mean + (log_var / 2).exp() * torch.randn(mean.shape, generator=self.noise)

    def step(self) -> None:
        with torch.autocast("cpu", torch.bfloat16, enabled=self.bfloat16):
            x = self.batch()
            mean, log_var, z = self.encode(x)
            logits = self.vae.decoder(z).float()
            loss = functional.binary_cross_entropy_with_logits(logits, x, reduction="sum") / 64
            kl = 0.5 * (mean**2 + log_var.exp() - 1 - log_var).sum() / 64
            if self.gamma is None:
                loss = loss + 4.0 * kl
            else:
                real = self.critic(z).float()
                loss = loss + kl + self.gamma * (real[:, 0] - real[:, 1]).mean()
                with torch.no_grad():
                    other = self.encode(self.batch())[2]
                    order = torch.rand(other.shape, generator=self.noise).argsort(0)
                both = torch.cat([z.detach(), other.gather(0, order)])
                target = torch.tensor([0] * 64 + [1] * 64)
                critic_loss = functional.cross_entropy(self.critic(both).float(), target)
        self.adam.zero_grad()
        loss.backward(inputs=list(self.vae.parameters()))
        self.adam.step()
        if self.gamma is not None:
            self.critic_adam.zero_grad()
            critic_loss.backward()  # pyright: ignore[reportPossiblyUnboundVariable]
            self.critic_adam.step()


class Pair(NamedTuple):
    """Processor seconds of one update of the lab and of the bare loop, made one after the other."""

    lab: float
    bare: float


def pairs(training: Training, bare: Bare) -> list[Pair]:
    """Updates of both in turn, after five of each that do not count."""
    found = []
    for _ in range(ROUNDS + 5):
        start = process_time()
        update(training)
        middle = process_time()
        bare.step()
        found.append(Pair(middle - start, process_time() - middle))
    return found[5:]


def feed_seconds(run: Run) -> float:
    """Seconds to gather one update's images, the mean over 2,048 updates: draws, rows, bits."""
    feed = Feed(run.data, run.objective.sampler, run.batch_size, seed=0)
    start = perf_counter()
    for step in range(2048):
        feed.at(step)
    return (perf_counter() - start) / 2048


def record_seconds(run: Run) -> tuple[float, float]:
    """Seconds of one row of the log (W&B offline included), and of one checkpoint."""
    training = set_up(replace(run, batch_size=8))
    update(training)  # the optimisers' state exists after an update
    row = Findings({"train/loss": 1.0, "train/kl": 1.0} | {f"latent/kl_{index:02d}": 1.0 for index in range(10)})
    offline = replace(run, log=replace(run.log, wandb="offline"))
    rows, saves = [], []
    with tempfile.TemporaryDirectory() as folder, open_sinks(offline, Path(folder), None) as sinks:
        for step in range(20):
            start = perf_counter()
            sinks.log(step, row)
            rows.append(perf_counter() - start)
        for step in range(5):
            start = perf_counter()
            payload = training.state.payload() | {"log_position": sinks.record.sync()}
            save(Path(folder) / "checkpoints", step, payload)
            saves.append(perf_counter() - start)
    return median(rows), median(saves)


def main() -> None:
    data = DSprites()
    pixels = torch.from_numpy(np.packbits(data.images(np.arange(0, len(data), 7)) > 0, axis=None).reshape(-1, 512))
    torch.set_num_threads(1)
    for objective, gamma in ((BetaVAE(beta=4.0), None), (FactorVAE(gamma=35.0), 35.0)):
        run = Run(data, ConvVAE("burgess", 10), objective, compute=Compute(device="cpu"), log=Logging(wandb="off"))
        found = pairs(set_up(run), Bare(pixels, gamma))
        ratios = quantiles([pair.lab / pair.bare for pair in found], n=4)
        step, name = median(pair.lab for pair in found), type(objective).__name__
        print(
            f"{name:10s} update: lab {1e3 * step:6.1f} ms, bare loop {1e3 * median(pair.bare for pair in found):6.1f} "
            f"ms, ratio {ratios[1]:.3f} (quartiles {ratios[0]:.3f} and {ratios[2]:.3f}; target <= 1.02)"
        )
        feed = feed_seconds(run)
        print(f"{name:10s} feeding: {feed * 1e3:.2f} ms, {feed / step:.1%} of an update (target <= 5 %)")
        default = Logging()
        row, checkpoint = record_seconds(run)
        share = (row / default.every + checkpoint / default.checkpoint_every) / step
        print(
            f"{name:10s} records: a row {row * 1e3:.2f} ms every {default.every}, a checkpoint "
            f"{checkpoint * 1e3:.0f} ms every {default.checkpoint_every}: {share:.2%} of the time (target <= 2 %)"
        )


if __name__ == "__main__":
    main()
