"""Stages of trees, one for each class, fitted to what the stages before leave (Friedman 2001, algorithms 5 and 6)."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int
from numpy import ndarray
from torch import Tensor

from equilab.metrics.boosting.presorted import Presorted, presort
from equilab.metrics.boosting.stage import Trees, grow, leaf_values

_SMALLEST_PRIOR = float(np.finfo(np.float32).eps)  # scikit-learn's
_NUMBERS_AT_ONCE = {"cpu": 2**22, "cuda": 2**27}  # of a level's statistics; measured on a CPU


class Growth(NamedTuple):
    """How the trees grow."""

    stages: int
    depth: int
    learning_rate: float
    device: str


class Placement(NamedTuple):
    """What is subtracted from each feature, and the power of two that it is divided by; trees are the same for both."""

    centre: Float[ndarray, "d"]
    scale: Float[ndarray, "d"]

    def of(self, features: Float[ndarray, "n d"]) -> Float[ndarray, "n d"]:
        return ((features - self.centre) / self.scale).astype(np.float32)


@dataclass(frozen=True, eq=False)
class Ensemble:
    """The fitted trees of one problem; `Boosted` says what its members are."""

    classes: Int[ndarray, "classes"]
    importances: Float[ndarray, "d"]
    prior: Tensor  # (columns,) what the first stage starts from; one column for two classes
    stages: tuple[Trees, ...]  # their values times the learning rate
    depth: int
    placement: Placement

    def predict_probabilities(self, features: Float[ndarray, "n d"]) -> Float[ndarray, "n classes"]:
        """The probability (n, classes) of each label, in the order of `classes`."""
        probabilities = _probabilities(self._raw(features))
        if len(self.classes) == 2:
            probabilities = torch.cat([1 - probabilities, probabilities], dim=1)
        return probabilities.cpu().numpy()

    def predict(self, features: Float[ndarray, "n d"]) -> Int[ndarray, "n"]:
        """The most probable label (n,) of each row."""
        raw = self._raw(features)
        index = raw[:, 0] >= 0 if len(self.classes) == 2 else raw.argmax(1)
        return self.classes[index.long().cpu().numpy()]

    def _raw(self, features: ndarray) -> Tensor:
        values = torch.from_numpy(self.placement.of(features)).to(self.prior.device)
        raw = self.prior.repeat(len(values), 1)
        for trees in self.stages:
            raw += leaf_values(trees, values, depth=self.depth)
        return raw


class _Problem(NamedTuple):
    """One column of labels, as counts of each class among the observations of each row."""

    classes: Int[ndarray, "classes"]
    observed: Tensor  # (rows, columns) float64; the second class alone, of two
    prior: Tensor  # (columns,) float64


def fit_ensembles(
    features: Float[ndarray, "n d"], labels: Int[ndarray, "n k"], growth: Growth, *, rng: np.random.Generator
) -> list[Ensemble]:
    """The trees of each column of labels, every column with at least two different ones.

    The columns share the sorted features and every pass over them. Rows that are equal are one row with a weight: a
    small grid that was drawn from often costs no more than itself.
    """
    placement = _placement(features)
    rows, inverse = np.unique(placement.of(features), axis=0, return_inverse=True)
    problems = [_problem(inverse.reshape(-1), len(rows), column, growth.device) for column in labels.T]
    weight = torch.from_numpy(np.bincount(inverse.reshape(-1)).astype(np.float32))
    with _one_thread(growth.device):
        data = presort(torch.from_numpy(rows).to(growth.device), weight.to(growth.device))
        grown = _grow_stages(data, problems, growth, rng)
    ends = np.cumsum([len(problem.prior) for problem in problems])
    fitted = []
    for problem, end in zip(problems, ends.tolist(), strict=True):
        own = slice(end - len(problem.prior), end)
        stages = tuple(Trees(*(part[:, own].contiguous() for part in trees)) for trees in grown)
        fitted.append(Ensemble(problem.classes, _importances(stages), problem.prior, stages, growth.depth, placement))
    return fitted


def _placement(features: Float[ndarray, "n d"]) -> Placement:
    """Features as they are, but for those that float32 and scikit-learn's least gap of 1e-7 could not tell apart."""
    mean, deviation = features.mean(axis=0, dtype=np.float64), features.std(axis=0, dtype=np.float64)
    scale = np.where(deviation > 0, np.exp2(np.floor(np.log2(np.where(deviation > 0, deviation, 1)))), 1)
    usual = (deviation > 1e-3) & (deviation < 1e3)
    return Placement(np.where(np.abs(mean) > 100 * deviation, mean, 0), np.where(usual, 1, scale))


