"""What a sampler is: how the observations of an update are drawn, and the type of batch that they make."""

from abc import ABC, abstractmethod
from typing import ClassVar, NamedTuple

import numpy as np
from jaxtyping import Int
from numpy import ndarray
from torch import Tensor

from equilab.data.dataset import Dataset
from equilab.data.factors import Factors
from equilab.errors import DataError


class Draw(NamedTuple):
    """Rows to gather, and facts beside them, by the field of the batch in which they stand; first axis num.

    rows: int64 (num,) or (num, length), observations whose images make up the field. facts: arrays (num, ...).
    """

    rows: dict[str, Int[ndarray, "num *length"]]
    facts: dict[str, ndarray]


class Sampler(ABC):
    """How an update's observations are drawn; a frozen dataclass of settings in every concrete class.

    batch_type: the NamedTuple of tensors that a batch is; images are float32 (batch, C, H, W) in [0, 1].
    """

    batch_type: ClassVar[type]

    @abstractmethod
    def draw(self, data: Dataset, num: int, rng: np.random.Generator) -> Draw:
        """Independent draws, `num` of them, all randomness from `rng`; each is one element of a batch.

        data: the data set. Raises DataError for data of which nothing can be drawn in this way.
        """


class Images(NamedTuple):
    """A batch of images (batch, C, H, W)."""

    images: Tensor


class TwoBatches(NamedTuple):
    """Two independent batches of images (batch, C, H, W) each."""

    images: Tensor
    second: Tensor


class Labelled(NamedTuple):
    """Images (batch, C, H, W) and the factor indices that they show, labels int64 (batch, factors)."""

    images: Tensor
    labels: Tensor


class PartlyLabelled(NamedTuple):
    """Images without labels, and labelled_images of a fixed labelled part, both (batch, C, H, W).

    labels: factor indices int64 (batch, factors) of labelled_images.
    """

    images: Tensor
    labelled_images: Tensor
    labels: Tensor


class Pairs(NamedTuple):
    """Pairs of images (batch, C, H, W) that share some factors.

    shared: bool (batch, factors), true where a factor is shared for certain; None where that is not known.
    """

    images: Tensor
    second: Tensor
    shared: Tensor | None = None


class Moved(NamedTuple):
    """Images x, group elements g, and images of g x.

    images, moved: (batch, C, H, W). g: int64 (batch, cyclic factors), steps of each cyclic factor that moves.
    """

    images: Tensor
    g: Tensor
    moved: Tensor


class Sequences(NamedTuple):
    """Images (batch, time, C, H, W), and the steps between them, actions int64 (batch, time - 1, factors)."""

    images: Tensor
    actions: Tensor


def varying(factors: Factors) -> tuple[int, ...]:
    """The positions of the factors that have more than one value."""
    return tuple(index for index, size in enumerate(factors.sizes) if size > 1)


def positions(factors: Factors, names: tuple[str, ...], usual: tuple[int, ...], kind: str) -> tuple[int, ...]:
    """The positions of named factors, or the usual ones for no names; DataError for none, or for one named twice."""
    if len(set(names)) < len(names):
        raise DataError("factors", expected="different factors", got=", ".join(names))
    found = tuple(factors.names.index(factors[name].name) for name in names) or usual
    if not found:
        raise DataError("data", expected=f"at least one {kind} factor", got=", ".join(factors.names) or "none")
    return found
