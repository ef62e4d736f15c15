"""Random numbers as functions of (seed, purpose, rank, update): no state is kept, so a training can go on anywhere."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from copy import copy
from hashlib import blake2b
from math import prod

import numpy as np
import torch
from torch import Tensor

from equilab.errors import check_count

__all__ = [
    "UPDATES",
    "GeneratorNoise",
    "Noise",
    "NumpyNoise",
    "StreamNoise",
    "numpy_stream",
    "stream_key",
    "torch_stream",
    "updates_at_once",
]

UPDATES = 1024
"""Updates whose numbers are drawn in one call, at most."""
_NUMBERS = 2**22  # numbers of one call, at most: a large draw is made for fewer updates at a time


def stream_key(seed: int, purpose: str, *, rank: int = 0, index: int = 0) -> int:
    """A key of 63 bits for a generator; two different (seed, purpose, rank, index) share one with probability 2^-63.

    seed: of the run, 0 or more. purpose: what the numbers are for, in a word. rank: number of the process, 0 or more.
    index: number of the update, or of the block of updates, 0 or more. Raises SettingError for a number below 0.

    >>> stream_key(0, "model") == stream_key(0, "model"), stream_key(0, "model") == stream_key(1, "model")
    (True, False)
    """
    for name, value in (("seed", seed), ("rank", rank), ("index", index)):
        check_count(name, value, least=0)
    digest = blake2b(f"{seed} {purpose} {rank} {index}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


def numpy_stream(seed: int, purpose: str, *, rank: int = 0, index: int = 0) -> np.random.Generator:
    """A numpy generator for one purpose; arguments as of `stream_key`.

    >>> numpy_stream(0, "batches", index=3).integers(10, size=2).shape
    (2,)
    """
    return np.random.default_rng(stream_key(seed, purpose, rank=rank, index=index))


def torch_stream(
    seed: int, purpose: str, *, rank: int = 0, index: int = 0, device: torch.device | str = "cpu"
) -> torch.Generator:
    """A torch generator on a device for one purpose; the other arguments as of `stream_key`.

    >>> torch.rand(2, generator=torch_stream(0, "model")).shape
    torch.Size([2])
    """
    return torch.Generator(device).manual_seed(stream_key(seed, purpose, rank=rank, index=index))


def updates_at_once(numbers: int) -> int:
    """How many updates' draws of so many numbers are made in one call: a power of two, 1 to 1,024.

    >>> updates_at_once(640), updates_at_once(2**20), updates_at_once(2**30)
    (1024, 4, 1)
    """
    return max(1, min(UPDATES, 2 ** (max(_NUMBERS // max(numbers, 1), 1).bit_length() - 1)))


class Noise(ABC):
    """Random numbers for one call of an objective: drawn in float32 or wider, in the dtype that the caller needs."""

    @abstractmethod
    def _draw(self, kind: str, shape: tuple[int, ...], device: torch.device) -> Tensor:
        """The next numbers, float32 or float64, of one of the kinds of `_FILL`."""

    def normal(self, *shape: int, like: Tensor) -> Tensor:
        """Standard normal numbers of this shape, on the device and in the dtype of `like`."""
        return self._draw("normal", shape, like.device).to(like.dtype)

    def uniform(self, *shape: int, like: Tensor) -> Tensor:
        """Numbers uniform in [0, 1) of this shape, on the device and in the dtype of `like`."""
        return self._draw("uniform", shape, like.device).to(like.dtype)


_FILL: dict[str, Callable[[Tensor, torch.Generator], Tensor]] = {
    "normal": lambda numbers, generator: numbers.normal_(generator=generator),
    "uniform": lambda numbers, generator: numbers.uniform_(generator=generator),
}


class GeneratorNoise(Noise):
    """Noise drawn one after the other from a generator, for a loop of one's own.

    generator: a torch generator; its device is that of the numbers before they are moved to where they are needed.

    >>> noise = GeneratorNoise(torch.Generator().manual_seed(0))
    >>> noise.normal(2, 3, like=torch.zeros(1, dtype=torch.float64)).dtype
    torch.float64
    """

    def __init__(self, generator: torch.Generator):
        self.generator = generator

    def _draw(self, kind: str, shape: tuple[int, ...], device: torch.device) -> Tensor:
        return _FILL[kind](torch.empty(shape, device=self.generator.device), self.generator).to(device)


class NumpyNoise(Noise):
    """Noise drawn one after the other from a numpy generator, in float64 before it is cast.

    >>> NumpyNoise(np.random.default_rng(0)).normal(2, 3, like=torch.zeros(1)).shape
    torch.Size([2, 3])
    """

    def __init__(self, rng: np.random.Generator):
        self.rng = rng

    def _draw(self, kind: str, shape: tuple[int, ...], device: torch.device) -> Tensor:
        numbers = self.rng.standard_normal(shape) if kind == "normal" else self.rng.random(shape)
        return torch.from_numpy(numbers).to(device)


class StreamNoise(Noise):
    """Noise as a function of (seed, rank, update, number of the draw within the update).

    The draws of up to 1,024 updates are made in one call by a generator of their own, on the CPU, so that every device
    gets the same numbers, and kept where they are needed: a draw costs a look-up. At any update the block that holds it
    is made anew, which is all that a resumed run needs.

    seed: of the run. rank: number of the process.

    >>> noise = StreamNoise(seed=0)
    >>> first = noise.at(7).normal(4, like=torch.zeros(1))
    >>> torch.equal(StreamNoise(seed=0).at(7).normal(4, like=torch.zeros(1)), first)
    True
    """

    def __init__(self, seed: int, *, rank: int = 0):
        self.seed, self.rank = seed, rank
        self._step = self._drawn = 0
        self._blocks: dict[tuple[str, int, tuple[int, ...], torch.device], tuple[int, Tensor]] = {}

    def at(self, step: int) -> "StreamNoise":
        """The noise of the update after `step` others, from its first draw on; blocks of numbers are shared."""
        found = copy(self)
        found._step, found._drawn = step, 0
        return found

    def _draw(self, kind: str, shape: tuple[int, ...], device: torch.device) -> Tensor:
        place = (kind, self._drawn, shape, device)
        self._drawn += 1
        block, row = divmod(self._step, updates := updates_at_once(prod(shape)))
        known, numbers = self._blocks.get(place, (-1, None))
        if numbers is None or known != block:
            purpose = f"{kind} {place[1]} {'x'.join(map(str, shape))}"
            generator = torch_stream(self.seed, purpose, rank=self.rank, index=block)
            numbers = _FILL[kind](torch.empty(updates, *shape), generator).to(device)
            self._blocks[place] = block, numbers
        return numbers[row]
