"""The feed of a training: batches of images, and of labels where the objective uses them, on the run's device."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from equilab.data import ImageTable, batch_indices
from training.run import Run


@dataclass(frozen=True)
class Feed:
    """What the updates of a run see; a function of (seed, step), so that a run can go on at any step."""

    run: Run
    table: ImageTable  # all images, on the run's device
    labels: Tensor | None  # int64 (n, k), factor indices of all images; None: the objective uses none

    @classmethod
    def open(cls, run: Run, device: torch.device) -> "Feed":
        """The feed with its images and labels on this device."""
        labels = torch.from_numpy(run.data.labels(np.arange(len(run.data)))) if run.objective.uses_labels else None
        return cls(run, run.data.table.to(device), labels if labels is None else labels.to(device))

    def batch(self, step: int) -> dict[str, Tensor]:
        """The objective's arguments for the update after `step` others: images, and labels where it uses them."""
        num_images = self.run.batch_size * self.run.objective.batches
        drawn = torch.from_numpy(batch_indices(len(self.table), num_images, seed=self.run.seed, step=step))
        indices = drawn.to(self.table.rows.device)
        images = {"images": self.table.gather(indices)}
        return images if self.labels is None else images | {"labels": self.labels.index_select(0, indices)}
