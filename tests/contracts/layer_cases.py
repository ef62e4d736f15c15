"""The layers that the contract is about: every class there is, and for each of them the groups and types it is for."""

import inspect
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import equilab as eq
from equilab.groups import O2, SO2, C, D, Element, PlaneGroup, Representation, p4, p4m
from equilab.nn import Layer


def subclasses(parent: type) -> set[type]:
    return set(parent.__subclasses__()).union(*map(subclasses, parent.__subclasses__()))


CLASSES = sorted(
    (
        kind
        for kind in {*subclasses(Layer), eq.nn.Sequential}
        if kind.__module__.startswith("equilab.nn.")
        and not kind.__name__.startswith("_")
        and not inspect.isabstract(kind)
    ),
    key=lambda kind: kind.__name__,
)


def known(kinds: Iterable[type]) -> set[str]:
    """Their names."""
    return {kind.__name__ for kind in kinds}


@dataclass(frozen=True)
class Case:
    """A way to build a layer, and the size of an input: (H, W), or () for vectors."""

    name: str
    make: Callable[[torch.Generator], Any]  # a module with field types
    size: tuple[int, ...] = (8, 8)

    def build(self, seed: int = 0) -> Any:
        """A new layer; everything random about it comes from the seed."""
        return self.make(torch.Generator().manual_seed(seed))

    def stirred(self, seed: int = 0) -> Any:
        """A layer in evaluation mode no part of which is zero or one, as it is after a training."""
        layer = self.build(seed)
        generator = torch.Generator().manual_seed(seed + 1)
        with torch.no_grad():
            for parameter in layer.parameters():
                parameter += 0.3 * torch.randn(parameter.shape, generator=generator)
            for name, buffer in layer.named_buffers():
                if name.endswith(("running_mean", "running_var")):
                    buffer.copy_(0.5 + torch.rand(buffer.shape, generator=generator))
        return layer.eval()

    def x(self, batch: int = 2, *, seed: int = 0, dtype: torch.dtype = torch.float32) -> Tensor:
        """An input whose numbers are the same in float32 and in float64."""
        generator = torch.Generator().manual_seed(seed)
        return torch.randn(batch, self.channels, *self.size, generator=generator).to(dtype)

    @cached_property
    def kind(self) -> type[nn.Module]:
        return type(self.build())

    @cached_property
    def channels(self) -> int:
        """Of the input."""
        return self.build().in_type.dim

    @cached_property
    def is_learned(self) -> bool:
        """Whether there are parameters."""
        return any(True for _ in self.build().parameters())

    def __str__(self) -> str:
        return self.name


def elements(case: Case, group: PlaneGroup) -> list[Element]:
    """The elements whose action on an input is exact: all of them for vectors, else those that keep the pixel grid."""
    if case.size:
        whole = p4m if len(set(case.size)) == 1 else D(2)
        return [g for g in whole if g in group]
    generator = torch.Generator().manual_seed(0)
    return list(group) if group.is_finite else [group.random_element(generator) for _ in range(5)]


def conv(in_type: Representation, out_type: Representation, kernel_size: int, **settings):
    return lambda generator: eq.nn.GroupConv2d(in_type, out_type, kernel_size, generator=generator, **settings)


def transposed(in_type: Representation, out_type: Representation, kernel_size: int, **settings):
    return lambda generator: eq.nn.GroupConvTranspose2d(in_type, out_type, kernel_size, generator=generator, **settings)


def plain(kind: Callable[..., nn.Module], *arguments, **settings):
    """A layer without first weights to draw."""
    return lambda generator: kind(*arguments, **settings)


