"""Scores of an encoder, or of codes alone, beside the floors and the ceiling of each metric on the same data."""

from collections.abc import Sequence
from functools import partial
from typing import Literal

import numpy as np
from numpy import ndarray
from torch import Tensor

from equilab.data import Dataset
from equilab.errors import DataError, SettingError
from equilab.latents import Blocks
from equilab.metrics.code_table import CodeTable
from equilab.metrics.encoding import NUM_DRAWN, Encode, Progress, as_array
from equilab.metrics.metric import Score
from equilab.metrics.protocols import find_protocol
from equilab.metrics.references import factor_codes, random_codes


def evaluate(
    encode: Encode,
    dataset: Dataset,
    *,
    protocol: str = "locatello2019",
    seed: int = 0,
    blocks: Blocks | None = None,
    untrained: Encode | None = None,
    batch_size: int = 256,
    num_samples: int | None = None,
    inputs: Literal["torch", "numpy"] = "torch",
    progress: Progress | None = None,
) -> dict[str, float]:
    """The scores of an encoder on a data set, as a flat dict that can be logged.

    encode: float32 images (n, C, H, W) in [0, 1] -> codes (n, d), tensors or arrays (`inputs` says which of the two it
    is given). Every image of a grid is encoded once, in batches of `batch_size`; with `num_samples`, and of any other
    data set, that many observations, drawn at random. Keys: those of `evaluate_codes`, and `<score>_floor_untrained`
    when `untrained`, the same encoder before training, is given; at most 100,000 observations are encoded for it.
    `progress(done, total)` is called after every batch, from the start again for `untrained`.
    Raises ShapeError, DataError and SettingError, as `CodeTable.encode` and `evaluate_codes` do.

    >>> from equilab.data import MiniSprites
    >>> scores = evaluate(lambda images: images.mean(3).flatten(1)[:, ::8], MiniSprites(size=32))
    >>> 0 <= scores["mig"] <= scores["mig_ceiling"] <= 1
    True
    """
    find_protocol(protocol)  # what is wrong is refused before minutes of encoding, not after
    _check_seed(seed)
    encode_all = partial(
        CodeTable.encode, dataset=dataset, batch_size=batch_size, seed=seed, progress=progress, inputs=inputs
    )
    table = encode_all(encode, num_samples=num_samples)
    before = None if untrained is None else encode_all(untrained, num_samples=min(num_samples or NUM_DRAWN, NUM_DRAWN))
    return _with_references(table, before, protocol=protocol, seed=seed, blocks=blocks)


def evaluate_codes(
    codes: ndarray | Tensor,
    factors: ndarray | Tensor,
    *,
    protocol: str = "locatello2019",
    seed: int = 0,
    blocks: Blocks | None = None,
    factor_names: Sequence[str] | ndarray | None = None,
) -> dict[str, float]:
    """The scores of codes (n, d) against integer factors (n, k), arrays or tensors, as a flat dict that can be logged.

    blocks: dimensions that belong together, such as [(0, 1), 2]; None: each by itself. Keys, for each score of the
    protocol: `<score>`, `<score>_<factor>` for each factor that varies, `<score>_floor_random` (Gaussian noise of the
    codes' shape, in the same blocks) and `<score>_ceiling` (the factors themselves as codes).
    Raises ShapeError and DataError for arrays that cannot be scored (see `CodeTable`), SettingError for a protocol,
    seed or blocks that do not exist or do not fit.

    >>> factors = np.stack(np.unravel_index(np.arange(60), (3, 4, 5)), 1)
    >>> scores = evaluate_codes(factors + 0.01, factors, factor_names=("shape", "x", "y"))
    >>> scores["factor_vae_score"], round(scores["mig_shape"], 1)
    (1.0, 1.0)
    """
    table = CodeTable(as_array(codes), as_array(factors), () if factor_names is None else factor_names)
    return _with_references(table, None, protocol=protocol, seed=seed, blocks=blocks)


