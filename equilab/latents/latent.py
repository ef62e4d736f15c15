"""A latent: an ordered list of blocks, and the posterior over all of them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import torch
from torch import Tensor

from equilab.errors import SettingError, ShapeError
from equilab.latents.block import Block, BlockPosterior
from equilab.latents.code_block import CodeBlock
from equilab.latents.gaussian import Gaussian
from equilab.noise import GeneratorNoise, Noise


@dataclass(frozen=True)
class Stretch:
    """Equal blocks that follow one another: they are computed as one."""

    block: Block
    count: int

    def split(self, tensor: Tensor, numbers: int) -> Tensor:
        """(batch, count * numbers) as (batch, count, numbers), the numbers of one block next to each other."""
        return tensor.unflatten(1, (self.count, numbers))


@dataclass(frozen=True)
class Latent:
    """What an encoder infers and a decoder reads: blocks in order, each on its manifold.

    The encoder's numbers come stretch by stretch of equal blocks: the first number of every block of the stretch, then
    the second of every block, and so on; of ten Gaussian blocks the ten means, then the ten log variances. The code
    holds the numbers of one block next to each other. Raises SettingError for no blocks or two of one name.

    >>> from equilab.latents import Circle
    >>> latent = Latent((Gaussian(), Gaussian(), Circle("orientation")))
    >>> latent.num_parameters, latent.dim, [block.label for block in latent.code_blocks]
    (7, 4, ['z0', 'z1', 'orientation'])
    """

    blocks: tuple[Block, ...]

    def __post_init__(self) -> None:
        if isinstance(self.blocks, Block) or not all(isinstance(block, Block) for block in self.blocks):
            raise SettingError("blocks", expected="blocks such as (Gaussian(), Circle())", got=repr(self.blocks))
        object.__setattr__(self, "blocks", tuple(self.blocks))
        if not self.blocks:
            raise SettingError("blocks", expected="at least one", got="none")
        names = [block.label for block in self.code_blocks]
        if same := sorted({name for name in names if names.count(name) > 1}):
            raise SettingError("blocks", expected="a name of its own for each", got=f"{', '.join(same)} twice")

    @classmethod
    def gaussian(cls, dim: int) -> "Latent":
        """`dim` Gaussian blocks of one dimension each: the latent of the usual VAE."""
        return cls((Gaussian(),) * dim)

    @cached_property
    def stretches(self) -> tuple[Stretch, ...]:
        """The blocks as stretches of equal ones."""
        found: list[Stretch] = []
        for block in self.blocks:
            plain = replace(block, name="")  # pyright: ignore[reportArgumentType]  # every block is a dataclass
            if found and found[-1].block == plain:
                found[-1] = Stretch(plain, found[-1].count + 1)
            else:
                found.append(Stretch(plain, 1))
        return tuple(found)

    @cached_property
    def dim(self) -> int:
        """Numbers of a code."""
        return sum(block.dim for block in self.blocks)

    @cached_property
    def num_parameters(self) -> int:
        """Numbers that the encoder gives for an image."""
        return sum(block.num_parameters for block in self.blocks)

    @cached_property
    def noise_dim(self) -> int:
        """Standard normal numbers that a sample takes."""
        return sum(block.noise_dim for block in self.blocks)

    @cached_property
    def code_blocks(self) -> tuple[CodeBlock, ...]:
        """The place of each block in the code, as metrics read it; without a name it is called z and its number."""
        found, start = [], 0
        for index, block in enumerate(self.blocks):
            axes = tuple(range(start, start + block.dim))
            found.append(CodeBlock(axes, block, name=block.name or f"z{index}"))
            start += block.dim
        return tuple(found)

    def posterior(self, parameters: Tensor) -> "Posterior":
        """q(z|x) of the encoder's numbers (batch, num_parameters). Raises ShapeError for other shapes."""
        if parameters.ndim != 2 or parameters.shape[1] != self.num_parameters:
            raise ShapeError(
                "parameters", expected=f"(batch, {self.num_parameters}) for {self}", got=tuple(parameters.shape)
            )
        widths = [stretch.count * stretch.block.num_parameters for stretch in self.stretches]
        parts = tuple(
            stretch.block.posterior(part.unflatten(1, (stretch.block.num_parameters, stretch.count)).transpose(1, 2))
            for stretch, part in zip(self.stretches, parameters.split(widths, 1), strict=True)
        )
        return Posterior(self, parts, parameters)

    def parts(self, z: Tensor) -> Iterator[tuple[Stretch, Tensor]]:
        """For each stretch its codes (batch, count, dim) of codes z (batch, dim)."""
        widths = [stretch.count * stretch.block.dim for stretch in self.stretches]
        for stretch, part in zip(self.stretches, z.split(widths, 1), strict=True):
            yield stretch, stretch.split(part, stretch.block.dim)

    def log_prior(self, z: Tensor) -> Tensor:
        """log p(z) of each block, (batch, blocks), nats, of codes z (batch, dim)."""
        return torch.cat([stretch.block.log_prior(part) for stretch, part in self.parts(z)], 1)

    def permute(self, z: Tensor, noise: Noise) -> Tensor:
        """Codes z (batch, dim) with every block permuted over the batch, by a permutation of its own.

        The marginal law of each block stays, the dependence between blocks goes (Kim & Mnih 2018, algorithm 1).
        """
        order = noise.uniform(len(z), len(self.blocks), like=z).argsort(0)  # (batch, blocks)
        of_axis = torch.tensor([index for index, block in enumerate(self.blocks) for _ in range(block.dim)])
        return z.gather(0, order if len(self.blocks) == self.dim else order[:, of_axis.to(z.device)])

    def __str__(self) -> str:
        return ", ".join(f"{stretch.count} {stretch.block}" for stretch in self.stretches)


