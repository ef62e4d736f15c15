"""Mutants of features of space: e3nn's irreps, and networks on points."""

from typing import Any

import torch
from e3nn import nn as e3nn_nn
from e3nn import o3
from mutants_case import Mutant, Trial, mutant
from torch import Tensor, nn

import equilab as eq

SPACE: list[Mutant] = []
_O3 = eq.check.Euclidean()


def _irreps(in_type: Any, out_type: Any) -> dict[str, Any]:
    return {"in_type": in_type, "out_type": out_type, "group": _O3}


def _features(irreps: str, generator: torch.Generator, count: int = 40) -> Tensor:
    return torch.randn(count, o3.Irreps(irreps).dim, generator=generator)


@mutant(SPACE, "pointwise nonlinearity")
def elementwise_nonlinearity_on_vectors(generator: torch.Generator, sound: bool) -> Trial:
    function = e3nn_nn.NormActivation("2x1o", torch.sigmoid) if sound else nn.Tanh()
    net = nn.Sequential(o3.Linear("2x1o", "2x1o"), function)
    return Trial(net, (_features("2x1o", generator),), _irreps("2x1o", "2x1o"))


class Gated(nn.Module):
    """Vectors times a gate: a number of their own, or their own first coordinate."""

    def __init__(self, *, scalar: bool):
        super().__init__()
        self.linear, self.scalar = o3.Linear("2x0e + 2x1o", "2x0e + 2x1o"), scalar

    def forward(self, x: Tensor) -> Tensor:
        x = self.linear(x)
        gates, vectors = x[:, :2], x[:, 2:].unflatten(1, (2, 3))
        return (vectors * torch.sigmoid(gates if self.scalar else vectors[..., 0])[..., None]).flatten(1)


@mutant(SPACE, "unequal axes")
def gate_that_is_part_of_a_vector(generator: torch.Generator, sound: bool) -> Trial:
    options = _irreps("2x0e + 2x1o", "2x1o")
    return Trial(Gated(scalar=sound), (_features("2x0e + 2x1o", generator),), options)


@mutant(SPACE, "wrong type")
def missing_parity(generator: torch.Generator, sound: bool) -> Trial:
    product = o3.FullyConnectedTensorProduct("2x1o", "2x1e", "3x0o")
    options = _irreps(("2x1o", "2x1e"), "3x0o" if sound else "3x0e")
    return Trial(product, (_features("2x1o", generator), _features("2x1e", generator)), options)


@mutant(SPACE, "wrong type")
def vector_declared_as_three_numbers(generator: torch.Generator, sound: bool) -> Trial:
    options = _irreps("2x1o", "2x1o" if sound else "6x0e")
    return Trial(nn.Sequential(o3.Linear("2x1o", "2x1o")), (_features("2x1o", generator),), options)


@mutant(SPACE, "normalisation")
def batch_norm_of_vectors(generator: torch.Generator, sound: bool) -> Trial:
    norm = e3nn_nn.BatchNorm("2x1o") if sound else nn.BatchNorm1d(6)
    net = nn.Sequential(o3.Linear("2x1o", "2x1o"), norm)
    return Trial(net, (_features("2x1o", generator),), {**_irreps("2x1o", "2x1o"), "mode": "train"})


@mutant(SPACE, "bias")
def bias_on_vectors(generator: torch.Generator, sound: bool) -> Trial:
    net = nn.Linear(3, 3, bias=not sound)
    with torch.no_grad():
        net.weight.copy_(1.7 * torch.eye(3))
    return Trial(net, (_features("1x1o", generator),), _irreps("1x1o", "1x1o"))


class Messages(nn.Module):
    """One step of message passing between all pairs of points; positions (n, 3), features (n, 4)."""

    def __init__(self, kind: str):
        super().__init__()
        self.kind = kind
        self.message = nn.Sequential(nn.Linear(8 + (3 if kind == "absolute" else 1), 8), nn.SiLU(), nn.Linear(8, 4))

    def forward(self, positions: Tensor, features: Tensor) -> Tensor:
        count = len(positions)
        apart = positions[:, None] - positions[None]
        square = apart.square()[..., :1] if self.kind == "one axis" else apart.square().sum(-1, keepdim=True)
        where = positions[None].expand(count, -1, -1) if self.kind == "absolute" else square
        pairs = [features[:, None].expand(-1, count, -1), features[None].expand(count, -1, -1), where]
        return features + self.message(torch.cat(pairs, -1)).sum(1)


_SPACE = {
    "in_type": (eq.check.Points(), eq.check.Invariant()),
    "out_type": eq.check.Invariant(),
    "group": eq.check.Euclidean(translations=True),
}


def _cloud(generator: torch.Generator) -> tuple[Tensor, Tensor]:
    return torch.randn(6, 3, generator=generator), torch.randn(6, 4, generator=generator)


@mutant(SPACE, "absolute positions")
def absolute_positions_in_messages(generator: torch.Generator, sound: bool) -> Trial:
    return Trial(Messages("distance" if sound else "absolute"), _cloud(generator), _SPACE)


@mutant(SPACE, "unequal axes")
def distance_along_one_axis(generator: torch.Generator, sound: bool) -> Trial:
    return Trial(Messages("distance" if sound else "one axis"), _cloud(generator), _SPACE)


class Moved(nn.Module):
    """Positions pulled to their centre, or to the origin."""

    def __init__(self, *, centred: bool):
        super().__init__()
        self.rate, self.centred = nn.Parameter(torch.tensor(0.3)), centred

    def forward(self, positions: Tensor) -> Tensor:
        goal = positions.mean(0) if self.centred else torch.zeros_like(positions)
        return positions + self.rate * (goal - positions)


@mutant(SPACE, "absolute positions")
def origin_as_a_place(generator: torch.Generator, sound: bool) -> Trial:
    options = {"in_type": eq.check.Points(), "out_type": eq.check.Points(), "group": _SPACE["group"]}
    return Trial(Moved(centred=sound), (_cloud(generator)[0],), options)
