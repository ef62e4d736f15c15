"""dSprites: a full build of the cache, opening it, and gathering batches from the packed table, on one thread."""

import os
import tempfile
from statistics import median
from time import perf_counter

import torch
from torch import Tensor

from equilab.data import DSprites, ImageTable, batch_indices

BATCH_SIZE = 64


def open_seconds() -> float:
    """Seconds until a new DSprites() has its table."""
    start = perf_counter()
    _ = DSprites().table
    return perf_counter() - start


def gather_microseconds(table: ImageTable, batches: list[Tensor]) -> float:
    """Median over the batches of the time to gather one, after one pass that brings the pages into memory."""
    seconds = []
    for batch in batches + batches:
        start = perf_counter()
        table.gather(batch)
        seconds.append(perf_counter() - start)
    return 1e6 * median(seconds[len(batches) :])


def index_microseconds(num_observations: int, steps: int) -> float:
    """Mean time to draw the indices of one batch."""
    start = perf_counter()
    for step in range(steps):
        batch_indices(num_observations, BATCH_SIZE, seed=0, step=step)
    return 1e6 * (perf_counter() - start) / steps


def main() -> None:
    threads, kept = torch.get_num_threads(), os.environ.get("EQUILAB_CACHE")
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["EQUILAB_CACHE"] = folder
        try:
            build = open_seconds()
            opened = median(open_seconds() for _ in range(5))
            data = DSprites()
            batches = [
                torch.from_numpy(batch_indices(len(data), BATCH_SIZE, seed=0, step=step)) for step in range(1000)
            ]
            gather = gather_microseconds(data.table, batches)
        finally:
            os.environ.pop("EQUILAB_CACHE")
            os.environ |= {} if kept is None else {"EQUILAB_CACHE": kept}
            torch.set_num_threads(threads)
    index = index_microseconds(len(data), 1000)
    print(f"build the cache              {build:8.1f} s    {len(data) / build:8,.0f} images/s (target <= 90 s)")
    print(f"open it, checksum included   {opened:8.2f} s    (target < 1 s, the file in the page cache)")
    print(f"gather {BATCH_SIZE} packed images     {gather:8.0f} us   (target < 1000 us)")
    print(f"draw {BATCH_SIZE} indices             {index:8.0f} us")


if __name__ == "__main__":
    main()
