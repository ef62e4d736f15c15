"""The batches of a training, on its device: a function of (seed, rank, step)."""

import numpy as np
import torch
from torch import Tensor

from equilab.data.dataset import Dataset
from equilab.data.sampling.sampler import Sampler
from equilab.data.table import ImageTable
from equilab.errors import check_count
from equilab.noise import numpy_stream, updates_at_once


class Feed:
    """Batches of a sampler, of the type that it names.

    The draws of up to 1,024 updates are made in one call, from a generator whose key is (seed, rank, number of that
    block), and kept on the device; no state is kept beside them, so a training can go on at any step.

    data: the data set. sampler: how observations are drawn. batch_size: elements of a batch. seed: of the draws.
    rank: number of the process. device: of the batches; the whole table is moved there. Raises SettingError for a
    batch size below 1, DataError for data that do not have an image for each observation.

    >>> from equilab.data import IndependentImages, MiniSprites
    >>> feed = Feed(MiniSprites(), IndependentImages(), batch_size=8, seed=0)
    >>> feed.at(3).images.shape, torch.equal(feed.at(3).images, feed.at(3).images)
    (torch.Size([8, 1, 64, 64]), True)
    """

    def __init__(
        self,
        data: Dataset,
        sampler: Sampler,
        batch_size: int,
        *,
        seed: int,
        rank: int = 0,
        device: torch.device | str = "cpu",
    ):
        check_count("batch_size", batch_size)
        data.check()
        self.data, self.sampler, self.batch_size, self.seed, self.rank = data, sampler, batch_size, seed, rank
        self.table: ImageTable = data.table.to(device)
        self._updates = updates_at_once(64 * batch_size)  # whose draws are made in one call
        self._block: int | None = None
        self._rows: dict[str, Tensor] = {}
        self._facts: dict[str, Tensor] = {}

    def at(self, step: int) -> tuple[Tensor, ...]:
        """The batch of the update after `step` others, an instance of the sampler's `batch_type`.

        Raises SettingError for a negative step.
        """
        block, row = divmod(step, self._updates)
        if block != self._block:
            check_count("step", step, least=0)
            self._draw(block)
        images = {name: self._gathered(rows[row]) for name, rows in self._rows.items()}
        return self.sampler.batch_type(**images, **{name: fact[row] for name, fact in self._facts.items()})

    def _gathered(self, rows: Tensor) -> Tensor:
        """Images of rows (batch, ...), (batch, ..., C, H, W)."""
        images = self.table.gather(rows.flatten())
        return images if rows.ndim == 1 else images.unflatten(0, rows.shape)

    def _draw(self, block: int) -> None:
        rng = numpy_stream(self.seed, "batches", rank=self.rank, index=block)
        rows, facts = self.sampler.draw(self.data, self._updates * self.batch_size, rng)
        self._rows, self._facts = (
            {name: self._by_update(values) for name, values in fields.items()} for fields in (rows, facts)
        )
        self._block = block

    def _by_update(self, values: np.ndarray) -> Tensor:
        """Draws (updates * batch, ...) as a tensor (updates, batch, ...) on the device."""
        tensor = torch.from_numpy(np.ascontiguousarray(values)).unflatten(0, (self._updates, self.batch_size))
        return tensor.to(self.table.rows.device)
