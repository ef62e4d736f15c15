"""What a block of a latent is: its manifold, its posterior, and everything that models, metrics and pictures need."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, fields
from typing import ClassVar

import torch
from jaxtyping import Float, Int
from numpy import ndarray
from torch import Tensor

from equilab.errors import GroupError, SettingError
from equilab.groups import Element, PlaneGroup


@dataclass(frozen=True, eq=False)
class BlockPosterior(ABC):
    """q(z|x) of one block, or of several equal ones; a frozen dataclass whose fields are all tensors (..., numbers).

    Every method works elementwise over the leading axes, such as (batch, blocks), and broadcasts them.
    """

    @property
    @abstractmethod
    def mean(self) -> Tensor:
        """The code (..., dim) that stands for the posterior: its mean, or its mode on a manifold without means."""

    @abstractmethod
    def sample(self, noise: Tensor) -> Tensor:
        """A sample z (..., dim) made of standard normal noise (..., noise_dim), with gradients to the parameters."""

    @abstractmethod
    def kl(self) -> Tensor:
        """KL(q(z|x) || p(z)), (...), nats, p the block's prior."""

    @abstractmethod
    def log_prob(self, z: Tensor) -> Tensor:
        """log q(z|x), (...), nats, of codes z (..., dim)."""

    def kl_to(self, other: "BlockPosterior") -> Tensor:
        """KL(q || other), (...), nats. Raises SettingError for blocks that have no closed form of it."""
        kind = type(self).__name__.removesuffix("Posterior")
        raise SettingError("latent", expected="blocks with a closed KL between posteriors", got=kind)

    def average(self, other: "BlockPosterior") -> "BlockPosterior":
        """The posterior whose mean and variance are the arithmetic means of the two (Hosoya 2019).

        Raises SettingError for blocks without a mean and a variance.
        """
        kind = type(self).__name__.removesuffix("Posterior")
        raise SettingError("latent", expected="blocks whose posteriors can be averaged", got=kind)

    def tensors(self) -> tuple[Tensor, ...]:
        """The tensors (..., numbers) that make up the posterior."""
        return tuple(getattr(self, field.name) for field in fields(self))

    def where(self, mask: Tensor, other: "BlockPosterior") -> "BlockPosterior":
        """This posterior where mask (...) is true, the other, of the same kind, elsewhere."""
        pairs = zip(self.tensors(), other.tensors(), strict=True)
        return type(self)(*(torch.where(mask.unsqueeze(-1), one, two) for one, two in pairs))

    def unsqueeze(self, axis: int) -> "BlockPosterior":
        """The same posteriors with one more leading axis, 0 or more, to be broadcast."""
        return type(self)(*(tensor.unsqueeze(axis) for tensor in self.tensors()))


class Block(ABC):
    """A part of a latent that lies on one manifold; a frozen dataclass of settings in every concrete class.

    A concrete class has a field `name`, for tables and pictures, which takes no part in comparisons.
    manifold: its name in files of codes; empty: that of the class in lower case.
    """

    manifold: ClassVar[str] = ""
    name: str

    @classmethod
    def of_dim(cls, dim: int) -> "Block":
        """A block whose code has `dim` numbers; default: the block without settings, whatever it has."""
        return cls()

    @property
    @abstractmethod
    def dim(self) -> int:
        """Numbers of the code: what the decoder and the metrics read."""

    @property
    @abstractmethod
    def num_parameters(self) -> int:
        """Numbers that the encoder's head gives for one block."""

    @property
    @abstractmethod
    def noise_dim(self) -> int:
        """Standard normal numbers that one sample takes."""

    @property
    def intrinsic_dim(self) -> int:
        """Dimension of the manifold; default: that of the code."""
        return self.dim

    @property
    def group(self) -> PlaneGroup | None:
        """The group that acts on the block; default None."""
        return None

    @property
    def is_projected(self) -> bool:
        """Whether `values` projects codes onto a manifold that does not fill R^dim, which rounds them."""
        return False

    @abstractmethod
    def posterior(self, parameters: Tensor) -> BlockPosterior:
        """q(z|x) of the encoder's numbers (..., num_parameters)."""

    @abstractmethod
    def log_prior(self, z: Tensor) -> Tensor:
        """log p(z), (...), nats, of codes z (..., dim)."""

    @abstractmethod
    def path(self, code: Tensor, num: int) -> Tensor:
        """A traversal: codes (paths, num, dim) through the block, one path for each of its directions.

        code: (dim,), the point that a path passes through where it does not run through the whole block.
        """

    @abstractmethod
    def positions(self, num: int) -> list[str]:
        """The place of each of the `num` points of a path, in words."""

    def act(self, g: Element, z: Tensor) -> Tensor:
        """Codes (..., dim) after the group element g. Raises GroupError for a block on which no group acts."""
        raise GroupError("g", expected=f"a block on which a group acts, not {type(self).__name__}", got=str(g))

    def values(self, codes: Float[ndarray, "n dim"]) -> Float[ndarray, "n m"]:
        """The codes as metrics read them, float64, row after row in memory; default: as they are."""
        return codes.astype("float64", order="C")

    def cells(self, values: Float[ndarray, "n m"], num: int) -> Int[ndarray, "n"] | None:
        """The cell, 0 to num - 1, of each value on a manifold with cells of its own; default None: it has none."""
        return None
