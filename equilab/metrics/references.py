"""What to read a score against: codes that know nothing, codes that anybody gets, and codes that are the factors."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy import ndarray
from torch import Tensor

from equilab.data import Dataset
from equilab.errors import SettingError
from equilab.latents import Blocks
from equilab.metrics.code_table import CodeTable

REFERENCES = ("random", "pca", "pixels", "ceiling")
"""References by the word that asks for them; pca and pixels are made of images."""
NUM_PCA = 10_000
"""Images that the principal components are fitted to."""
NUM_PIXELS = 15_000
"""Observations whose pixels are a code: each has thousands of dimensions."""


class Reference(NamedTuple):
    """Codes that a score is read against, and the blocks in which they are read."""

    table: CodeTable
    blocks: Blocks | None


def check_references(references: Sequence[str], known: Sequence[str]) -> None:
    """SettingError, with those there are, for a reference that does not exist or that these inputs cannot give."""
    if isinstance(references, str):
        raise SettingError("references", expected="a sequence, such as ('random', 'ceiling')", got=repr(references))
    for name in references:
        if name not in known:
            hint = "it is made of images: use evaluate or score_encoder" if name in REFERENCES else ""
            raise SettingError("references", expected=f"one of {', '.join(known)}", got=repr(name), hint=hint)


def random_codes(table: CodeTable, *, seed: int) -> CodeTable:
    """The table with standard Gaussian noise, independent of the factors, in place of its codes: a floor.

    Where the table has log variances, these have variance 1.

    >>> table = CodeTable(np.zeros((4, 2)), np.arange(4)[:, None])
    >>> random_codes(table, seed=0).codes.shape
    (4, 2)
    """
    codes = np.random.default_rng([seed, 1]).standard_normal(table.codes.shape, dtype=np.float32)
    log_var = None if table.log_var is None else np.zeros_like(codes)
    return CodeTable(codes, table.factors, table.factor_names, log_var)


def factor_codes(table: CodeTable) -> CodeTable:
    """The table with the factors that vary, one per dimension, in place of its codes: the ceiling. Values count from 0.

    What it scores is below 1 where the metric itself falls short: MIG puts the 40 orientations of dSprites in 20 bins.
    Where the table has log variances, these have a standard deviation of 0.1 steps of the factor.

    >>> table = CodeTable(np.zeros((4, 2)), np.array([[0, 3], [0, 4], [0, 5], [0, 6]]))
    >>> factor_codes(table).codes.tolist()
    [[0.0], [1.0], [2.0], [3.0]]
    """
    columns = [np.unique(table.factors[:, factor], return_inverse=True)[1].reshape(-1) for factor in table.scored]
    codes = np.stack(columns, axis=1).astype(np.float32)
    log_var = None if table.log_var is None else np.full_like(codes, np.log(0.01))
    return CodeTable(codes, table.factors, table.factor_names, log_var)


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


def code_references(
    table: CodeTable, *, names: Sequence[str], seed: int, blocks: Blocks | None
) -> dict[str, Reference]:
    """The references that are made of codes and factors alone, by the end of their key."""
    found: dict[str, Reference] = {}
    if "random" in names:
        found["floor_random"] = Reference(random_codes(table, seed=seed), blocks)
    if "ceiling" in names:
        found["ceiling"] = Reference(factor_codes(table), None)
    return found


def with_log_var_like(table: CodeTable, codes: CodeTable) -> CodeTable:
    """Codes with log variances where the table has some: 0.01 of the variance of each dimension."""
    if table.log_var is None or codes.log_var is not None:
        return codes
    variance: ndarray = np.maximum(codes.codes.var(axis=0), np.finfo(np.float32).tiny)
    log_var = np.broadcast_to(np.log(0.01 * variance), codes.codes.shape)
    return CodeTable(codes.codes, codes.factors, codes.factor_names, log_var)
