"""Code that draws from the generators of NumPy, Python and torch: resumed exactly, and no trace afterwards."""

import random
from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch
from processes import same
from small import SPRITES, weights

from equilab.data import Images
from equilab.keys import Key
from equilab.models import VariationalAutoencoder
from equilab.objectives import VAE, Context, Losses
from equilab.runs.evaluations import Evaluation, Findings
from equilab.runs.loop import train
from equilab.runs.record import Record

DRAWS = {"numpy": np.random.rand, "python": random.random, "torch": lambda: float(torch.rand(()))}


@dataclass(frozen=True)
class Drawing(VAE):
    """A VAE whose reconstruction has a random weight, from a generator that is not passed in."""

    source: str = "numpy"

    def losses(self, model: VariationalAutoencoder, batch: Images, context: Context) -> Losses:
        found = super().losses(model, batch, context)
        return found._replace(by_player={"model": (1 + DRAWS[self.source]()) * found.model})


@dataclass(frozen=True)
class Drawn(Evaluation):
    """A number from each generator."""

    every: int = 1
    keys = (Key("metric/drawn_{}", "1", "a random number"),)

    def __call__(self, moment):
        return Findings({f"metric/drawn_{name}": draw() for name, draw in DRAWS.items()})


@pytest.mark.parametrize("source", DRAWS)
def test_a_run_that_was_stopped_draws_what_one_that_was_not_draws(tmp_path, source):
    run = replace(SPRITES, objective=Drawing(source=source), evaluations=(Drawn(),))
    train(run, tmp_path / "whole")
    train(replace(run, steps=2), tmp_path / "parts")
    DRAWS[source]()
    train(run, tmp_path / "parts")
    assert same(weights(tmp_path / "whole"), weights(tmp_path / "parts"))
    drawn = [
        [Record.open(tmp_path / name, modules=[__name__]).series(f"metric/drawn_{source}").values[-1]]
        for name in ("whole", "parts")
    ]
    assert drawn[0] == drawn[1]


def test_every_update_and_every_evaluation_draws_anew(tmp_path):
    train(replace(SPRITES, evaluations=(Drawn(),)), tmp_path)
    record = Record.open(tmp_path, modules=[__name__])
    assert all(len(set(record.series(f"metric/drawn_{name}").values)) == 4 for name in DRAWS)


def test_another_seed_draws_other_numbers(tmp_path):
    run = replace(SPRITES, evaluations=(Drawn(),))
    for seed in (0, 1):
        train(replace(run, seed=seed), tmp_path / str(seed))
    first, second = (Record.open(tmp_path / name, modules=[__name__]).last("metric/*") for name in "01")
    assert all(first[key] != second[key] for key in first)


def test_a_training_leaves_the_generators_of_its_process_as_they_were(tmp_path):
    def seeded():
        np.random.seed(3)  # noqa: NPY002
        random.seed(3)
        torch.manual_seed(3)

    seeded()
    expected = [draw() for draw in DRAWS.values()]
    seeded()
    train(replace(SPRITES, objective=Drawing()), tmp_path)
    assert [draw() for draw in DRAWS.values()] == expected