def network(generator: torch.Generator) -> eq.nn.Sequential:
    """What a user builds of them."""
    x0, x1 = 2 * p4m.trivial, 2 * p4m.regular
    x2 = 2 * p4m.trivial + 2 * p4m.irrep(1)
    gated = eq.nn.GatedNonlinearity(x2)
    return eq.nn.Sequential(
        eq.nn.GroupConv2d(x0, x1, 3, padding="same", generator=generator),
        eq.nn.FieldBatchNorm(x1),
        nn.ReLU(),
        eq.nn.MaxPool2d(x1, 2),
        eq.nn.GroupConv2d(x1, gated.in_type, 3, padding=1, generator=generator),
        gated,
        eq.nn.SpatialMean(),
        eq.nn.Linear(x2, 3 * p4m.trivial, generator=generator),
    )


MIXED4 = 2 * p4.trivial + 1 * p4.regular + 1 * p4.irrep(1)
MIXED8 = 2 * p4m.quotient(C(4)) + 1 * p4m.regular + 2 * p4m.irrep(1)
PERMUTED = 2 * p4m.trivial + 2 * p4m.regular + 1 * p4m.quotient(D(1))
STEERABLE = 2 * SO2.trivial + 2 * SO2.irrep(1) + 1 * SO2.irrep(2)
C8_MIXED = 1 * C(8).regular + 2 * C(8).irrep(1) + 1 * C(8).irrep(3)
REGULAR = 4 * p4.regular
D2 = D(2)

