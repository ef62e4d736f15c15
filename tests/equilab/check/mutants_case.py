"""A mutant: a module with one thing wrong, beside its sound twin, and what a check has to say about it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

import equilab as eq
from equilab.groups import FieldType

C4, D4 = eq.groups.C4, eq.groups.D4
FAIL, VACUOUS, INCONCLUSIVE = frozenset({"FAIL"}), frozenset({"VACUOUS"}), frozenset({"INCONCLUSIVE"})


class Trial(NamedTuple):
    """What is handed to eq.check.equivariance: fn, its inputs, its options."""

    fn: Callable[..., Any]
    inputs: tuple[Any, ...]
    options: Mapping[str, Any]


@dataclass(frozen=True)
class Mutant:
    """build(generator, sound) makes the mutant, or with sound=True its twin without the mutation."""

    name: str
    build: Callable[[torch.Generator, bool], Trial]
    cause: str | None  # the name of the cause that is to be found; None: it cannot be told
    verdicts: frozenset[str] = field(default=FAIL)  # those that count as caught

    def make(self, sound: bool) -> Trial:
        """The same parameters and inputs every time."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            return self.build(torch.Generator().manual_seed(1), sound)


def mutant(
    into: list[Mutant], cause: str | None, verdicts: frozenset[str] = FAIL
) -> Callable[[Callable[[torch.Generator, bool], Trial]], Callable[[torch.Generator, bool], Trial]]:
    """Registers a builder as a mutant named as the function is."""

    def register(build: Callable[[torch.Generator, bool], Trial]) -> Callable[[torch.Generator, bool], Trial]:
        into.append(Mutant(build.__name__.replace("_", " "), build, cause, verdicts))
        return build

    return register


def images(generator: torch.Generator, channels: int, size: int = 9, *, batch: int = 2) -> Tensor:
    """Normal noise (batch, channels, size, size), float32."""
    return torch.randn(batch, channels, size, size, generator=generator)


def lift(fields: int = 2, *, group: Any = C4, padding: int = 1, bias: bool = True) -> nn.Conv2d:
    """Plain convolution 3 x 3 from one channel to `fields` regular fields, with the weights of a group convolution."""
    conv = eq.nn.GroupConv2d(1 * group.trivial, fields * group.regular, 3, padding=padding, bias=bias)
    plain = eq.nn.materialize(conv)
    assert isinstance(plain, nn.Conv2d)
    if plain.bias is not None:
        nn.init.constant_(plain.bias, 0.3)
    return plain


def symmetric(channels: int, kernel_size: int, **options: Any) -> nn.Conv2d:
    """Convolution whose filters are the mean of their 8 turned and mirrored copies."""
    conv = nn.Conv2d(channels, channels, kernel_size, **options)
    with torch.no_grad():
        turned = [torch.rot90(weight, k, (2, 3)) for weight in (conv.weight, conv.weight.flip(3)) for k in range(4)]
        conv.weight.copy_(torch.stack(turned).mean(0))
    return conv


def invariant(channels: int, *, group: Any = C4) -> dict[str, Any]:
    """Types of images (batch, channels, H, W) whose channels do not mix."""
    return {"in_type": channels * group.trivial, "out_type": channels * group.trivial}


def lifted(fields: int = 2, *, group: Any = C4) -> dict[str, FieldType]:
    """Types of one channel in, and regular fields out."""
    return {"in_type": 1 * group.trivial, "out_type": fields * group.regular}


def regular(fields: int = 2, *, group: Any = C4) -> dict[str, FieldType]:
    """Types of regular fields in and out."""
    return {"in_type": fields * group.regular, "out_type": fields * group.regular}
