"""Things that are equivariant to round-off, by the thousand and by a seed: to fail one of them is a false alarm."""

import random
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NamedTuple

import torch
from exact_alive import is_alive, is_moved
from exact_functions import FUNCTIONS, inputs_like
from exact_modules import Float32Inside, Float32Only, InputGradient
from torch import Tensor, nn

import equilab as eq
from equilab.groups import C1, C2, C4, D1, D2, D4, O2, SO2, C, D, FieldType, PlaneGroup
from tests.contracts.layer_cases import CASES, elements


class ExactCase(NamedTuple):
    """What `eq.check.equivariance` is called with; the name says how it was made."""

    name: str
    fn: Callable[..., Any]
    inputs: tuple[Any, ...]
    options: dict[str, Any]


ON_THE_GRID: tuple[PlaneGroup, ...] = (
    C1, C2, C4, D1, D2, D4, D(1, "1/2"), D(1, "1/4"), D(1, "3/4"), D(2, "1/4"),
)  # fmt: skip
OFF_THE_GRID: tuple[PlaneGroup, ...] = (C(8), D(8), C(3), D(6), SO2, O2)
ACTIVATIONS = (nn.ReLU, nn.ELU, nn.GELU, nn.Tanh, nn.Sigmoid, nn.Softplus, nn.LeakyReLU, nn.SiLU)
EXTREMES = (1e-4, 1e4)


def exact_case(seed: int) -> ExactCase:
    """The case of a seed; seeds in a row are of all kinds in turn."""
    kind = KINDS[seed % len(KINDS)]
    rng, generator = random.Random(seed), torch.Generator().manual_seed(seed)
    for _ in range(4):
        name, fn, inputs, options = kind(rng, generator)
        if is_alive(fn, inputs) and is_moved(options.get("in_type", getattr(fn, "in_type", None)), inputs[0]):
            break
    else:
        name += ", DEAD"
    return ExactCase(f"{seed} {kind.__name__} {name}", fn, inputs, {**options, "seed": rng.randrange(100)})


def layer(rng: random.Random, generator: torch.Generator) -> ExactCase:
    """A layer of the contract, in both modes and precisions, its weights well or badly scaled."""
    case = rng.choice(CASES)
    found = case.stirred(rng.randrange(1000)).train(rng.random() < 0.5)
    batch = rng.choice((2, 3, 4) if found.training or not case.size else (1, 2, 3))
    words = _scaled(found, rng)
    exact = [g for g in elements(case, found.out_type.group) if g != found.out_type.group.identity]
    return _finished(f"{case.name}, {words}", found, (batch, case.channels, *case.size), rng, generator, elements=exact)


def network(rng: random.Random, generator: torch.Generator) -> ExactCase:
    """Up to eight steps of layers that fit, on images of any size."""
    found, shape = _network(rng, generator)
    return _finished(f"network {_words(found)}, {_scaled(found, rng)}", found, shape, rng, generator)


def vectors(rng: random.Random, generator: torch.Generator) -> ExactCase:
    """Linear layers with activations between them, of any group there is."""
    group = rng.choice(ON_THE_GRID[1:] + OFF_THE_GRID)
    in_type = here = field_type(group, rng)
    layers: list[nn.Module] = []
    steps = rng.randint(1, 5)
    while len(layers) < 2 * steps:
        after = eq.nn.GatedNonlinearity(field_type(group, rng)) if rng.random() < 0.3 else None
        out_type = field_type(group, rng) if after is None else after.in_type
        with suppress(ValueError):  # there may be no map between the two
            layers.append(eq.nn.Linear(here, out_type, generator=generator))
            layers.append(_activation(out_type, rng) if after is None else after)
            here = out_type if after is None else after.out_type
            if rng.random() < 0.3:
                layers.append(eq.nn.FieldBatchNorm(here))
    found = eq.nn.Sequential(*layers)
    _stir(found, generator, rng)
    batch = rng.randint(2, 5)
    return _finished(
        f"vectors {_words(found)}, {_scaled(found, rng)}", found.train(rng.random() < 0.5), (batch, in_type.dim), rng,
        generator,
    )  # fmt: skip


