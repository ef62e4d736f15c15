"""Pictures of a VAE: reconstructions, and traversals of every path through its latent."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch
from jaxtyping import Float
from numpy import ndarray
from torch import Tensor

from equilab.errors import check_count
from equilab.keys import Key
from equilab.latents import Posterior
from equilab.models import VariationalAutoencoder
from equilab.runs.evaluations.disentanglement import encoder_of
from equilab.runs.evaluations.evaluation import NUM_TRIED, Evaluation, Findings, Moment, require_model
from equilab.runs.latent_report import Latents
from equilab.runs.latents import measure_latents
from equilab.runs.pictures import film, sheet

NUM_RECONSTRUCTIONS = 10
NUM_MEASURED = 2048  # images that the factors of each block are measured on, and those moved by each group


@dataclass(frozen=True)
class Traversals(Evaluation):
    """Reconstructions, and the images decoded along the paths of each living block, labelled with its factors."""

    every: int = 0  # updates between two evaluations; 0: once, at the end
    num: int = 11  # images of a path

    def __post_init__(self) -> None:
        check_count("every", self.every, least=0)
        check_count("num", self.num, least=2)

    @property
    def keys(self) -> tuple[Key, ...]:
        return (
            Key("latent/reconstructions", "picture", "inputs above, their reconstructions below"),
            Key("latent/traversals", "picture", "one living block changed at a time, sorted by KL, with its factors"),
            Key("latent/traversal_gif", "picture", "the traversals, moving"),
        )

    @torch.no_grad()
    def __call__(self, moment: Moment) -> Findings:
        model = require_model(moment, VariationalAutoencoder, self)
        most = NUM_TRIED if moment.trial else NUM_RECONSTRUCTIONS
        chosen = torch.from_numpy(moment.rng("images").permutation(len(moment.table))[:most])
        images = moment.table.gather(chosen.to(moment.device))
        codes = model.encode(images).mean
        pairs = torch.stack([images, model.decode(codes).sigmoid()]).cpu().numpy()
        num_images = NUM_TRIED if moment.trial else NUM_MEASURED
        encode = _reporting(encoder_of(model, moment.device), moment.progress, num_images)
        latents = measure_latents(encode, moment.data, rng=moment.rng("latents"), num_images=num_images)
        found = traverse(model, codes[0], latents, self.num, trial=moment.trial)
        names = [label.partition("\n")[0].partition(" (")[0] for label in found.labels]  # a tile has no room for more
        return Findings(
            pictures={
                "latent/reconstructions": sheet(pairs, ["input", "reconstruction"]),
                "latent/traversals": sheet(found.images, found.labels, found.positions),
                "latent/traversal_gif": film(found.images[:, : 2 if moment.trial else None], names),
            }
        )


def _reporting(
    encode: Callable[[Tensor], Posterior], progress: Callable[[int, int], None], total: int
) -> Callable[[Tensor], Posterior]:
    """The encoder, which reports how many images it has encoded after each batch, `total` at most."""
    done = 0

    def reported(images: Tensor) -> Posterior:
        nonlocal done
        found, done = encode(images), min(total, done + len(images))
        progress(done, total)
        return found

    return reported


class Traversed(NamedTuple):
    """Decoded pixel probabilities along paths, a label for each, and the words above the columns where all agree."""

    images: Float[ndarray, "paths num c h w"]
    labels: list[str]
    positions: list[str]


@torch.no_grad()
def traverse(
    model: VariationalAutoencoder, code: Tensor, latents: Latents, num: int, *, trial: bool = False
) -> Traversed:
    """The images decoded along every path of every living block, the other blocks as in one code.

    A label holds the factors of the block, its KL, the ends of the path where not all paths have the same, and the
    rotation that the block takes part in. Where no block is alive, the one with the largest KL stands for all.

    code: (dim,). latents: of the model; the block with the largest KL is first. num: points of a path. trial: whether
    a few images are decoded alone, and stand for the others.
    """
    shown = [block for block in latents.ordered() if block.alive] or latents.ordered()[:1]
    by_name = {block.label: block for block in model.latent.code_blocks}
    codes, labels, places = [], [], []
    for report in shown:
        block = by_name[report.name]
        axes = list(block.axes)
        paths = block.manifold.path(code[axes], num)
        for number, path in enumerate(paths):
            z = code.repeat(num, 1)
            z[:, axes] = path
            codes.append(z)
            part = f", axis {number}" if len(paths) > 1 else ""
            labels.append([f"{latents.summary(report.name)}{part}", f"KL {report.kl:.2f} nats"])
            labels[-1] += [str(plane) for plane in latents.planes if report.name in plane.blocks]
            places.append(block.manifold.positions(num))
    everything = torch.stack(codes).flatten(0, 1)
    decoded = torch.cat([model.decode(z).sigmoid() for z in everything[: NUM_TRIED if trial else None].split(256)])
    if trial:
        decoded = decoded[torch.arange(len(everything)) % len(decoded)]
    same = all(place == places[0] for place in places)
    if not same:
        for label, place in zip(labels, places, strict=True):
            label[1] += f", {place[0]} to {place[-1]}"
    images = decoded.unflatten(0, (len(codes), num)).cpu().numpy()
    return Traversed(images, ["\n".join(label) for label in labels], list(places[0]) if same else [])
