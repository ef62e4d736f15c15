"""dSprites: a full build of the cache, opening it, and feeding batches from the packed table, on one thread."""

import os
import tempfile
from statistics import median
from time import perf_counter

import numpy as np
import torch

from equilab.data import DSprites, Feed, IndependentImages
from equilab.noise import UPDATES

BATCH_SIZE = 64


def open_seconds() -> float:
    """Seconds until a new DSprites() has its table."""
    start = perf_counter()
    _ = DSprites().table
    return perf_counter() - start


def feed_microseconds(feed: Feed, steps: range) -> np.ndarray:
    """Time of each batch, (steps,), after one pass that brings the pages into memory."""
    seconds = []
    for step in (*steps, *steps):
        start = perf_counter()
        feed.at(step)
        seconds.append(perf_counter() - start)
    return 1e6 * np.array(seconds[len(steps) :])


def main() -> None:
    threads, kept = torch.get_num_threads(), os.environ.get("EQUILAB_CACHE")
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["EQUILAB_CACHE"] = folder
        try:
            build = open_seconds()
            opened = median(open_seconds() for _ in range(5))
            data = DSprites()
            times = feed_microseconds(Feed(data, IndependentImages(), BATCH_SIZE, seed=0), range(2 * UPDATES))
        finally:
            os.environ.pop("EQUILAB_CACHE")
            os.environ |= {} if kept is None else {"EQUILAB_CACHE": kept}
            torch.set_num_threads(threads)
    print(f"build the cache              {build:8.1f} s    {len(data) / build:8,.0f} images/s (target <= 90 s)")
    print(f"open it, checksum included   {opened:8.2f} s    (target < 1 s, the file in the page cache)")
    print(f"a batch of {BATCH_SIZE}                {np.median(times):8.0f} us   (target < 1000 us)")
    print(f"draw {UPDATES} batches            {times[UPDATES] - np.median(times):8.0f} us   (once in so many batches)")


if __name__ == "__main__":
    main()
