"""Modules and functions that are awkward to check; each is made sound, or with a weight that breaks its symmetry.

All take images (batch, 1, 6, 6) or what is said beside them, and are invariant under C4 when they are sound.
"""

import functools
import warnings
from collections import Counter, OrderedDict
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrizations

SIZE = 6


def images(dtype=torch.float32) -> Tensor:
    return torch.randn(3, 1, SIZE, SIZE, generator=torch.Generator().manual_seed(7)).to(dtype)


class Readout(nn.Module):
    """tanh of a weighted sum over all pixels, with equal weights if it is sound."""

    def __init__(self, sound: bool):
        super().__init__()
        weight = torch.full((SIZE * SIZE,), 0.2) if sound else 0.2 + 0.05 * torch.arange(SIZE * SIZE).remainder(5)
        self.weight = nn.Parameter(weight)

    def forward(self, x):
        return (x.flatten(1) @ self.weight).tanh()[:, None]


class Forces(Readout):
    """The gradient of an energy by the positions of the particles (batch, n, 2), as force fields compute it."""

    def forward(self, x):
        with torch.enable_grad():
            x = x.detach().requires_grad_()
            away = x[:, :, None] - x[:, None]
            weight = self.weight[:2]
            energy = (-(away.square() * weight).sum(-1)).exp().sum()
            return -torch.autograd.grad(energy, x)[0]


class CountsInBuffer(Readout):
    def __init__(self, sound):
        super().__init__(sound)
        self.register_buffer("calls", torch.zeros(()))

    def forward(self, x):
        self.calls += 1
        return super().forward(x) * self.calls


class CountsInAttribute(Readout):
    calls = 0

    def forward(self, x):
        self.calls += 1
        return super().forward(x) * self.calls


class Remembers(Readout):
    """Everything it ever saw, in containers within containers."""

    def __init__(self, sound):
        super().__init__(sound)
        self.memory = {"sums": [], "count": Counter()}

    def forward(self, x):
        self.memory["sums"].append(x.sum())
        self.memory["count"]["calls"] += 1
        return super().forward(x) * self.memory["count"]["calls"] + torch.stack(self.memory["sums"]).sum()


class Ticker:
    def __init__(self):
        self.ticks = 0


class HoldsObject(Readout):
    def __init__(self, sound):
        super().__init__(sound)
        self.ticker = Ticker()

    def forward(self, x):
        self.ticker.ticks += 1
        return super().forward(x) + self.ticker.ticks


class WritesBehindVersions(Readout):
    """Writes into .data, of which autograd keeps no count."""

    def __init__(self, sound):
        super().__init__(sound)
        self.register_buffer("drift", torch.zeros(()))

    def forward(self, x):
        self.drift.data.add_(1)
        self.weight.data = self.weight.data * 1.5
        return super().forward(x) + self.drift


class OwnGenerator(Readout):
    def __init__(self, sound):
        super().__init__(sound)
        self.generator = torch.Generator().manual_seed(3)

    def forward(self, x):
        return super().forward(x) + torch.randn((), generator=self.generator)

    def __deepcopy__(self, memo):
        raise TypeError("no copies of generators")


class ReturnsItsBuffer(Readout):
    def __init__(self, sound):
        super().__init__(sound)
        self.register_buffer("last", torch.zeros(3, 1))

    def forward(self, x):
        self.last.copy_(super().forward(x))
        return self.last


class HoldsResult(Readout):
    """A tensor that is the result of others, which deepcopy refuses."""

    def __init__(self, sound):
        super().__init__(sound)
        self.doubled = 2 * self.weight
        self.table = [self.weight.square()]

    def forward(self, x):
        return super().forward(x) + (x.flatten(1) @ (self.doubled + self.table[0]))[:, None]


class RefusesCopies(Readout):
    def __deepcopy__(self, memo):
        raise RuntimeError("this module holds a lock")


class Float32Only(Readout):
    def forward(self, x):
        if x.dtype != torch.float32:
            raise TypeError(f"float32 only, got {x.dtype}")
        return super().forward(x)


class CastsInside(Readout):
    def forward(self, x):
        return (x.float().flatten(1) @ self.weight.float()).tanh()[:, None]


class WritesIntoInput(Readout):
    def forward(self, x):
        x.mul_(2).add_(1)
        return super().forward(x)


class Complex(Readout):
    def forward(self, x):
        y = super().forward(x)
        return torch.polar(y.abs() + 1, 3 * y)


class Integers(Readout):
    def forward(self, x):
        return (1000 * super().forward(x)).round().long()


class Bools(Readout):
    def forward(self, x):
        return (x.flatten(1) @ self.weight)[:, None] > 0


class Masked(Readout):
    """Scores of which some are -inf."""

    def forward(self, x):
        scores = torch.cat([super().forward(x), super().forward(-x), super().forward(2 * x)], 1)
        return scores.masked_fill(torch.tensor([False, True, False]), -torch.inf)


class Scores(NamedTuple):
    first: Tensor
    rest: list


@dataclass
class Result:
    loss: Tensor
    note: str = "a note"
    aux: Tensor | None = None


