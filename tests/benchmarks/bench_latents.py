"""The time of `measure_latents` on one core: an untrained network of Burgess et al. 2018 with 10 latents, all alive."""

from time import process_time

import numpy as np
import torch

from equilab.data import DSprites, MiniSprites
from equilab.models import ConvVAE
from equilab.runs import measure_latents
from equilab.runs.evaluations import encoder_of
from equilab.tables import Table


def main() -> None:
    torch.set_num_threads(1)
    rows = []
    for data in (MiniSprites(scales=3, orientations=8, positions=8), DSprites()):
        model = ConvVAE("burgess", latent_dim=10).build(data.image_shape, generator=torch.Generator().manual_seed(0))
        with torch.no_grad():
            model.encoder[-1].weight.mul_(300.0)  # so that every block is alive
        encode = encoder_of(model.eval(), torch.device("cpu"))
        data.table.gather(torch.arange(1))  # opened before
        start = process_time()
        found = measure_latents(encode, data, rng=np.random.default_rng(0))
        alive = sum(block.alive for block in found)
        rows.append((type(data).__name__, len(data), alive, process_time() - start))
    print(Table(("data", "images", "living blocks", "s of a core"), rows))