class Posterior:
    """q(z|x) of a batch: independent over blocks. Made by `Latent.posterior`.

    latent: its blocks. parts: for each stretch of equal blocks their posteriors (batch, count, ...). parameters: the
    encoder's numbers (batch, num_parameters), or None where there are none, as for an average.

    >>> posterior = Latent.gaussian(3).posterior(torch.zeros(2, 6))
    >>> posterior.mean.shape, posterior.kl().shape, posterior.sample(torch.Generator().manual_seed(0)).shape
    (torch.Size([2, 3]), torch.Size([2, 3]), torch.Size([2, 3]))
    """

    def __init__(self, latent: Latent, parts: tuple[BlockPosterior, ...], parameters: Tensor | None = None):
        self.latent, self.parts, self.parameters = latent, parts, parameters

    @property
    def mean(self) -> Tensor:
        """Codes (batch, dim) that stand for the posteriors: of each block the mean, or the mode."""
        return torch.cat([part.mean.flatten(1) for part in self.parts], 1)

    def sample(self, noise: Noise | torch.Generator) -> Tensor:
        """A sample z (batch, dim) of each posterior, with gradients to the parameters."""
        if isinstance(noise, torch.Generator):
            noise = GeneratorNoise(noise)
        like = self.parts[0].tensors()[0]
        drawn = noise.normal(len(like), self.latent.noise_dim, like=like)
        widths = [stretch.count * stretch.block.noise_dim for stretch in self.latent.stretches]
        samples = [
            part.sample(stretch.split(numbers, stretch.block.noise_dim)).flatten(1)
            for stretch, part, numbers in zip(self.latent.stretches, self.parts, drawn.split(widths, 1), strict=True)
        ]
        return torch.cat(samples, 1) if len(samples) > 1 else samples[0]

    def kl(self) -> Tensor:
        """KL(q(z_b|x) || p(z_b)) of each block b, (batch, blocks), nats."""
        return torch.cat([part.kl() for part in self.parts], 1)

    def kl_to(self, other: "Posterior") -> Tensor:
        """KL(q_b || other_b) of each block b, (batch, blocks), nats; SettingError for blocks without a closed form."""
        return torch.cat([one.kl_to(two) for one, two in zip(self.parts, other.parts, strict=True)], 1)

    def log_prob(self, z: Tensor) -> Tensor:
        """log q(z_b|x) of each block b, (batch, blocks), nats, of codes z (batch, dim)."""
        pairs = zip(self.parts, self.latent.parts(z), strict=True)
        return torch.cat([part.log_prob(codes) for part, (_, codes) in pairs], 1)

    def pairwise_log_prob(self, z: Tensor) -> Tensor:
        """log q(z_b|x) of every code under every posterior, (codes, batch, blocks), nats, of codes z (codes, dim)."""
        pairs = zip(self.parts, self.latent.parts(z), strict=True)
        return torch.cat([part.unsqueeze(0).log_prob(codes.unsqueeze(1)) for part, (_, codes) in pairs], 2)

    def averaged(self, other: "Posterior", shared: Tensor) -> "Posterior":
        """This posterior with the blocks where shared (batch, blocks) is true averaged with the other's.

        Means and variances are averaged (Hosoya 2019). Raises SettingError for blocks that cannot be averaged.
        """
        masks = shared.split([stretch.count for stretch in self.latent.stretches], 1)
        triples = zip(self.parts, other.parts, masks, strict=True)
        return Posterior(self.latent, tuple(one.average(two).where(mask, one) for one, two, mask in triples))