class Nested(Readout):
    def forward(self, x):
        y = super().forward(x)
        return {"scores": Scores(y, [y + 1, None]), "result": Result(y.mean()), "more": OrderedDict(a=(y, 3), b="text")}


class Numbers(Readout):
    def forward(self, x):
        y = super().forward(x).detach()
        return float(y.sum()), int(1000 * y.sum()), complex(y.sum(), y.square().sum())


class Backward(Readout):
    """Gradients flow into its own parameters while it answers."""

    def forward(self, x):
        y = super().forward(x)
        with torch.enable_grad():
            (self.weight.sum() ** 2).backward()
        return y * self.weight.grad.norm()


class Switches(Readout):
    """Changes switches of the process, and does not put them back."""

    def forward(self, x):
        torch.set_default_dtype(torch.float64)
        torch.set_grad_enabled(False)
        torch.use_deterministic_algorithms(True)
        torch.manual_seed(5)
        self.eval()
        self.weight.requires_grad_(False)
        return super().forward(x)


class Tied(nn.Module):
    """The same readout twice, under two names."""

    def __init__(self, sound):
        super().__init__()
        self.first = self.second = Readout(sound)

    def forward(self, x):
        return self.first(x) * self.second(2 * x)


class Wrapper(nn.Module):
    """Calls what it wraps and passes unknown names on, as DataParallel-like wrappers do."""

    def __init__(self, module):
        super().__init__()
        self.module = module

    def __getattr__(self, name):
        try:
            return super().__getattr__(name)
        except AttributeError:
            return getattr(super().__getattr__("module"), name)

    def forward(self, *args, **kwargs):
        return self.module(*args, **kwargs)


class Tokens(nn.Module):
    """Integers (batch, 1, n, n) looked up in an embedding, and pooled."""

    def __init__(self, sound):
        super().__init__()
        torch.manual_seed(0)
        self.embedding = nn.Embedding(10, 4)
        self.place = nn.Parameter(torch.zeros(SIZE * SIZE, 1) if sound else torch.randn(SIZE * SIZE, 1))

    def forward(self, x):
        return (self.embedding(x.flatten(1)) * (1 + self.place)).mean(1)


class Encoder(nn.Module):
    """A module of which a method is checked, not the call."""

    def __init__(self, sound):
        super().__init__()
        self.readout = Readout(sound)

    def encode(self, x):
        return self.readout(x)

    def forward(self, x):
        raise NotImplementedError


class Model:
    """No module itself."""

    def __init__(self, sound):
        self.parts = {"readout": Readout(sound)}
        self.calls = 0

    def predict(self, x):
        self.calls += 1
        return self.parts["readout"](x) * self.calls

    __call__ = predict


def spectral(sound):
    torch.manual_seed(0)
    net = nn.Sequential(nn.Flatten(), parametrizations.spectral_norm(nn.Linear(SIZE * SIZE, 3)))
    return symmetric(net) if sound else net


def weight_normed(sound):
    torch.manual_seed(0)
    net = nn.Sequential(nn.Flatten(), parametrizations.weight_norm(nn.Linear(SIZE * SIZE, 3)))
    return symmetric(net) if sound else net


def symmetric(module):
    """The mean of a module over the four turns, which is invariant."""

    class Mean(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = module

        def forward(self, x):
            return torch.stack([self.inner(x.rot90(k, (-2, -1))) for k in range(4)]).mean(0)

    return Mean()


def lazy(sound):
    net = nn.Sequential(nn.Flatten(), nn.LazyLinear(3))
    torch.manual_seed(0)
    net(images())
    return symmetric(net) if sound else net


def closure(sound):
    parts, scale = [Readout(sound)], torch.tensor(2.0)
    count = 0

    def inner(x):
        return parts[0](x) * scale

    def outer(x):
        nonlocal count
        count += 1
        return inner(x) + count

    return outer


def with_options(model, x, *, scale):
    return model(x) * scale


def scripted(sound):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # torch's own advice not to use it
        return torch.jit.script(Readout(sound))


MODULES = {
    made.__name__: made
    for made in (
        CountsInBuffer, CountsInAttribute, Remembers, HoldsObject, WritesBehindVersions, OwnGenerator, ReturnsItsBuffer,
        HoldsResult, RefusesCopies, Float32Only, CastsInside, WritesIntoInput, Complex, Integers, Bools, Masked, Nested,
        Numbers, Backward, Switches, Tied, spectral, weight_normed, lazy, scripted,
    )
}  # fmt: skip
CALLABLES = {
    "a lambda": lambda sound: (lambda model: lambda x: model(x) + 1)(Readout(sound)),
    "a closure with a count": closure,
    "a partial": lambda sound: functools.partial(with_options, Readout(sound), scale=torch.tensor(3.0)),
    "a method of a module": lambda sound: Encoder(sound).encode,
    "a method of an object": lambda sound: Model(sound).predict,
    "an object": Model,
    "a wrapper": lambda sound: Wrapper(Readout(sound)),
    "a data parallel": lambda sound: nn.DataParallel(Readout(sound)),
    "a compiled module": lambda sound: torch.compile(Readout(sound), backend="eager"),
    "a compiled function": lambda sound: torch.compile(closure(sound), backend="eager"),
}
