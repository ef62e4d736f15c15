"""Pictures of a VAE: reconstructions, and traversals of every path through its latent."""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from jaxtyping import Float
from numpy import ndarray
from torch import Tensor

from equilab.errors import check_count
from equilab.keys import Key
from equilab.models import VariationalAutoencoder
from equilab.runs.evaluations.evaluation import NUM_TRIED, Evaluation, Findings, Moment, require_model
from equilab.runs.pictures import film, sheet

NUM_RECONSTRUCTIONS = 10
NUM_KL = 512  # images over which the KL of a block is averaged


@dataclass(frozen=True)
class Traversals(Evaluation):
    """Reconstructions, and the images decoded along the paths of each block, the block with the largest KL first."""

    every: int = 0  # updates between two evaluations; 0: once, at the end
    num: int = 11  # images of a path

    def __post_init__(self) -> None:
        check_count("every", self.every, least=0)
        check_count("num", self.num, least=2)

    @property
    def keys(self) -> tuple[Key, ...]:
        return (
            Key("latent/reconstructions", "picture", "inputs above, their reconstructions below"),
            Key("latent/traversals", "picture", "one block changed at a time, sorted by KL"),
            Key("latent/traversal_gif", "picture", "the traversals, moving"),
        )

    @torch.no_grad()
    def __call__(self, moment: Moment) -> Findings:
        model = require_model(moment, VariationalAutoencoder, self)
        most = NUM_TRIED if moment.trial else NUM_KL
        chosen = torch.from_numpy(moment.rng("images").permutation(len(moment.table))[:most])
        images = moment.table.gather(chosen.to(moment.device))
        posterior = model.encode(images)
        shown = images[:NUM_RECONSTRUCTIONS]
        pairs = torch.stack([shown, model.decode(posterior.mean[:NUM_RECONSTRUCTIONS]).sigmoid()]).cpu().numpy()
        found = traverse(model, posterior.mean[0], posterior.kl().mean(0), self.num, trial=moment.trial)
        names = [label.partition("\n")[0] for label in found.labels]
        return Findings(
            pictures={
                "latent/reconstructions": sheet(pairs, ["input", "reconstruction"]),
                "latent/traversals": sheet(found.images, found.labels, found.positions),
                "latent/traversal_gif": film(found.images[:, : 2 if moment.trial else None], names),
            }
        )


class Traversed(NamedTuple):
    """Decoded pixel probabilities along paths, a label for each, and the words above the columns where all agree."""

    images: Float[ndarray, "paths num c h w"]
    labels: list[str]
    positions: list[str]


@torch.no_grad()
def traverse(model: VariationalAutoencoder, code: Tensor, kl: Tensor, num: int, *, trial: bool = False) -> Traversed:
    """The images decoded along every path of every block, the other blocks as in one code.

    code: (dim,). kl: (blocks,), nats, by which the blocks are sorted. num: points of a path. trial: whether a few
    images are decoded alone, and stand for the others.
    """
    codes, labels, places = [], [], []
    for index in kl.argsort(descending=True).tolist():
        block = model.latent.code_blocks[index]
        axes = list(block.axes)
        paths = block.manifold.path(code[axes], num)
        for number, path in enumerate(paths):
            z = code.repeat(num, 1)
            z[:, axes] = path
            codes.append(z)
            part = f".{number}" if len(paths) > 1 else ""
            labels.append(f"{block.label}{part}  {kl[index]:.2f} nats")
            places.append(block.manifold.positions(num))
    everything = torch.stack(codes).flatten(0, 1)
    decoded = torch.cat([model.decode(z).sigmoid() for z in everything[: NUM_TRIED if trial else None].split(256)])
    if trial:
        decoded = decoded[torch.arange(len(everything)) % len(decoded)]
    same = all(place == places[0] for place in places)
    if not same:
        labels = [f"{label}\n{place[0]} to {place[-1]}" for label, place in zip(labels, places, strict=True)]
    return Traversed(decoded.unflatten(0, (len(codes), num)).cpu().numpy(), labels, list(places[0]) if same else [])
