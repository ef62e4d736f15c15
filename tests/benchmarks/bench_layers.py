"""Group convolutions beside torch's convolution of the expanded shape, and beside escnn's, in one run.

Targets: forward and backward at most 1.10 times the plain convolution, with norm and activation, too, and never slower
than escnn; a materialized network as fast as a plain one; ten D4 layers built in 0.5 s.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from time import perf_counter, process_time
from typing import NamedTuple

import torch
from torch import Tensor, nn

import equilab as eq
from equilab.groups import C, D, FieldType, Group
from equilab.interop.escnn import load_escnn, to_escnn
from tests.benchmarks.side_by_side import compare

ROUNDS = 21


class Shape(NamedTuple):
    """One comparison: regular fields in and out, and the images they lie on."""

    group: Group
    num_fields: int
    kernel_size: int
    size: int
    batch: int

    def __str__(self) -> str:
        return f"{self.group} {self.num_fields} fields k{self.kernel_size} {self.size} x {self.size} batch {self.batch}"

    @property
    def type(self) -> FieldType:
        return self.num_fields * self.group.regular

    @property
    def input(self) -> Tensor:
        return torch.randn(self.batch, self.type.dim, self.size, self.size, generator=torch.Generator().manual_seed(0))

    def layer(self, group_type: FieldType | None = None) -> eq.nn.GroupConv2d:
        x = group_type or self.type
        return eq.nn.GroupConv2d(x, x, self.kernel_size, padding=self.kernel_size // 2)

    def plain(self) -> nn.Conv2d:
        return nn.Conv2d(self.type.dim, self.type.dim, self.kernel_size, padding=self.kernel_size // 2)


SHAPES = (
    Shape(C(4), 10, 3, 28, 32),
    Shape(C(4), 32, 3, 28, 32),
    Shape(D(4), 16, 3, 28, 64),
    Shape(C(8), 16, 5, 32, 16),
)


def step(model: nn.Module, x: Tensor) -> Callable[[], None]:
    """One forward and backward pass, the input's gradient included, as inside a network."""
    x = x.clone().requires_grad_()

    def run() -> None:
        model(x).square().mean().backward()

    return run


def show(label: str, ours: Callable[[], object], other: Callable[[], object], name: str, target: float = 1.10) -> None:
    """A row: both times, the ratio ours / other, and whether it is at most `target`."""
    found = compare(ours, other, rounds=ROUNDS, clock=process_time)
    verdict = "met" if found.ratio <= target else "MISSED"
    print(
        f"{label:58s} {1e3 * found.first:7.2f} ms  {name} {1e3 * found.second:7.2f} ms  "
        f"ratio {found.ratio:.2f} ({found.least:.2f} to {found.largest:.2f}; target {target:.2f} {verdict})"
    )


def layers() -> None:
    """Forward and backward of each shape, alone and with norm and activation."""
    for shape in SHAPES:
        x = shape.input
        show(f"{shape}: forward + backward", step(shape.layer(), x), step(shape.plain(), x), "conv2d")
        ours = eq.nn.Sequential(shape.layer(), eq.nn.FieldBatchNorm(shape.type), nn.ReLU())
        plain = nn.Sequential(shape.plain(), nn.BatchNorm2d(shape.type.dim), nn.ReLU())
        show(f"{shape}: with norm and ReLU", step(ours, x), step(plain, x), "conv2d")


def inference() -> None:
    """A materialized block beside the plain one, without gradients."""
    for shape in SHAPES:
        x = shape.input
        block = eq.nn.Sequential(shape.layer(), eq.nn.FieldBatchNorm(shape.type), nn.ReLU()).eval()
        materialized, plain = eq.nn.materialize(block), nn.Sequential(shape.plain(), nn.ReLU())
        with torch.no_grad():
            show(f"{shape}: materialized", lambda m=materialized, x=x: m(x), lambda m=plain, x=x: m(x), "conv2d", 1.05)