CASES = [
    Case("conv lifts p4", conv(3 * p4.trivial, 2 * p4.regular, 3, padding=1)),
    Case("conv regular p4m", conv(2 * p4m.regular, 2 * p4m.regular, 3, padding="same")),
    Case("conv mixed p4", conv(MIXED4, 1 * p4.regular + 2 * p4.irrep(1) + 1 * p4.irrep(2), 3, bias=False)),
    Case("conv mixed p4m, no kernel for some pairs", conv(MIXED8, 1 * p4m.irrep(0, -1) + 2 * p4m.trivial, 1)),
    Case("conv groups 2 p4", conv(REGULAR, 2 * p4.regular, 3, groups=2)),
    Case("conv groups 2 mixed p4", conv(2 * MIXED4, 2 * (MIXED4 + p4.irrep(2)), 3, groups=2)),
    Case("conv stride 2 p4m", conv(2 * p4m.regular, 1 * p4m.regular, 3, stride=2, padding=1), (9, 9)),
    Case("conv stride 2 even kernel D2", conv(2 * D2.regular, 2 * D2.regular, 4, stride=2, padding=1), (6, 8)),
    Case("conv dilation 2 D1", conv(2 * D(1, "1/2").regular, 2 * D(1, "1/2").trivial, 3, dilation=2), (6, 8)),
    Case("conv large p4", conv(2 * p4.trivial, 2 * p4.regular, 7, padding=3)),
    Case("conv rings C8", conv(2 * C(8).regular, 1 * C(8).regular, 3, padding=1)),
    Case("conv steerable SO2", conv(STEERABLE, STEERABLE, 5, padding=2)),
    Case("conv steerable O2", conv(1 * O2.trivial + 1 * O2.irrep(1), 1 * O2.irrep(0, -1) + 2 * O2.irrep(1), 5)),
    Case("transposed regular p4", transposed(2 * p4.regular, 3 * p4.regular, 4, stride=2, padding=1), (5, 5)),
    Case("transposed groups 2 p4m", transposed(2 * MIXED8, 4 * p4m.regular, 3, groups=2), (5, 5)),
    Case("transposed steerable SO2", transposed(STEERABLE, STEERABLE, 3, stride=2), (5, 5)),
    Case("linear SO2", lambda g: eq.nn.Linear(STEERABLE, 3 * SO2.irrep(1), generator=g), ()),
    Case("linear C8", lambda g: eq.nn.Linear(2 * C(8).regular, C8_MIXED, generator=g), ()),
    Case("linear p4m", lambda g: eq.nn.Linear(MIXED8, PERMUTED, generator=g), ()),
    Case("attention p4", lambda g: eq.nn.GroupSelfAttention(REGULAR, num_heads=2, generator=g), (6, 6)),
    Case("attention SO2", lambda g: eq.nn.GroupSelfAttention(STEERABLE, max_distance=1, generator=g), (5, 5)),
    Case("batch norm p4m", plain(eq.nn.FieldBatchNorm, PERMUTED)),
    Case("batch norm SO2", plain(eq.nn.FieldBatchNorm, STEERABLE)),
    Case("batch norm of vectors", plain(eq.nn.FieldBatchNorm, MIXED8), ()),
    Case("layer norm p4m", plain(eq.nn.FieldLayerNorm, MIXED8)),
    Case("layer norm of vectors", plain(eq.nn.FieldLayerNorm, SO2.trivial + STEERABLE), ()),
    Case("group norm p4", plain(eq.nn.FieldGroupNorm, 4 * p4.regular + 2 * p4.irrep(1), 2)),
    Case("group norm of vectors", plain(eq.nn.FieldGroupNorm, 4 * C(8).regular, 2), ()),
    Case("dropout p4m", plain(eq.nn.Dropout, PERMUTED, 0.4)),
    Case("dropout SO2", plain(eq.nn.Dropout, STEERABLE), ()),
    Case("pointwise module p4m", plain(eq.nn.Pointwise, PERMUTED, nn.ELU())),
    Case("pointwise function C8", plain(eq.nn.Pointwise, 2 * C(8).regular, torch.sin), ()),
    Case("gated p4m", plain(eq.nn.GatedNonlinearity, MIXED8)),
    Case("gated SO2", plain(eq.nn.GatedNonlinearity, 3 * SO2.irrep(1)), ()),
    Case("norm nonlinearity p4m", plain(eq.nn.NormNonlinearity, MIXED8)),
    Case("norm nonlinearity SO2", plain(eq.nn.NormNonlinearity, STEERABLE), ()),
    Case("field norms p4", plain(eq.nn.FieldNorms, MIXED4)),
    Case("group pool max p4m", plain(eq.nn.GroupPool, PERMUTED)),
    Case("group pool mean C8", plain(eq.nn.GroupPool, 3 * C(8).regular, reduction="mean"), ()),
    Case("spatial mean p4", plain(eq.nn.SpatialMean, MIXED4)),
    Case("spatial max p4m", plain(eq.nn.SpatialMax, PERMUTED)),
    Case("restrict p4m to C4", plain(eq.nn.Restrict, MIXED8, C(4))),
    Case("restrict SO2 to C8", plain(eq.nn.Restrict, STEERABLE, C(8)), ()),
    Case("max pool p4m", plain(eq.nn.MaxPool2d, PERMUTED, 2)),
    Case("max pool overlapping D2", plain(eq.nn.MaxPool2d, 2 * D2.regular, 3, stride=2, padding=1), (7, 9)),
    Case("average pool p4", plain(eq.nn.AvgPool2d, MIXED4, 2)),
    Case("downsample SO2", plain(eq.nn.Downsample, STEERABLE)),
    Case("upsample nearest p4m", plain(eq.nn.Upsample, MIXED8)),
    Case("upsample bilinear p4", plain(eq.nn.Upsample, MIXED4, scale=3, mode="bilinear")),
    Case("adaptive average pool p4m", plain(eq.nn.AdaptiveAvgPool2d, MIXED8, 3)),
    Case("adaptive max pool p4m", plain(eq.nn.AdaptiveMaxPool2d, PERMUTED, 3)),
    Case("sequential p4m", network),
]

every = pytest.mark.parametrize("case", CASES, ids=str)
learned = pytest.mark.parametrize("case", [case for case in CASES if case.is_learned], ids=str)


class SideBySide(nn.Module):
    """The layers of some cases, each with an input of its own."""

    def __init__(self, cases: Sequence[Case], seed: int = 0):
        super().__init__()
        self.layers = nn.ModuleList(case.stirred(seed) for case in cases)

    def forward(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        return tuple(layer(x) for layer, x in zip(self.layers, inputs, strict=True))
