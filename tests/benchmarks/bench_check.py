"""Seconds of a check, and how many forward passes of a float64 copy over the same batch it costs.

Targets: 3 s for a P4CNN of seven layers over C4 at 33 x 33, batch 4, on one thread; 40 forward passes in general.
"""

from collections.abc import Callable, Mapping
from copy import deepcopy
from time import process_time
from types import MappingProxyType
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

import equilab as eq
from equilab.groups import C, D, Group
from tests.benchmarks.side_by_side import Comparison, compare

ROUNDS = 5


class Checked(NamedTuple):
    """A module, its inputs, and the options of the check."""

    name: str
    module: nn.Module
    inputs: tuple[Tensor, ...]
    options: Mapping[str, Any] = MappingProxyType({})


def normal(*shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(0))


def group_cnn(group: Group, fields: int, layers: int = 7) -> nn.Module:
    """Group convolutions of k3 with norm and ReLU, then the largest value over each field: P4CNN for any image size."""
    image, hidden = 1 * group.trivial, fields * group.regular
    parts: list[nn.Module] = [eq.nn.GroupConv2d(image, hidden, 3)]
    for _ in range(layers - 1):
        parts += [eq.nn.FieldBatchNorm(hidden), nn.ReLU(), eq.nn.GroupConv2d(hidden, hidden, 3)]
    return eq.nn.Sequential(*parts, eq.nn.GroupPool(hidden)).eval()


def space() -> nn.Module:
    """Two tensor products of e3nn with a gate between them."""
    from e3nn import nn as gated
    from e3nn import o3

    irreps = o3.Irreps("8x0e + 8x1o + 4x2e")
    gate = gated.Gate("16x0e", [torch.tanh], "12x0e", [torch.sigmoid], "8x1o + 4x2e")

    class Network(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first = o3.FullyConnectedTensorProduct(irreps, irreps, gate.irreps_in)
            self.gate, self.last = gate, o3.Linear(gate.irreps_out, "4x0e + 4x1o")
            self.irreps_in, self.irreps_out = irreps, self.last.irreps_out

        def forward(self, x: Tensor) -> Tensor:
            return self.last(self.gate(self.first(x, x)))

    return Network()


def circular(stride: int) -> nn.Module:
    """Plain convolutions with circular padding, the first with a stride."""
    around = {"padding": 1, "padding_mode": "circular"}
    parts: list[nn.Module] = [nn.Conv2d(3, 32, 3, stride=stride, **around), nn.ReLU()]
    for _ in range(4):
        parts += [nn.Conv2d(32, 32, 3, **around), nn.BatchNorm2d(32), nn.ReLU()]
    return nn.Sequential(*parts).eval()


def cases() -> list[Checked]:
    torch.manual_seed(0)
    shifted = eq.check.Translate(eq.check.Translations(stride=2))
    shifts: dict[str, Any] = {"in_type": shifted, "out_type": shifted}
    space_group = eq.check.Euclidean()
    p4cnn = group_cnn(eq.groups.p4, 10)
    return [
        Checked("P4CNN, seven layers, C4, 33 x 33, batch 4", p4cnn, (normal(4, 1, 33, 33),)),
        Checked("the same in float64", deepcopy(p4cnn).double(), (normal(4, 1, 33, 33).double(),)),
        Checked("D4, seven layers of 7 fields, 33 x 33, batch 4", group_cnn(D(4), 7), (normal(4, 1, 33, 33),)),
        Checked("C16, three layers of 4 fields, 33 x 33, batch 4", group_cnn(C(16), 4, 3), (normal(4, 1, 33, 33),)),
        Checked("D32, two layers of 2 fields, 33 x 33, batch 4", group_cnn(D(32), 2, 2), (normal(4, 1, 33, 33),)),
        Checked("D32, two layers of 2 fields, 33 x 33, batch 16", group_cnn(D(32), 2, 2), (normal(16, 1, 33, 33),)),
        Checked("e3nn, tensor product and gate, batch 256", space(), (normal(256, 52),), {"group": space_group}),
        Checked("the same, batch 2,048", space(), (normal(2048, 52),), {"group": space_group}),
        Checked(
            "plain convolutions under translations by 2, 32 x 32, batch 4", circular(2), (normal(4, 3, 32, 32),), shifts
        ),
        Checked("the same, 64 x 64, batch 8", circular(2), (normal(8, 3, 64, 64),), shifts),
    ]


def forward(checked: Checked) -> Callable[[], None]:
    """One pass of a float64 copy, without gradients."""
    module, inputs = deepcopy(checked.module).double(), tuple(x.double() for x in checked.inputs)

    def run() -> None:
        with torch.no_grad():
            module(*inputs)

    return run


def check(checked: Checked, **options: Any) -> Callable[[], None]:
    def run() -> None:
        report = eq.check.equivariance(checked.module, *checked.inputs, **checked.options, **options)
        assert report.passed, f"{checked.name}: {report}"

    return run


def spread(found: Comparison) -> str:
    """The median ratio and its range."""
    return f"{found.ratio:.1f} ({found.least:.1f} to {found.largest:.1f})"


def main() -> None:
    torch.set_num_threads(1)
    print("| module | check, s | float64 forward, ms | ratio | with gradients, s | ratio |\n|---|---|---|---|---|---|")
    for checked in cases():
        found = compare(check(checked), forward(checked), rounds=ROUNDS, clock=process_time)
        more = compare(check(checked, gradients=True), forward(checked), rounds=3, clock=process_time)
        cells = [checked.name, f"{found.first:.2f}", f"{1e3 * found.second:.1f}", spread(found)]
        print(f"| {' | '.join([*cells, f'{more.first:.2f}', spread(more)])} |", flush=True)
    print(f"one thread, processor time, medians of {ROUNDS} rounds in turn (3 with gradients); targets 3 s and 40")


if __name__ == "__main__":
    main()
