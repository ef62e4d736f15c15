"""Equivariant functions in plain torch: convolutions that wrap, sets, graphs, points in space, symmetric filters."""

import random
from collections.abc import Callable
from typing import Any

import torch
from exact_modules import DeepSets, MessagePassing, Mirrored, PointLayer, Points, SelfAttention, VectorNeurons
from torch import Tensor, nn

import equilab as eq
from equilab.groups import C4, D4, C, D

check = eq.check
Made = tuple[str, Any, tuple[Any, ...], dict[str, Any]]


def inputs_like(shape: tuple[int, ...], rng: random.Random, generator: torch.Generator) -> tuple[str, Tensor]:
    """Numbers as they come: around 0, in [0, 1], huge, tiny, with a large mean, nearly constant."""
    x = torch.randn(shape, generator=generator)
    words = rng.choice(("normal",) * 5 + ("in [0, 1]", "times 1e-4", "times 1e4", "mean 30", "1 % around 1"))
    if words == "in [0, 1]":
        x = x.sigmoid()
    elif words.startswith("times"):
        x = float(words[6:]) * x
    elif words == "mean 30":
        x = 30 + x
    elif words == "1 % around 1":
        x = 1 + 0.01 * x
    return words, x


def translated(rng: random.Random, generator: torch.Generator) -> Made:
    """Torch's own layers that wrap round the edges, under shifts by their total stride."""
    channels, stride, layers = rng.randint(1, 3), 1, []
    here = channels
    for _ in range(rng.randint(1, 5)):
        there, size, step = rng.randint(1, 4), rng.choice((1, 3, 5)), rng.choice((1, 1, 1, 2))
        layers.append(nn.Conv2d(here, there, size, stride=step, padding=size // 2, padding_mode="circular"))
        layers.append(rng.choice((nn.ReLU(), nn.GELU(), nn.BatchNorm2d(there), nn.GroupNorm(1, there), nn.Identity())))
        here, stride = there, stride * step
        if rng.random() < 0.15 and stride <= 2:
            layers.append(rng.choice((nn.MaxPool2d(2), nn.AvgPool2d(2))))
            stride *= 2
    height, width = stride * rng.randint(2, 4), stride * rng.randint(2, 4)
    kind = check.Translate(check.Translations(stride=stride))
    types = {"in_type": kind, "out_type": kind}
    if rng.random() < 0.3:
        layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(here, rng.randint(1, 4))]
        types["out_type"] = check.Invariant()
    shape = (
        (rng.randint(2, 3), channels, max(height, 5), max(width, 5)) if stride == 1 else (2, channels, height, width)
    )
    return _made(f"shifts by {stride}", _grown(layers, generator, rng), shape, rng, generator, **types)


def a_set(rng: random.Random, generator: torch.Generator) -> Made:
    """Deep sets and attention, whose things may come in any order."""
    count, dim, hidden = rng.randint(2, 6), rng.randint(1, 4), rng.choice((4, 8))
    kind = rng.choice(("deep sets", "attention", "encoder", "pooled"))
    module: nn.Module
    if kind == "attention":
        module = SelfAttention(hidden, dim)
    elif kind == "encoder":
        inner = nn.TransformerEncoderLayer(hidden, 2, 16, dropout=0.0, batch_first=True)
        module = nn.Sequential(nn.Linear(dim, hidden), inner)
    else:
        module = DeepSets(dim, hidden, reduction=rng.choice(("sum", "mean", "max")), is_pooled=kind == "pooled")
    module = _grown([module], generator, rng)
    out_type = check.Invariant() if kind == "pooled" else check.Permute(1)
    shape = (rng.randint(1, 3), count, dim)
    return _made(f"set, {kind}", module, shape, rng, generator, in_type=check.Permute(1), out_type=out_type)


def a_graph(rng: random.Random, generator: torch.Generator) -> Made:
    """Message passing with a dense adjacency, nodes and edges as outputs."""
    count, dim = rng.randint(2, 5), rng.randint(1, 3)
    module = _grown([MessagePassing(dim, 6)], generator, rng)[0]
    words, x = inputs_like((count, dim), rng, generator)
    edges = torch.rand(count, count, generator=generator)
    dtype = rng.choice((torch.float32, torch.float64))
    types = {"in_type": (check.Permute(0), check.Permute(0, 1)), "out_type": (check.Permute(0), check.Permute(0, 1))}
    return f"graph, {words}, {dtype}", module.to(dtype), (x.to(dtype), edges.to(dtype)), types


def in_space(rng: random.Random, generator: torch.Generator) -> Made:
    """Functions of points that know only their distances and differences, under motions of space or the plane."""
    is_plane = rng.random() < 0.3
    dim = 2 if is_plane else 3
    layers = [PointLayer(6) for _ in range(rng.randint(1, 3))]
    module = _grown([Points(layers)], generator, rng)[0]
    group = rng.choice((C(8), D(8), C4, D4, C(5))) if is_plane else check.Euclidean(translations=True)
    types = {
        "in_type": check.Points(),
        "out_type": (check.Points(), check.Points(translate=False), check.Invariant()),
        "group": group,
    }
    shape = (rng.randint(1, 3), rng.randint(2, 6), dim)
    return _made(f"points, {len(layers)} layers", module, shape, rng, generator, **types)


def force(rng: random.Random, generator: torch.Generator) -> Made:
    """An energy of points and its negative gradient, by autograd inside the function."""
    module = _grown([Points([PointLayer(6)])], generator, rng)[0]
    is_second = rng.random() < 0.3

    def energy_and_force(x: Tensor) -> tuple[Tensor, Tensor]:
        x = x.requires_grad_()
        energy = module(x)[2].sum((1, 2))
        gradient = torch.autograd.grad(energy.sum(), x, create_graph=is_second)[0]
        return energy, gradient if not is_second else torch.autograd.grad(gradient.square().sum(), x)[0]

    types = {
        "in_type": check.Points(),
        "out_type": (check.Invariant(), check.Points(translate=False)),
        "group": check.Euclidean(translations=True),
    }
    shape = (rng.randint(1, 3), rng.randint(3, 6), 3)
    name, _, inputs, options = _made(f"force {is_second}", module, shape, rng, generator, **types)
    return name, energy_and_force, inputs, options


def irreps(rng: random.Random, generator: torch.Generator) -> Made:
    """Vectors and scalars mixed by invariants, with types of e3nn; covariances among the outputs."""
    module = _grown([VectorNeurons(3, 4)], generator, rng)[0]
    types = {
        "in_type": ("3x0e", "3x1o"),
        "out_type": ("4x0e", "4x1o", check.Covariance(check.Points(translate=False))),
        "group": check.Euclidean(),
    }
    batch = rng.randint(1, 4)
    words, x = inputs_like((batch, 3), rng, generator)
    v = torch.randn(batch, 9, generator=generator)
    dtype = rng.choice((torch.float32, torch.float64))
    return f"irreps, {words}, {dtype}", module.to(dtype), (x.to(dtype), v.to(dtype)), types


def symmetric_filters(rng: random.Random, generator: torch.Generator) -> Made:
    """Torch's convolutions with filters averaged over the square's symmetries, and layers that see single pixels."""
    group, channels, layers = rng.choice((C4, D4)), rng.randint(1, 3), []
    here, size = channels, rng.randint(5, 11)
    for _ in range(rng.randint(1, 4)):
        there = rng.randint(1, 4)
        layers.append(nn.Conv2d(here, there, 3, padding=1, padding_mode=rng.choice(("zeros", "reflect", "replicate"))))
        norms = (nn.BatchNorm2d(there), nn.InstanceNorm2d(there), nn.Softmax(1), nn.Hardtanh(), nn.Identity())
        layers += [rng.choice(norms), rng.choice((nn.ReLU(), nn.PReLU(), nn.GELU()))]
        here = there
    module = _grown(layers, generator, rng).double()  # an average in float32 is symmetric to 1e-7 only
    with torch.no_grad():
        for part in module:
            if isinstance(part, nn.Conv2d):
                turns = [part.weight.rot90(k, (2, 3)) for k in range(4)]
                turns += [each.flip(3) for each in turns] if group == D4 else []
                part.weight.copy_(torch.stack(turns).mean(0))
    types = {"in_type": channels * group.trivial, "out_type": here * group.trivial}
    return _made(f"filters of {group}", module, (rng.randint(2, 3), channels, size, size), rng, generator, **types)


def flips(rng: random.Random, generator: torch.Generator) -> Made:
    """A custom action: the ends of a sequence change places."""
    length = rng.randint(2, 9)
    first, second = (torch.randn(length, length, generator=generator, dtype=torch.float64) for _ in range(2))
    module = _grown([Mirrored(first), nn.Tanh(), Mirrored(second)], generator, rng)
    action = check.Custom(
        lambda g, x: x.flip(-1) if g else x, elements=(0, 1), multiply=lambda g, h: (g + h) % 2, inverse=lambda g: g,
        identity=0,
    )  # fmt: skip
    shape = (rng.randint(1, 4), length)
    return _made("flips", module, shape, rng, generator, in_type=action, out_type=action)


@torch.no_grad()
def _grown(layers: list[nn.Module], generator: torch.Generator, rng: random.Random) -> nn.Sequential:
    """Weights drawn again from the generator, in train or eval mode."""
    module = nn.Sequential(*layers)
    for name, parameter in module.named_parameters():
        if isinstance(parameter, Tensor) and parameter.dtype == torch.float32:
            wide = parameter[0].numel() ** 0.5 if parameter.ndim > 1 else 2.0
            ones = 1.0 if name.endswith("weight") and parameter.ndim == 1 else 0.0
            parameter.copy_(ones + torch.randn(parameter.shape, generator=generator) / wide)
    return module.train(rng.random() < 0.5)


def _made(
    name: str, module: nn.Module, shape: tuple[int, ...], rng: random.Random, generator: torch.Generator, **types: Any
) -> Made:
    words, x = inputs_like(shape, rng, generator)
    dtype = rng.choice((torch.float32, torch.float32, torch.float64))
    mode = "train" if module.training else "eval"
    return f"{name}, {mode}, {shape}, {dtype}, {words}".replace("torch.", ""), module.to(dtype), (x.to(dtype),), types


FUNCTIONS: tuple[Callable[[random.Random, torch.Generator], Made], ...] = (
    translated, a_set, a_graph, in_space, force, irreps, symmetric_filters, flips,
)  # fmt: skip
