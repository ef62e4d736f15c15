"""One of two processes that train every layer with parameters, each with its half of every batch.

test_layer_tools starts them: python layer_ddp.py RANK FOLDER.
"""

import sys
from datetime import timedelta
from pathlib import Path

import torch
from layer_cases import CASES, SideBySide
from torch import nn

LEARNED = [case for case in CASES if case.is_learned]
SAMPLES, STEPS = 4, 3


def train(model: nn.Module, part: slice) -> None:
    """A few steps of gradient descent with a part of each batch; the loss is a mean over samples."""
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    for step in range(STEPS):
        inputs = [case.x(SAMPLES, seed=step, dtype=torch.float64)[part] for case in LEARNED]
        optimizer.zero_grad()
        loss = sum(y.square().mean() for y in model(*inputs))
        assert isinstance(loss, torch.Tensor)
        loss.backward()
        optimizer.step()


def main(rank: int, folder: Path) -> None:
    torch.distributed.init_process_group(
        "gloo", init_method=f"file://{folder}/store", rank=rank, world_size=2, timeout=timedelta(seconds=200)
    )
    model = SideBySide(LEARNED, seed=rank).double().train()
    half = SAMPLES // 2
    train(nn.parallel.DistributedDataParallel(model), slice(rank * half, (rank + 1) * half))
    torch.save(model.state_dict(), folder / f"{rank}.pt")
    torch.distributed.destroy_process_group()


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