def gradient(rng: random.Random, generator: torch.Generator) -> ExactCase:
    """The gradient of an invariant function of a network's output, which moves as the input does."""
    found, shape = _network(rng, generator, depth=4)
    types = {"in_type": found.in_type, "out_type": found.in_type}
    made = _finished(f"gradient {_words(found)}", found, shape, rng, generator, **types)
    return made._replace(fn=InputGradient(found))


def kept_in_float32(rng: random.Random, generator: torch.Generator) -> ExactCase:
    """A module that refuses float64, or computes in float32 whatever it is given."""
    found, shape = _network(rng, generator, depth=4)
    made = _finished(f"network {_words(found)}", found, shape, rng, generator)
    found.float()
    if rng.random() < 0.5:
        inputs = tuple(x.float() for x in made.inputs)
        return made._replace(name=f"{made.name}, float32 only", fn=Float32Only(found), inputs=inputs)
    return made._replace(name=f"{made.name}, float32 inside", fn=Float32Inside(found))


def folded(rng: random.Random, generator: torch.Generator) -> ExactCase:
    """The plain torch module that a network folds into."""
    found, shape = _network(rng, generator)
    types = {"in_type": found.in_type, "out_type": found.out_type}
    made = _finished(f"folded {_words(found)}", found.eval(), shape, rng, generator, **types)
    return made._replace(fn=eq.nn.materialize(made.fn))


def field_type(group: PlaneGroup, rng: random.Random, *, permuted: bool = False) -> FieldType:
    """A sum of a few representations of all kinds."""
    kinds: list[Any] = [group.trivial]
    if group.is_finite:
        kinds += [group.regular] * 2 + [group.quotient(sub) for sub in group.subgroups()[1:-1]]
    if not permuted:
        kinds += group.irreps(3)
    kinds = [kind for kind in kinds if kind.dim <= 8]
    return FieldType.of(group, tuple(rng.randint(1, 2) * rng.choice(kinds) for _ in range(rng.randint(1, 2))))


def _network(rng: random.Random, generator: torch.Generator, depth: int = 8) -> tuple[Any, tuple[int, ...]]:
    """A sequence of layers, each tried on a real input: those that a size would break refuse it themselves."""
    group = rng.choice(ON_THE_GRID)
    side = rng.choice((*range(1, 14), 9, 11))
    is_square = any((2 * g.turn).denominator != 1 for g in group)
    shape = (rng.randint(1, 3), 0, side, side if is_square or rng.random() < 0.6 else rng.randint(1, 13))
    in_type = here = field_type(group, rng)
    x = torch.randn(shape[0], in_type.dim, *shape[2:], generator=generator)
    layers: list[nn.Module] = []
    steps = rng.randint(1, depth)
    while len(layers) < steps:
        try:
            proposed, y = _proposed(here, x, rng, generator), x
            for part in proposed:
                y = part.eval()(y).detach()
        except (ValueError, RuntimeError):
            continue  # no kernel there, or a size that does not fit
        if not 0 < y.numel() <= 4_000:
            continue
        x = y
        layers += proposed
        here = next((part.out_type for part in reversed(proposed) if hasattr(part, "out_type")), here)
        if x.ndim == 2:
            break
    found = eq.nn.Sequential(*layers)
    _stir(found, generator, rng)
    found.train(rng.random() < 0.5 and shape[0] > 1)
    return found, (shape[0], in_type.dim, *shape[2:])


