"""Floors and ceilings of every metric on two data sets: the table of docs/metrics.md.

Random codes: Gaussian noise in 10 dimensions. PCA: 10 principal components of the images. Perfect: the factors, one
per dimension. Untrained: the network of Burgess et al. 2018 before its first update (posterior means). Settings of the
protocols, without the four metrics that fit predictors again and again; 30,000 observations of dSprites are encoded.
"""

from time import perf_counter

import numpy as np
import torch

from equilab.data import Dataset, DSprites, MiniSprites
from equilab.latents import gaussian_posterior_of
from equilab.metrics import PROTOCOLS, CodeTable, Metric, ScoreSettings, evaluate
from equilab.metrics.metric import generator_of
from equilab.metrics.references import factor_codes, principal_components
from equilab.models import ConvVAE
from equilab.tables import Table

DIM = 10
LEFT_OUT = ("downstream_boosting", "downstream_logistic", "fairness", "strong_generalisation")  # minutes each


def ceilings(data: Dataset, metrics: list[Metric]) -> dict[str, float]:
    """The scores of the factors of the complete grid as codes."""
    factors = data.labels(np.arange(len(data)))
    nothing = np.zeros((len(factors), 1), np.float32)
    posterior = gaussian_posterior_of(torch.from_numpy(nothing), variance=1.0)
    table = factor_codes(CodeTable(nothing, factors, data.factors.names, posterior))
    scores = (metric(table, rng=generator_of(metric, seed=0)) for metric in metrics)
    return {each.name: each.value for score in scores for each in score.each()}


def main() -> None:
    metrics: dict[str, Metric] = {metric.name: metric for protocol in PROTOCOLS.values() for metric in protocol}
    metrics = {name: metric for name, metric in metrics.items() if name not in LEFT_OUT}
    columns: dict[str, dict[str, float]] = {}
    for name, data, num_samples in (("dSprites", DSprites(), 30_000), ("MiniSprites", MiniSprites(), None)):
        start = perf_counter()
        components = principal_components(data, DIM, seed=0)
        model = ConvVAE(latent_dim=DIM).build(data.image_shape, generator=torch.Generator().manual_seed(0)).eval()

        def encode(images, components=components):
            codes = components(images)
            return codes, torch.full_like(codes, -4.0)

        found = evaluate(
            encode,
            data,
            metrics=list(metrics.values()),
            untrained=lambda x, m=model: m.encode(x),
            settings=ScoreSettings(num_samples=num_samples),
        )
        columns[f"{name}: random"] = found.references["floor_random"]
        columns["untrained" if name == "dSprites" else "untrained "] = found.references["floor_untrained"]
        columns["PCA" if name == "dSprites" else "PCA "] = {key: score.value for key, score in found.items()}
        columns["perfect" if name == "dSprites" else "perfect "] = ceilings(data, list(metrics.values()))
        print(f"{name}: {perf_counter() - start:.0f} s", flush=True)
    rows = [(f"`{key}`", *(f"{column[key]:.3f}" for column in columns.values())) for key in found]
    print(Table(("score", *columns), rows).to_markdown())


if __name__ == "__main__":
    main()