@contextmanager
def _one_thread(device: str) -> Iterator[None]:
    """torch on one thread while trees grow on a CPU: their steps are short, and more threads wait for each other."""
    threads = torch.get_num_threads()
    if device == "cpu":
        torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def _problem(row: Int[ndarray, "n"], rows: int, labels: Int[ndarray, "n"], device: str) -> _Problem:
    classes, index = np.unique(labels, return_inverse=True)
    counts = np.zeros((rows, len(classes)))
    np.add.at(counts, (row, index.reshape(-1)), 1)
    prior = np.clip(counts.sum(0) / len(row), _SMALLEST_PRIOR, 1 - _SMALLEST_PRIOR)
    start = np.log(prior[1:] / prior[:1]) if len(classes) == 2 else np.log(prior)
    observed = np.ascontiguousarray(counts[:, -len(start) :])
    return _Problem(classes, torch.from_numpy(observed).to(device), torch.from_numpy(start).to(device))


def _grow_stages(data: Presorted, problems: list[_Problem], growth: Growth, rng: np.random.Generator) -> list[Trees]:
    """The stages, with the columns of all problems side by side."""
    weight = data.weight[:-1, None].double()
    raws = [problem.prior.repeat(len(weight), 1) for problem in problems]
    sizes = [len(problem.prior) for problem in problems]
    scale = torch.cat(
        [
            problem.prior.new_full((size,), _scale(len(problem.classes)))
            for problem, size in zip(problems, sizes, strict=True)
        ]
    )
    numbers = 3 * 2 ** (growth.depth - 1) * max(len(weight), len(data.starts))
    pieces = round(numbers * sum(sizes) / _NUMBERS_AT_ONCE["cpu" if growth.device == "cpu" else "cuda"])
    edges = np.linspace(0, sum(sizes), min(max(pieces, 1), sum(sizes)) + 1).round().astype(int).tolist()
    parts = [slice(start, end) for start, end in pairwise(edges)]
    shape = (2**growth.depth - 1, sum(sizes), data.values.shape[1])
    grown: list[Trees] = []
    for _ in range(growth.stages):
        expected = [_probabilities(raw) for raw in raws]
        residual = torch.cat([p.observed - weight * e for p, e in zip(problems, expected, strict=True)], dim=1)
        curvature = torch.cat([weight * e * (1 - e) for e in expected], dim=1)
        priority = torch.from_numpy(rng.random(shape)).to(growth.device)
        stage = [
            grow(
                data,
                residual[:, part].contiguous(),
                curvature[:, part].contiguous(),
                depth=growth.depth,
                scale=growth.learning_rate * scale[part],
                priority=priority[:, part],
            )
            for part in parts
        ]
        added = torch.cat([values for _, values in stage], dim=1)
        raws = [raw + values for raw, values in zip(raws, added.split(sizes, dim=1), strict=True)]
        grown.append(Trees(*(torch.cat(column, dim=1) for column in zip(*(trees for trees, _ in stage), strict=True))))
    return grown


def _scale(classes: int) -> float:
    """Friedman's factor of a leaf's Newton step."""
    return 1.0 if classes == 2 else (classes - 1) / classes


def _probabilities(raw: Tensor) -> Tensor:
    return raw.sigmoid() if raw.shape[1] == 1 else raw.softmax(1)


def _importances(stages: tuple[Trees, ...]) -> Float[ndarray, "d"]:
    """The squared error that each feature removes, as a share; all 0 where no tree has a split."""
    added = torch.stack([trees.importance.sum(1) for trees in stages]).sum(0).cpu().numpy()
    return added / added.sum() if added.sum() > 0 else np.zeros_like(added)