def against_escnn() -> None:
    """The same layers in escnn, on its own wrapped tensors; forward + backward."""
    if find_spec("escnn") is None:
        print("escnn is not installed: left out")
        return
    escnn = load_escnn()
    smallest = (shape._replace(batch=1, size=shape.kernel_size) for shape in SHAPES)  # nearly all is their overhead
    for shape in (*SHAPES, *smallest):
        fields = to_escnn(shape.type).escnn_type
        theirs = escnn.nn.R2Conv(fields, fields, shape.kernel_size, padding=shape.kernel_size // 2)
        wrapped = Wrapped(theirs, lambda x, fields=fields: escnn.nn.GeometricTensor(x, fields))
        label = f"{shape}: forward + backward"
        show(label, step(shape.layer(), shape.input), step(wrapped, shape.input), "escnn ", 1.0)


class Wrapped(nn.Module):
    """A module of escnn as one of plain tensors, at no cost but escnn's own wrapping."""

    def __init__(self, module: nn.Module, wrap: Callable[[Tensor], object]):
        super().__init__()
        self.module, self.wrap = module, wrap

    def forward(self, x: Tensor) -> Tensor:
        return self.module(self.wrap(x)).tensor


def beaten() -> None:
    """What is cheaper than the plain convolution of the same channels, and keeps the symmetry."""
    shape = SHAPES[2]
    x, fields, k = shape.input, shape.type, shape.kernel_size
    separable = eq.nn.Sequential(
        eq.nn.GroupConv2d(fields, fields, k, padding=k // 2, groups=shape.num_fields),
        eq.nn.GroupConv2d(fields, fields, 1),
    )
    show(f"{shape}: separable", step(separable, x), step(shape.plain(), x), "conv2d", 1.0)
    small = shape.num_fields * shape.group.quotient(D(1))
    smaller = torch.randn(shape.batch, small.dim, shape.size, shape.size)
    show(f"{shape}: quotient(D1) fields", step(shape.layer(small), smaller), step(shape.plain(), x), "conv2d", 1.0)


BUILD = """
from time import perf_counter
import torch, equilab as eq
from equilab.nn import FieldBatchNorm, GroupConv2d, Sequential
G = eq.groups.p4m
start = perf_counter()
x = 16 * G.regular
layers = [GroupConv2d(1 * G.trivial, x, 3, padding=1)]
for _ in range(9):
    layers += [FieldBatchNorm(x), torch.nn.ReLU(), GroupConv2d(x, x, 3, padding=1)]
network = Sequential(*layers)
print(f"{perf_counter() - start:.3f} s for ten D4 layers, 16 fields, in a fresh process (target <= 0.5 s)")
free = sum(value.numel() for value in network.state_dict().values())
expanded = sum(value.numel() for value in eq.nn.materialize(network).state_dict().values())
print(f"{free:,} numbers in its state_dict, {expanded:,} in that of the materialized network")
"""
ESCNN_BUILD = """
from time import perf_counter
from equilab.interop.escnn import load_escnn
escnn = load_escnn()
start = perf_counter()
space = escnn.gspaces.flipRot2dOnR2(4)
fields = escnn.nn.FieldType(space, 16 * [space.regular_repr])
escnn.nn.R2Conv(fields, fields, 3, padding=1)
print(f"{perf_counter() - start:.3f} s for one D4 layer of escnn, in a fresh process")
"""


def build() -> None:
    """Seconds from nothing to a network, imports not counted."""
    programs = [BUILD, ESCNN_BUILD] if find_spec("escnn") else [BUILD]
    for program in programs:
        subprocess.run([sys.executable, "-c", program], check=True, env=os.environ | {"OMP_NUM_THREADS": "1"})


def main() -> None:
    torch.manual_seed(0)
    torch.set_num_threads(1)
    start = perf_counter()
    for part in (layers, inference, against_escnn, beaten, build):
        part()
    print(f"one thread, processor time, medians of {ROUNDS} rounds in turn; {perf_counter() - start:.0f} s in all")


if __name__ == "__main__":
    main()