def _proposed(here: FieldType, x: Tensor, rng: random.Random, generator: torch.Generator) -> list[nn.Module]:
    """A step from fields of a type, whether or not it fits the image."""
    group = here.group
    step = rng.choice(("conv",) * 8 + ("transposed", "norm") * 3 + ("pool", "mean") * 2 + ("attention", "end"))
    settings: dict[str, Any] = {"generator": generator, "bias": rng.random() < 0.8}
    if step == "conv":
        size = rng.choice((1, 2, 3, 3, 4, 5))
        settings |= {
            "stride": rng.choice((1, 1, 2, 3)),
            "padding": rng.randint(0, 2),
            "dilation": rng.choice((1, 1, 2)),
        }
        if rng.random() < 0.2:
            after = eq.nn.GatedNonlinearity(field_type(group, rng))
            return [eq.nn.GroupConv2d(here, after.in_type, size, **settings), after]
        out_type = field_type(group, rng)
        return [eq.nn.GroupConv2d(here, out_type, size, **settings), _activation(out_type, rng)]
    if step == "transposed":
        out_type = field_type(group, rng)
        settings |= {"stride": rng.choice((1, 2)), "padding": rng.randint(0, 1)}
        layer = eq.nn.GroupConvTranspose2d(here, out_type, rng.randint(2, 4), **settings)
        return [layer, _activation(out_type, rng)]
    if step == "norm":
        kinds = (eq.nn.FieldBatchNorm, eq.nn.FieldLayerNorm, lambda kind: eq.nn.FieldGroupNorm(kind, 1))
        return [rng.choice(kinds)(here)]
    if step == "pool":
        size, stride = rng.choice((2, 3)), rng.choice((1, 2, 3))
        kind = eq.nn.MaxPool2d if here.is_permutation else eq.nn.AvgPool2d
        return [kind(here, size, stride=stride, padding=rng.randint(0, 1))]
    if step == "mean":
        return [rng.choice((eq.nn.Downsample, eq.nn.Upsample))(here)]
    if step == "attention" and x.shape[2:].numel() <= 121:
        return [eq.nn.GroupSelfAttention(here, max_distance=1, generator=generator)]
    return [eq.nn.SpatialMean(here), eq.nn.Linear(here, field_type(group, rng), generator=generator)]


def _activation(here: FieldType, rng: random.Random) -> nn.Module:
    return eq.nn.Pointwise(here, rng.choice(ACTIVATIONS)()) if here.is_permutation else eq.nn.NormNonlinearity(here)


@torch.no_grad()
def _stir(module: nn.Module, generator: torch.Generator, rng: random.Random) -> None:
    """Weights, biases and running statistics as after a training, some biases large."""
    size = rng.choice((0.3, 0.3, 3.0, 10.0))
    for name, parameter in module.named_parameters():
        amount = size if name.endswith("bias.weight") or name.endswith("bias") else 0.1
        parameter += amount * torch.randn(parameter.shape, generator=generator)
    for name, buffer in module.named_buffers():
        if name.endswith(("running_mean", "running_var")):
            buffer.copy_(0.5 + torch.rand(buffer.shape, generator=generator))


@torch.no_grad()
def _scaled(module: nn.Module, rng: random.Random) -> str:
    """Every so often, all weights or those of one layer far too small or large."""
    if rng.random() < 0.8:
        return "usual weights"
    parts = [part for part in module.modules() if any(True for _ in part.parameters(recurse=False))]
    chosen, scale = [rng.choice(parts)] if parts and rng.random() < 0.5 else parts, rng.choice(EXTREMES)
    for part in chosen:
        for parameter in part.parameters(recurse=False):
            parameter *= scale
    return f"{len(chosen)} of {len(parts)} weights times {scale:g}"


def _finished(
    name: str, module: Any, shape: tuple[int, ...], rng: random.Random, generator: torch.Generator, **options: Any
) -> ExactCase:
    """The case with an input of that shape, in one of the two precisions."""
    words, x = inputs_like(shape, rng, generator)
    dtype = rng.choice((torch.float32, torch.float32, torch.float64))
    mode = "train" if module.training else "eval"
    full = f"{name}, {mode}, {shape}, {str(dtype).removeprefix('torch.')}, {words}"
    return ExactCase(full, module.to(dtype), (x.to(dtype),), options)


def _words(module: Any) -> str:
    return f"{module.in_type.group} {'+'.join(type(part).__name__ for part in module)}"


KINDS: tuple[Callable[[random.Random, torch.Generator], Any], ...] = (
    layer, network, vectors, gradient, network, kept_in_float32, layer, folded, *FUNCTIONS,
)  # fmt: skip