def score_codes(
    codes: ndarray | Tensor,
    factors: ndarray | Tensor,
    *,
    protocol: str = "locatello2019",
    seed: int = 0,
    blocks: Blocks | None = None,
    factor_names: Sequence[str] | ndarray | None = None,
) -> dict[str, Score]:
    """The full scores of codes (n, d), matrices included, by name; arguments and errors as `evaluate_codes`.

    >>> factors = np.stack(np.unravel_index(np.arange(60), (3, 4, 5)), 1)
    >>> score_codes(factors + 0.01, factors)["mig"].matrix.shape
    (3, 3)
    """
    table = CodeTable(as_array(codes), as_array(factors), () if factor_names is None else factor_names)
    return score_table(table, protocol=protocol, seed=seed, blocks=blocks)


def score_table(
    table: CodeTable, *, protocol: str = "locatello2019", seed: int = 0, blocks: Blocks | None = None
) -> dict[str, Score]:
    """The full scores of a table, matrices included, by name.

    Each metric draws from a generator of its own, made of the seed and its name: a protocol with one more metric
    leaves the others as they are. Raises SettingError for a protocol, seed or blocks that do not exist or do not fit.

    >>> factors = np.stack(np.unravel_index(np.arange(60), (3, 4, 5)), 1)
    >>> list(score_table(CodeTable(factors, factors)))
    ['factor_vae_score', 'beta_vae_score', 'mig']
    """
    _check_seed(seed)
    return {
        metric.name: metric(table, rng=np.random.default_rng([seed, *metric.name.encode()]), blocks=blocks)
        for metric in find_protocol(protocol)
    }


def _check_seed(seed: int) -> None:
    if seed < 0:
        raise SettingError(f"seed: expected 0 or more, got {seed}")


def flat_scores(scores: dict[str, Score]) -> dict[str, float]:
    """The values of scores by name, and their parts for each factor as `<score>_<factor>`."""
    parts = {f"{name}_{factor}": value for name, score in scores.items() for factor, value in score.per_factor.items()}
    if taken := {"floor_random", "floor_untrained", "ceiling"} & {key for s in scores.values() for key in s.per_factor}:
        raise DataError(
            f"factor_names: {', '.join(sorted(taken))} would hide a reference score of that name; rename it"
        )
    return _values(scores) | parts


def reference_scores(
    table: CodeTable,
    *,
    protocol: str = "locatello2019",
    seed: int = 0,
    blocks: Blocks | None = None,
    untrained: CodeTable | None = None,
) -> dict[str, float]:
    """What to read the scores of this table against: `<score>_floor_random`, `<score>_ceiling` of its factors, and
    `<score>_floor_untrained` where the codes of the untrained encoder are given.

    >>> factors = np.stack(np.unravel_index(np.arange(60), (3, 4, 5)), 1)
    >>> reference_scores(CodeTable(np.zeros((60, 2)), factors))["factor_vae_score_ceiling"]
    1.0
    """
    score = partial(score_table, protocol=protocol, seed=seed)
    references = _values(score(random_codes(table, seed=seed), blocks=blocks), "_floor_random")
    if untrained is not None:
        references |= _values(score(untrained, blocks=blocks), "_floor_untrained")
    return references | _values(score(factor_codes(table)), "_ceiling")


def _with_references(
    table: CodeTable, untrained: CodeTable | None, *, protocol: str, seed: int, blocks: Blocks | None
) -> dict[str, float]:
    """The scores of a table, their parts, and their references."""
    scores = flat_scores(score_table(table, protocol=protocol, seed=seed, blocks=blocks))
    return scores | reference_scores(table, protocol=protocol, seed=seed, blocks=blocks, untrained=untrained)


def _values(scores: dict[str, Score], suffix: str = "") -> dict[str, float]:
    return {name + suffix: score.value for name, score in scores.items()}
