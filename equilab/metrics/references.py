"""Reference codes: random (floor), pixels, PCA and untrained encoders (baselines), ground-truth factors (ceiling)."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from equilab.data import Dataset
from equilab.errors import SettingError
from equilab.latents import CodeBlock, gaussian_posterior_of, parse_blocks
from equilab.metrics.code_table import CodeTable

NUM_PCA = 10_000
"""Images that the principal components are fitted to."""
NUM_PIXELS = 15_000
"""Observations whose pixels are a code: each has thousands of dimensions."""
_OF_CODES = ("random", "ceiling")


class Reference(NamedTuple):
    """Codes to compare a score with, and the blocks in which they are read.

    build: makes the codes. is_grid: whether their observations are a complete grid. key: what decides the codes, in
    words, where that is little enough to keep their scores; empty elsewhere.
    """

    build: Callable[[], CodeTable]
    blocks: tuple[CodeBlock, ...]
    is_grid: bool
    key: str = ""

    @classmethod
    def of(cls, table: CodeTable, blocks: tuple[CodeBlock, ...]) -> "Reference":
        """Codes that are there already."""
        return cls(lambda: table, blocks, table.is_grid)


def code_references(
    table: CodeTable, blocks: tuple[CodeBlock, ...], *, names: Sequence[str], seed: int
) -> dict[str, Reference]:
    """The references that are made of codes and factors alone, by the end of their key."""
    found: dict[str, Reference] = {}
    same = f"factors {table.factor_table.digest}, {'codes' if table.posterior is None else 'posteriors'}"
    if "random" in names:
        shape = f"{table.codes.shape[1]} dimensions in {[(block.axes, repr(block.manifold)) for block in blocks]}"
        build = partial(random_codes, table, seed=seed)
        found["floor_random"] = Reference(build, blocks, table.is_grid, f"{same}, {shape}")
    if "ceiling" in names:
        perfect = parse_blocks(None, len(table.scored))
        found["ceiling"] = Reference(partial(factor_codes, table), perfect, table.is_grid, same)
    return found


def check_made_of_codes(names: Sequence[str]) -> None:
    """SettingError for a reference that is made of images."""
    for name in names:
        if name not in _OF_CODES:
            hint = "it is made of images: use evaluate"
            raise SettingError("references", expected=f"one of {', '.join(_OF_CODES)}", got=repr(name), hint=hint)


def random_codes(table: CodeTable, *, seed: int) -> CodeTable:
    """The table with standard Gaussian noise, independent of the factors, in place of its codes: a floor.

    Where the table has a posterior, this one has variance 1.

    >>> table = CodeTable(np.zeros((4, 2)), np.array([[0, 0], [0, 1], [1, 0], [1, 1]]))
    >>> random_codes(table, seed=0).codes.shape
    (4, 2)
    """
    codes = np.random.default_rng([seed, 1]).standard_normal(table.codes.shape, dtype=np.float32)
    return _with_variance(table, codes, 1.0)


def factor_codes(table: CodeTable) -> CodeTable:
    """The table with the factors that vary, one per dimension, in place of its codes: the ceiling. Values count from 0.

    What it scores is below 1 where the metric itself falls short: MIG puts the 40 orientations of dSprites in 20 bins.
    Where the table has a posterior, this one has a standard deviation of 0.1 steps of the factor.

    >>> table = CodeTable(np.zeros((4, 2)), np.array([[0, 3], [0, 4], [0, 5], [0, 6]]))
    >>> factor_codes(table).codes.tolist()
    [[0.0], [1.0], [2.0], [3.0]]
    """
    codes = np.stack(table.factor_table.numbered, axis=1).astype(np.float32)
    return _with_variance(table, codes, 0.01)


def _with_variance(table: CodeTable, codes: np.ndarray, variance: Tensor | float) -> CodeTable:
    """Other codes of a table, as the means of a posterior of this variance where the table has one."""
    if table.posterior is None:
        return table.with_codes(codes)
    return table.with_codes(codes, gaussian_posterior_of(torch.from_numpy(codes), variance=variance))


def with_posterior_like(table: CodeTable, codes: CodeTable) -> CodeTable:
    """Codes with a posterior where the table has one: 0.01 of the variance of each dimension."""
    if table.posterior is None or codes.posterior is not None:
        return codes
    variance = 0.01 * np.maximum(codes.codes.var(axis=0), np.finfo(np.float32).tiny)
    posterior = gaussian_posterior_of(torch.from_numpy(codes.codes), variance=torch.from_numpy(variance))
    return codes.with_codes(codes.codes, posterior)


def pixels(images: Tensor) -> Tensor:
    """The images (n, C, H, W) as codes (n, C H W): a floor, what is read off without any encoder.

    >>> pixels(torch.zeros(2, 1, 8, 8)).shape
    torch.Size([2, 64])
    """
    return images.flatten(1)


def principal_components(dataset: Dataset, dim: int, *, seed: int) -> Callable[[Tensor], Tensor]:
    """The encoder images (n, C, H, W) -> (n, dim) of a principal component analysis of up to 10,000 images: a floor.

    Fitted to images drawn at random (scikit-learn's PCA, randomised solver); components in the order of their variance.
    Raises SettingError for more components than pixels or images.

    >>> from equilab.data import MiniSprites
    >>> data = MiniSprites(size=16)
    >>> principal_components(data, 3, seed=0)(data.table.gather(torch.arange(5))).shape
    torch.Size([5, 3])
    """
    from sklearn.decomposition import PCA

    rng = np.random.default_rng([seed, 2])
    chosen = rng.permutation(len(dataset))[:NUM_PCA]
    images = pixels(dataset.table.gather(torch.from_numpy(chosen)))
    if dim > min(images.shape):
        raise SettingError(
            "references", expected=f"codes of at most {min(images.shape)} dimensions, as pca gives here", got=dim
        )
    fitted = PCA(dim, svd_solver="randomized", random_state=int(rng.integers(2**31))).fit(images.numpy())
    components = torch.from_numpy(np.ascontiguousarray(fitted.components_, np.float32))
    centre = torch.from_numpy(np.asarray(fitted.mean_, np.float32))
    return lambda images: (pixels(images).cpu() - centre) @ components.T
