"""The evaluation of a VAE: what the metrics, the KL of each latent and the pictures say of it."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypeAlias

import numpy as np
import torch
from torch import Tensor, nn

from equilab.metrics import NUM_DRAWN, CodeTable, Reference, code_references, score_table
from equilab.models import VariationalAutoencoder
from equilab.objectives import bernoulli_reconstruction, gaussian_kl
from training.compute import autocast
from training.feed import Feed
from training.log import Log
from training.pictures import reconstructions, traversal_gif, traversals, traverse
from training.run import Run
from training.state import State, build_model, seeded

NUM_IMAGES = 4096  # different images over which the losses are averaged, or all where there are fewer
REFERENCES = ("floor_random", "floor_untrained", "ceiling")
Values: TypeAlias = dict[str, float]  # by key
ACTIVE_NATS = 0.01  # a latent is active above this KL


def encoder_of(model: nn.Module, run: Run, device: torch.device) -> Callable[[Tensor], tuple[Tensor, Tensor]]:
    """The function images (n, C, H, W) -> posterior means and log variances (n, latent_dim), without gradients."""
    assert isinstance(model, VariationalAutoencoder)

    @torch.no_grad()
    def encode(images: Tensor) -> tuple[Tensor, Tensor]:
        with autocast(run.compute, device):
            posterior = model.encode(images.to(device))
        return posterior.mean.cpu(), posterior.log_var.cpu()

    return encode


class MeanLosses(NamedTuple):
    """Means over images, nats: the reconstruction, and the KL of each latent (latent_dim,), on the CPU."""

    reconstruction: float
    kl: Tensor


@torch.no_grad()
def mean_losses(model: VariationalAutoencoder, images: Tensor, *, generator: torch.Generator) -> MeanLosses:
    """The two parts of the evidence lower bound of images (n, C, H, W), in float32, noise from `generator`."""
    reconstruction, kl = 0.0, torch.zeros(model.latent_dim)
    for part in images.split(256):
        posterior = model.encode(part)
        logits = model.decode(posterior.sample(generator))
        reconstruction += float(bernoulli_reconstruction(logits, part).sum())
        kl += gaussian_kl(posterior).sum(0).cpu()
    return MeanLosses(reconstruction / len(images), kl / len(images))


def probe_vae(
    state: State, run: Run, feed: Feed, *, folder: Path, log: Log, progress: Callable[[int, int], None]
) -> Values:
    """Losses over many images, the metrics with their references, and pictures.

    The untrained model, the floor of every metric, is scored at the last step only.
    """
    model = state.model
    assert isinstance(model, VariationalAutoencoder)
    device = next(model.parameters()).device
    rng = np.random.default_rng([run.seed, 1])
    images = feed.table.gather(torch.from_numpy(rng.permutation(len(run.data))[:NUM_IMAGES]).to(device))
    reconstruction, kl = mean_losses(model, images, generator=seeded(run.seed, "evaluation", device))
    values = {"latent/reconstruction_mean": reconstruction, "latent/kl_mean": float(kl.sum())}
    values |= {f"latent/kl_mean_{index:02d}": float(value) for index, value in enumerate(kl)}
    values["latent/active"] = float((kl > ACTIVE_NATS).sum())
    if run.log.protocol != "none":
        values |= _measure(model, state.step, run, device, log, progress)
    _pictures(model, images, kl, folder / "pictures", state.step, log)
    return values


def _measure(
    model: nn.Module, step: int, run: Run, device: torch.device, log: Log, progress: Callable[[int, int], None]
) -> Values:
    """The protocol's scores with floors and ceilings; their matrices and a table of them all go into the log."""
    encode = partial(
        CodeTable.encode,
        dataset=run.data,
        seed=run.seed,
        batch_size=256 if device.type == "cpu" else 4096,  # a CPU's caches hold no more
        progress=progress,
    )
    table = encode(encoder_of(model, run, device), num_samples=run.log.evaluate_images or None)
    untrained = None
    if step == run.steps:
        before = encoder_of(build_model(run).to(device).eval(), run, device)
        untrained = encode(before, num_samples=min(run.log.evaluate_images or NUM_DRAWN, NUM_DRAWN))
    references = code_references(table, names=("random", "ceiling"), seed=run.seed, blocks=None)
    if untrained is not None:
        references["floor_untrained"] = Reference(untrained, None)
    scores = score_table(
        table, protocol=run.log.protocol, metrics=run.log.metrics or None, seed=run.seed, references=references
    )
    values = scores.flat()
    factors = list(table.scored_names)
    for name, score in scores.items():
        rows = [[label, *row] for label, row in zip(score.rows, score.matrix.tolist(), strict=True)]
        log.table(step, f"metric/{name}_matrix", ["", *score.columns], rows)
    parts = ["", *(f"_{reference}" for reference in REFERENCES), *(f"_{factor}" for factor in factors)]
    rows = [[name, *(values.get(name + part) for part in parts)] for name in scores]
    log.table(step, "metric/scores", ["score", "value", *REFERENCES, *factors], rows)
    return {f"metric/{name}": value for name, value in values.items()}


def _pictures(model: VariationalAutoencoder, images: Tensor, kl: Tensor, folder: Path, step: int, log: Log) -> None:
    """Reconstructions, traversals and their GIF, dimensions sorted by KL."""
    folder.mkdir(parents=True, exist_ok=True)
    with torch.no_grad():
        shown = images[:10]
        path = folder / f"reconstructions_{step:09d}.png"
        labels = ["input", "reconstruction"]
        reconstructions(shown.cpu().numpy(), model(shown).cpu().numpy(), labels=labels, path=path)
        log.picture(step, "latent/reconstructions", path)
        order = kl.argsort(descending=True)
        frames = traverse(model, images[:1], order.tolist())
    labels = [f"z{index}  {kl[index]:.2f} nats" for index in order.tolist()]
    for write, key, suffix in (
        (traversals, "latent/traversals", "png"),
        (traversal_gif, "latent/traversal_gif", "gif"),
    ):
        path = folder / f"{key.split('/')[1]}_{step:09d}.{suffix}"
        write(frames, labels=labels, path=path)
        log.picture(step, key, path)
