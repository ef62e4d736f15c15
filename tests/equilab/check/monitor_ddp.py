"""One of two processes that train one model on halves of every batch, while none, one or both of them are monitored.

test_monitor starts them: python monitor_ddp.py RANK FOLDER. Each leaves RANK.pt: by who is monitored, weights and rows.
"""

import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

import equilab as eq

G = eq.groups.p4
STEPS = 6
MONITORED = {"none": (), "the first": (0,), "the second": (1,), "both": (0, 1)}


class Halves(nn.Module):
    """Batch norm, dropout, and a layer of which only every other step makes use, so that parameters are unused."""

    def __init__(self) -> None:
        super().__init__()
        hidden = 2 * G.regular
        self.body = eq.nn.Sequential(
            eq.nn.GroupConv2d(1 * G.trivial, hidden, 3), eq.nn.FieldBatchNorm(hidden), nn.ReLU(), eq.nn.Dropout(hidden)
        )
        self.head, self.spare = (eq.nn.GroupConv2d(hidden, 1 * G.trivial, 3) for _ in range(2))
        self.in_type = self.out_type = 1 * G.trivial
        self.calls = 0

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        h = self.body(x)
        return self.head(h) + self.spare(h) if self.calls % 2 else self.head(h)


def train(rank: int, monitored: tuple[int, ...]) -> dict[str, Any]:
    """A few steps; a monitor asks between forward and backward, where it could do the most harm, and after a step."""
    torch.manual_seed(5)
    model = DistributedDataParallel(Halves(), find_unused_parameters=True)
    torch.manual_seed(rank)  # of dropout
    rows: list[dict[str, float]] = []
    monitor = eq.check.EquivarianceMonitor(model, every=2, log=rows.append)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.001)
    for step in range(STEPS):
        x = torch.rand(8, 1, 9, 9, generator=torch.Generator().manual_seed(step))[4 * rank :][:4]
        loss = model(x).square().mean()
        if rank in monitored:
            monitor(step, x)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if rank in monitored:
            monitor(step, x)
    return {"state": model.module.state_dict(), "calls": model.module.calls, "rows": rows}


def synchronised(rank: int) -> dict[str, Any]:
    """A model with batch norm over all processes, in training mode, that the first process asks about alone."""
    torch.manual_seed(5)
    layers = nn.Sequential(nn.Conv2d(1, 2, 3, padding=1, padding_mode="circular"), nn.BatchNorm2d(2))
    model = nn.SyncBatchNorm.convert_sync_batchnorm(layers)  # torch wraps it for other processes on GPUs only
    rows: list[dict[str, float]] = []
    shifts = eq.check.Translate()
    if rank == 0:
        monitor = eq.check.EquivarianceMonitor(model, in_type=shifts, out_type=shifts, log=rows.append)
        monitor(0, torch.rand(4, 1, 6, 6))
    return {"state": model.state_dict(), "training": model[1].training, "rows": rows}


def main(rank: int, folder: Path) -> None:
    torch.distributed.init_process_group(
        "gloo", init_method=f"file://{folder}/store", rank=rank, world_size=2, timeout=timedelta(seconds=100)
    )
    found = {who: train(rank, monitored) for who, monitored in MONITORED.items()}
    torch.save(found | {"synchronised": synchronised(rank)}, folder / f"{rank}.pt")
    torch.distributed.destroy_process_group()


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
