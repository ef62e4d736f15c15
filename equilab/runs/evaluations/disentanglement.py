"""Disentanglement of a VAE: the scores of a metric protocol, beside their floors and ceilings."""

from collections.abc import Callable
from dataclasses import dataclass
from math import prod

import numpy as np
import torch
from jaxtyping import Int
from numpy import ndarray
from torch import Tensor, nn

from equilab.data import Dataset
from equilab.errors import DataError, check_count, check_texts
from equilab.keys import Key
from equilab.latents import Posterior
from equilab.metrics import Metric, Scores, ScoreSettings, check_scoring, choose_metrics, evaluate
from equilab.metrics.encoding import observations_to_encode
from equilab.models import VariationalAutoencoder
from equilab.runs.evaluations.evaluation import NUM_TRIED, Columns, Evaluation, Findings, Moment, require_model

REFERENCES = ("floor_random", "floor_untrained", "ceiling")
BESIDE = {  # what is logged beside every score, by the end of its key
    "floor_untrained": "of the model before its first update",
    "floor_random": "of Gaussian noise as codes",
    "ceiling": "of the factors themselves as codes",
    "matrix": "as the matrix that it was read from",
}


def score_keys(metric: Metric) -> list[Key]:
    """The keys of a metric's score, of its parts, and of what is logged beside it."""
    name, unit = metric.name, metric.unit
    meaning = (type(metric).__doc__ or "").partition("\n")[0].rstrip(".")
    return [
        Key(f"metric/{name}", unit, meaning, metric.better),
        Key(f"metric/{name}_{{}}", unit, f"{name} of one factor, or a part of it", metric.better),
        *(Key(f"metric/{name}_{end}", unit, f"{name} {what}") for end, what in BESIDE.items()),
    ]


@dataclass(frozen=True)
class Disentanglement(Evaluation):
    """Scores of the latent's blocks, with matrices and references; the untrained model is scored at the end only.

    Raises SettingError for a protocol or metrics that do not exist, DataError for data that they cannot score.
    """

    protocol: str = "locatello2019"  # set of metrics, with the settings of its paper
    metrics: tuple[str, ...] = ("factor_vae_score", "beta_vae_score", "mig")  # any names; empty: all of the protocol
    every: int = 0  # updates between two evaluations; 0: once, at the end
    images: int = 0  # images that are encoded, drawn at random; 0: all of a grid; few are used whole

    def __post_init__(self) -> None:
        check_count("every", self.every, least=0)
        check_count("images", self.images, least=0)
        check_texts("metrics", self.metrics)
        choose_metrics(self.protocol, self.metrics or None)

    @property
    def keys(self) -> tuple[Key, ...]:
        chosen = choose_metrics(self.protocol, self.metrics or None)
        table = Key("metric/scores", "table", "each score with its floors, its ceiling, and its part of each factor")
        return (*(key for metric in chosen for key in score_keys(metric)), table)

    def __call__(self, moment: Moment) -> Findings:
        model = require_model(moment, VariationalAutoencoder, self)
        if moment.trial:
            self._try(model, moment)
            return Findings()
        scores = self._scores(model, moment)
        values = scores.flat()
        factors = [name for name in moment.data.factors.names if any(f"{score}_{name}" in values for score in scores)]
        parts = ["", *(f"_{reference}" for reference in REFERENCES), *(f"_{factor}" for factor in factors)]
        rows = [[name, *(values.get(name + part) for part in parts)] for name in scores]
        tables = {"metric/scores": Columns(["score", "value", *REFERENCES, *factors], rows)}
        for name, score in scores.items():
            matrix = [[label, *row] for label, row in zip(score.rows, score.matrix.tolist(), strict=True)]
            tables[f"metric/{name}_matrix"] = Columns(["", *score.columns], matrix)
        return Findings({f"metric/{name}": value for name, value in values.items()}, tables)

    def _scores(self, model: VariationalAutoencoder, moment: Moment) -> Scores:
        before = moment.untrained() if moment.untrained is not None else None
        return evaluate(
            encoder_of(model, moment.device),
            moment.data,
            metrics=self.metrics or None,
            protocol=self.protocol,
            seed=moment.seed,
            untrained=None if before is None else encoder_of(before, moment.device),
            settings=ScoreSettings(
                num_samples=self.images or None, batch_size=moment.batch_size, progress=moment.progress
            ),
        )

    def _try(self, model: VariationalAutoencoder, moment: Moment) -> None:
        """Raises what scoring would raise: of a few values of each factor of a whole grid, else of all labels."""
        data = moment.data
        if taken := [name for name in data.factors.names if name in BESIDE]:
            raise DataError(
                "factor_names", expected="none of the words beside a score", got=", ".join(taken), hint="rename it"
            )
        drawn = observations_to_encode(data, ScoreSettings(num_samples=self.images or None), seed=moment.seed)
        rows = few_of_each(data) if data.is_grid and len(drawn) == len(data) else drawn
        with torch.no_grad():
            few = model.encode(moment.table.gather(torch.from_numpy(rows[:NUM_TRIED]).to(moment.device)))
        assert few.parameters is not None
        repeated = few.parameters.cpu()[torch.arange(len(rows)) % len(few.parameters)]
        check_scoring(
            model.latent.posterior(repeated),
            data.labels(rows),
            metrics=self.metrics or None,
            protocol=self.protocol,
            factor_names=data.factors.names,
        )


def encoder_of(model: nn.Module, device: torch.device) -> Callable[[Tensor], Posterior]:
    """The function images (n, C, H, W) -> posteriors on the CPU, in float32, without gradients."""
    assert isinstance(model, VariationalAutoencoder)

    @torch.no_grad()
    def encode(images: Tensor) -> Posterior:
        posterior = model.encode(images.to(device))
        assert posterior.parameters is not None
        return model.latent.posterior(posterior.parameters.cpu())

    return encode


def few_of_each(data: Dataset, least: int = 64) -> Int[ndarray, "n"]:
    """The observations of a grid that show the first values of every factor: two, or more until there are `least`.

    >>> from equilab.data import MiniSprites, TorusSquare
    >>> len(few_of_each(MiniSprites(shapes=1))), len(few_of_each(TorusSquare()))
    (128, 64)
    """
    sizes = list(data.factors.sizes)
    for most in range(2, max(sizes) + 1):
        sizes = [min(size, most) for size in data.factors.sizes]
        if prod(sizes) >= least:
            break
    return data.factors.to_index(np.stack(np.unravel_index(np.arange(prod(sizes)), sizes), 1))
