"""The parts of the evidence lower bound over many images, and how many blocks of the latent are in use."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from equilab.data import SplitDataset
from equilab.errors import check_count
from equilab.keys import Key
from equilab.models import VariationalAutoencoder
from equilab.objectives import bernoulli_reconstruction
from equilab.runs.evaluations.evaluation import NUM_TRIED, Evaluation, Findings, Moment, require_model
from equilab.runs.latents import alive_blocks


@dataclass(frozen=True)
class HeldOutLoss(Evaluation):
    """Reconstruction and KL of a VAE, means over held-out images, or over its own where the data set holds out none."""

    every: int = 0  # updates between two evaluations; 0: once, at the end
    images: int = 4096  # different images, drawn at random, or all where there are fewer

    def __post_init__(self) -> None:
        check_count("every", self.every, least=0)
        check_count("images", self.images)

    @property
    def keys(self) -> tuple[Key, ...]:
        return (
            Key(
                "latent/reconstruction_mean", "nats per image", "cross-entropy of the pixels, mean over images", "down"
            ),
            Key("latent/kl_mean", "nats per image", "KL of the posterior to the prior, mean over images"),
            Key("latent/kl_mean_{}", "nats per image", "KL of one block, mean over images"),
            Key(
                "latent/active", "blocks", "blocks with a mean KL above 0.1 nats and a mean code of variance above 0.01"
            ),
        )

    def __call__(self, moment: Moment) -> Findings:
        model = require_model(moment, VariationalAutoencoder, self)
        table = moment.data.test.table.to(moment.device) if isinstance(moment.data, SplitDataset) else moment.table
        most = NUM_TRIED if moment.trial else self.images
        chosen = torch.from_numpy(moment.rng("images").permutation(len(table))[:most]).to(moment.device)
        images, noise = table.gather(chosen), moment.generator("noise")
        found = mean_losses(model, images, generator=noise, progress=moment.progress)
        values = {"latent/reconstruction_mean": found.reconstruction, "latent/kl_mean": float(found.kl.sum())}
        values |= {f"latent/kl_mean_{index:02d}": float(value) for index, value in enumerate(found.kl)}
        alive = alive_blocks(found.kl.double().numpy(), found.codes.double().numpy(), model.latent.code_blocks)
        return Findings(values | {"latent/active": float(alive.sum())})


class MeanLosses(NamedTuple):
    """Means over images, nats: reconstruction, and KL of each block (blocks,); mean codes (n, d). On the CPU."""

    reconstruction: float
    kl: Tensor
    codes: Tensor


@torch.no_grad()
def mean_losses(
    model: VariationalAutoencoder,
    images: Tensor,
    *,
    generator: torch.Generator,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> MeanLosses:
    """The parts of the evidence lower bound of images (n, C, H, W), one sample of each posterior from `generator`.

    progress: called as progress(done, total) after every batch of images; default: nothing is called.
    """
    reconstruction, kl, codes = 0.0, torch.zeros(len(model.latent.blocks)), list[Tensor]()
    for part in images.split(256):
        posterior = model.encode(part)
        logits = model.decode(posterior.sample(generator))
        reconstruction += float(bernoulli_reconstruction(logits, part).sum())
        kl += posterior.kl().sum(0).cpu()
        codes.append(posterior.mean.cpu())
        progress(sum(map(len, codes)), len(images))
    return MeanLosses(reconstruction / len(images), kl / len(images), torch.cat(codes))
