"""ModelCentrality: linear models that share their axes agree, a rotated one is an outlier, noise scores chance."""

import numpy as np
import pytest
import torch

from equilab.errors import DataError, SettingError, ShapeError
from equilab.metrics import GenerativeModel, cross_scores, model_centrality
from tests.refused import refused

DIM = 4
FEW = {"num_train": 200, "num_test": 200, "batch_size": 20, "num_variance": 500}
TURN = np.array([[1, 1, 1, 1], [1, -1, 1, -1], [1, 1, -1, -1], [1, -1, -1, 1]]) / 2  # each latent in equal parts


def linear(mixing: np.ndarray) -> GenerativeModel:
    """Images are latents times a mixing; the code is the latents again."""
    return GenerativeModel(lambda z: z @ mixing, lambda images: images @ np.linalg.inv(mixing), DIM)


PERMUTED = [linear(np.eye(DIM)), linear(np.eye(DIM)[[2, 0, 3, 1]]), linear(-3 * np.eye(DIM)[::-1])]


def scores(models: list[GenerativeModel], *, seed: int = 0, **options) -> np.ndarray:
    return cross_scores(models, rng=np.random.default_rng(seed), **FEW | options)


def test_models_of_the_same_axes_disentangle_each_other_and_themselves():
    np.testing.assert_array_equal(scores(PERMUTED), 1.0)


def test_a_rotated_model_agrees_with_itself_alone_and_is_the_least_central():
    found = scores([*PERMUTED, linear(TURN)])
    assert found[3, 3] == 1
    np.testing.assert_allclose([found[3, :3], found[:3, 3]], 1 / DIM, atol=0.12)
    centrality = model_centrality(found)
    assert centrality.argmin() == 3
    assert centrality[:3].min() > centrality[3] + 0.3


def test_a_code_that_knows_nothing_scores_chance():
    """One vote counted in the table and in the accuracy would be right more often than one in four."""
    rng = np.random.default_rng(1)
    blind = GenerativeModel(lambda z: z, lambda images: rng.standard_normal((len(images), 20)), DIM)
    found = scores([PERMUTED[0], blind], num_train=40, num_test=1_000)
    assert found[0, 1] == pytest.approx(1 / DIM, abs=0.05)


def test_a_latent_that_the_generator_ignores_cannot_be_told():
    """One of two latents is seen: its votes are right, the other's go to either."""
    ignoring = GenerativeModel(lambda z: z[:, :1], lambda images: np.hstack([images, images]), 2)
    found = scores([ignoring, ignoring])
    assert 0.4 < found[0, 1] < 0.65


def test_dead_dimensions_never_win_and_a_dead_code_scores_zero():
    padded = GenerativeModel(lambda z: z, lambda images: np.pad(images, [(0, 0), (1, 2)]), DIM)
    dead = GenerativeModel(lambda z: z, lambda images: np.full((len(images), 3), 0.1), DIM)
    found = scores([PERMUTED[0], padded, dead])
    assert found[0, 1] == found[1, 0] == 1
    assert (found[:, 2] == 0).all()
    assert model_centrality(found).argmin() == 2


def test_tensors_and_models_of_other_dimensions_are_read():
    torch_model = GenerativeModel(
        lambda z: torch.from_numpy(z).reshape(-1, 1, 2, 2), lambda x: torch.as_tensor(x).flatten(1), DIM
    )
    wide = GenerativeModel(lambda z: (z @ np.eye(6, 4)).reshape(-1, 1, 2, 2), lambda x: np.asarray(x).reshape(-1, 4), 6)
    found = scores([torch_model, wide])
    assert found[0].tolist() == [1, 1]
    assert found[1].max() < 1  # two of its six latents are in no image


def test_one_seed_gives_one_matrix():
    models = [PERMUTED[0], linear(TURN)]
    np.testing.assert_array_equal(scores(models), scores(models))
    assert (scores(models) != scores(models, seed=1)).any()


def test_centrality_is_the_mean_of_both_directions_over_the_others():
    similarity = np.array([[9.0, 0.8, 0.1], [0.6, np.nan, 0.4], [0.3, 0.2, 9.0]])
    np.testing.assert_allclose(model_centrality(similarity), [(0.7 + 0.2) / 2, (0.7 + 0.3) / 2, (0.2 + 0.3) / 2])
    order = [2, 0, 1]
    np.testing.assert_allclose(model_centrality(similarity[np.ix_(order, order)]), model_centrality(similarity)[order])


def test_mistakes_are_explained():
    with refused(ShapeError, "similarity", expected="(models, models)", got=(2, 3)):
        model_centrality(np.ones((2, 3)))
    with refused(DataError, "similarity", expected="two or more", got=1):
        model_centrality(np.ones((1, 1)))
    with refused(DataError, "similarity", expected="off the diagonal", got=np.nan):
        model_centrality(np.array([[1, np.nan], [1, 1]]))
    with refused(DataError, "models", expected="two or more", got=1):
        scores(PERMUTED[:1])
    with refused(SettingError, "batch_size", expected="at least 2", got=1):
        scores(PERMUTED, batch_size=1)
    flat = GenerativeModel(lambda z: z, lambda images: images[:, 0], DIM)
    with refused(ShapeError, "models[1].encode", expected="(500, d)", got=(500,)):
        scores([PERMUTED[0], flat])
    broken = GenerativeModel(lambda z: z, lambda images: images * np.nan, DIM)
    with refused(DataError, "models[1].encode", expected="finite"):
        scores([PERMUTED[0], broken])
