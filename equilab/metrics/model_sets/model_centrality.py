"""ModelCentrality (Lin et al. 2020): the model on whose axes the others agree most is taken for the best."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from equilab.errors import DataError, SettingError, ShapeError, check_count
from equilab.latents import parse_blocks
from equilab.metrics.arguments import check_generator, check_number, checked_sequence
from equilab.metrics.supervised.factor_vae_score import majority_accuracy, relative_variances
from equilab.metrics.validation import as_array, as_floats, encoded

_CHUNK = 2**12  # images that are in memory at a time


class GenerativeModel(NamedTuple):
    """A generative model as ModelCentrality sees it; images and codes may be arrays or tensors."""

    decode: Callable[[Float[ndarray, "n latent_dim"]], Any]  # latents, float32, to images (n, ...)
    encode: Callable[[Any], Any]  # images, of any model of the set, to codes (n, d) or a posterior
    latent_dim: int  # latents are drawn from N(0, 1) in so many dimensions


def model_centrality(similarity: ndarray) -> Float[ndarray, "models"]:
    """The centrality (models,) of each model: the mean of (A_ij + A_ji) / 2 over the other models j; the highest is
    the one to pick.

    similarity: (models, models), A_ij, how well model j disentangles what model i generates (see `cross_scores`); the
    diagonal is not looked at. Raises ShapeError unless it is square, DataError for fewer than two models or numbers
    that are not finite.

    >>> model_centrality(np.array([[0.0, 0.9, 0.2], [0.7, 0.0, 0.4], [0.2, 0.4, 0.0]])).round(3).tolist()
    [0.5, 0.6, 0.3]
    """
    similarity = as_floats(as_array(similarity, "similarity"), "similarity")
    if similarity.ndim != 2 or similarity.shape[0] != similarity.shape[1]:
        raise ShapeError("similarity", expected="(models, models)", got=similarity.shape)
    if len(similarity) < 2:
        raise DataError("similarity", expected="two or more models", got=len(similarity))
    others = ~np.eye(len(similarity), dtype=bool)
    wrong = others & ~np.isfinite(similarity)
    if wrong.any():
        raise DataError("similarity", expected="finite numbers off the diagonal", got=similarity[wrong][0])
    both = (similarity + similarity.T) / 2
    return np.where(others, both, 0.0).sum(axis=1) / (len(both) - 1)


def cross_scores(
    models: Sequence[GenerativeModel],
    *,
    rng: np.random.Generator,
    num_train: int = 1_000,
    num_test: int = 1_000,
    batch_size: int = 100,
    num_variance: int = 10_000,
    active_std: float = 0.05,
) -> Float[ndarray, "models models"]:
    """A_ij: the FactorVAE score (Kim & Mnih 2018) of model j's code, the latents of generator i being the factors.

    A vote: a latent k, uniform, and `batch_size` latents of N(0, 1) that share the value of z_k; the images of
    generator i; the dimension of model j's code that varies least over them, relative to its variance over
    `num_variance` free images of i. `num_train` votes make the majority table, `num_test` others are scored: the
    reference code scores the votes that made its table, which flatters a code that knows nothing. Dimensions with a
    standard deviation below `active_std` never win; a code without others scores 0. The diagonal, a model on its own
    images, says whether it inverts its generator axis by axis. A rotation is only seen where it leaves a latent without
    a dimension of its own that follows it most: the FactorVAE score is blind to smaller ones.
    Images of N models: N * (num_variance + votes * batch_size), each encoded N times; defaults: 1,000 votes of 100
    images as in the paper's code, twice.
    Raises DataError for fewer than two models, SettingError for invalid counts, ShapeError for codes that
    are not (n, d).
    """
    models = checked_sequence(models, "models", "a list of GenerativeModel")
    if not all(isinstance(model, GenerativeModel) for model in models):
        raise SettingError("models", expected="a list of GenerativeModel", got=repr(models))
    if len(models) < 2:
        raise DataError("models", expected="two or more", got=len(models))
    check_generator(rng)
    check_number("active_std", active_std, "0 or more", lambda value: value >= 0)
    for name, count, least in (
        ("num_train", num_train, 1),
        ("num_test", num_test, 1),
        ("batch_size", batch_size, 2),
        ("num_variance", num_variance, 2),
    ):
        check_count(name, count, least=least)
    scores = np.zeros((len(models), len(models)))
    for row, generator in enumerate(models):
        free = _encoded(models, generator, rng.standard_normal((num_variance, generator.latent_dim), np.float32))
        total = [codes.var(axis=0, ddof=1, dtype=np.float64) for codes in free]
        train, test = (
            _vote_tables(models, generator, total, num=num, batch_size=batch_size, active_std=active_std, rng=rng)
            for num in (num_train, num_test)
        )
        scores[row] = [majority_accuracy(*tables).accuracy for tables in zip(train, test, strict=True)]
    return scores


def _vote_tables(
    models: Sequence[GenerativeModel],
    generator: GenerativeModel,
    total: list[Float[ndarray, "_"]],
    *,
    num: int,
    batch_size: int,
    active_std: float,
    rng: np.random.Generator,
) -> list[Int[ndarray, "_ latent_dim"]]:
    """For each model, how often each dimension of its code varied least while each latent was fixed."""
    tables = [np.zeros((len(each), generator.latent_dim), np.int64) for each in total]
    groups = max(1, _CHUNK // batch_size)
    for start in range(0, num, groups):
        fixed = rng.integers(generator.latent_dim, size=min(groups, num - start))
        z = rng.standard_normal((len(fixed), batch_size, generator.latent_dim), np.float32)
        every = np.arange(len(fixed))
        z[every, :, fixed] = z[every, :1, fixed]
        coded = _encoded(models, generator, z.reshape(-1, generator.latent_dim))
        for table, codes, variance in zip(tables, coded, total, strict=True):
            active = (variance > 0) & (np.sqrt(variance) >= active_std)
            if active.any():
                local = codes.reshape(*z.shape[:2], -1).var(axis=1, ddof=1, dtype=np.float64)
                ratios = relative_variances(local, variance, active, parse_blocks(None, len(variance)))
                np.add.at(table, (ratios.argmin(axis=1), fixed), 1)
    return tables


def _encoded(
    models: Sequence[GenerativeModel], generator: GenerativeModel, z: Float[ndarray, "n latent_dim"]
) -> list[Float[ndarray, "n _"]]:
    """The codes that each model gives to the images of these latents."""
    parts = []
    for start in range(0, len(z), _CHUNK):
        images = generator.decode(z[start : start + _CHUNK])
        parts.append([encoded(model.encode(images)).codes for model in models])
    found = [np.concatenate(codes) for codes in zip(*parts, strict=True)]
    for index, codes in enumerate(found):
        if codes.ndim != 2 or len(codes) != len(z):
            raise ShapeError(
                f"models[{index}].encode", expected=f"codes ({len(z)}, d) of {len(z)} images", got=codes.shape
            )
        if not np.isfinite(codes).all():
            raise DataError(f"models[{index}].encode", expected="finite codes", got="NaN or infinity")
    return found
