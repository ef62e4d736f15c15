"""Posteriors through the entry points: a model's blocks reach every metric."""

import inspect

import numpy as np
import pytest
import torch

from equilab.data import MiniSprites
from equilab.errors import DataError, SettingError, ShapeError
from equilab.latents import Circle, CodeBlock, Gaussian, Latent, block_classes, block_on, means_and_log_variances
from equilab.metrics import KDEMIG, MIG, CodeTable, ScoreSettings, evaluate, score_codes
from tests.refused import refused

METRICS = ["mig", "sap", "factor_vae_score"]
SAMPLED = ScoreSettings(representation="sampled")
FACTORS = np.stack(np.unravel_index(np.arange(360), (3, 12, 10)), axis=1)
ANGLE = 2 * np.pi * FACTORS[:, 1] / 12
CODES = FACTORS + 0.1 * np.random.default_rng(0).standard_normal(FACTORS.shape)
SPREAD = np.random.default_rng(1).normal(-3, 0.5, CODES.shape)
LATENT = Latent((Gaussian(), Circle("orientation"), Gaussian()))


def circle_parameters(width: float = -3.0) -> torch.Tensor:
    """The encoder's numbers of a latent (line, circle, line) that shows the three factors."""
    line, other = FACTORS[:, 0] - 1.0, FACTORS[:, 2] / 5 - 1
    wide = np.full(len(FACTORS), width)
    columns = [line, wide, 3 * np.cos(ANGLE), 3 * np.sin(ANGLE), wide, other, wide]
    return torch.tensor(np.stack(columns, axis=1))


def flat(scores) -> dict[str, float]:
    return scores.flat()


def test_the_entry_points_have_six_keywords_and_the_settings_nine_fields():
    for entry in (evaluate, score_codes):
        kinds = [parameter.kind for parameter in inspect.signature(entry).parameters.values()]
        assert kinds == [inspect.Parameter.POSITIONAL_OR_KEYWORD] * 2 + [inspect.Parameter.KEYWORD_ONLY] * 6
        for name in inspect.signature(entry).parameters:
            assert f"\n    {name}: " in entry.__doc__
    assert len(inspect.signature(ScoreSettings).parameters) <= 9


def test_a_posterior_brings_its_own_blocks():
    posterior = LATENT.posterior(circle_parameters())
    found = score_codes(posterior, FACTORS, metrics=METRICS)
    assert found["mig"].rows == ("z0", "orientation", "z2")
    assert found["mig"].per_factor["factor1"] > 0.9  # two axes that know the same leave no gap
    blocks = [CodeBlock((0,), name="z0"), CodeBlock((1, 2), Circle(), name="orientation"), CodeBlock((3,), name="z2")]
    by_hand = score_codes(posterior.mean, FACTORS, metrics=METRICS, blocks=blocks)
    assert flat(found) == flat(by_hand)
    apart = score_codes(posterior, FACTORS, metrics=METRICS, blocks=[0, 1, 2, 3])
    assert apart["mig"].per_factor["factor1"] < 0.3


def test_one_metric_by_hand_reads_the_blocks_of_the_posterior():
    posterior = LATENT.posterior(circle_parameters())
    table = CodeTable(posterior.mean.numpy(), FACTORS, posterior=posterior)
    assert MIG()(table, rng=np.random.default_rng(0)).rows == ("z0", "orientation", "z2")


def test_an_encoder_of_posteriors_is_scored_like_its_posterior():
    data = MiniSprites(size=16)
    latent = Latent((Circle(), Gaussian(2)))
    weight = torch.randn(256, latent.num_parameters, generator=torch.Generator().manual_seed(0))

    def encode(images):
        return latent.posterior(images.flatten(1) @ weight / 8)

    found = evaluate(encode, data, metrics=["mig", "irs"], settings=ScoreSettings(batch_size=50))
    images = data.table.gather(torch.arange(len(data)))
    factors = data.labels(np.arange(len(data)))
    whole = score_codes(encode(images), factors, metrics=["mig", "irs"], factor_names=data.factors.names)
    assert flat(found) == pytest.approx(flat(whole), abs=1e-4)  # products of other batch sizes round otherwise
    assert found["mig"].rows == ("z0", "z1")


def test_posterior_pair_and_arrays_score_alike():
    means, spread = torch.tensor(CODES), torch.tensor(SPREAD)
    posterior = Latent.gaussian(3).posterior(torch.cat([means, spread], 1))
    every = [posterior, (CODES, SPREAD), [means, spread], (means, SPREAD)]
    for settings in (ScoreSettings(), SAMPLED):
        metrics = [MIG()] if settings is SAMPLED else [MIG(), KDEMIG()]  # sampled codes have no posterior
        first, *others = [flat(score_codes(each, FACTORS, metrics=metrics, settings=settings)) for each in every]
        assert all(other == first for other in others)
    without = flat(score_codes(CODES, FACTORS, metrics=["mig"]))
    assert without == flat(score_codes((CODES, SPREAD), FACTORS, metrics=["mig"]))


def test_an_encoder_may_return_a_pair_or_a_posterior():
    data = MiniSprites(size=16)

    def pair(images):
        codes = images.flatten(1)[:, ::40]
        return codes, torch.full_like(codes, -4.0)

    def posterior(images):
        codes, spread = pair(images)
        return Latent.gaussian(codes.shape[1]).posterior(torch.cat([codes, spread], 1))

    settings = ScoreSettings(representation="sampled", references=("random", "pca", "ceiling"))
    first, second, third = (
        evaluate(each, data, metrics=["mig"], settings=settings).flat()
        for each in (pair, posterior, lambda images: list(pair(images)))
    )
    assert first == second == third


def test_samples_of_a_circle_stay_on_it_and_are_as_wide_as_its_posterior():
    posterior = LATENT.posterior(circle_parameters())
    table = CodeTable(posterior.mean.numpy(), FACTORS, posterior=posterior)
    sampled = table.sampled(np.random.default_rng(0))
    np.testing.assert_allclose(np.hypot(*sampled.codes[:, 1:3].T), 1, atol=1e-12)
    angle = np.arctan2(sampled.codes[:, 2], sampled.codes[:, 1]) - np.tile(ANGLE, sampled.copies)
    turned = np.arctan2(np.sin(angle), np.cos(angle))
    assert turned.std() == pytest.approx(1 / (1 / 3 + np.exp(3.0)), rel=0.02)
    assert sampled.sample_split(10, 10, np.random.default_rng(0)).train.max() < len(sampled.codes)
    wide = score_codes(LATENT.posterior(circle_parameters(0.0)), FACTORS, metrics=["mig"], settings=SAMPLED)
    narrow = score_codes(LATENT.posterior(circle_parameters(-6.0)), FACTORS, metrics=["mig"], settings=SAMPLED)
    assert wide["mig"].per_factor["factor1"] < 0.3 < 0.8 < narrow["mig"].per_factor["factor1"]


def test_every_axis_has_the_kl_of_its_block():
    posterior = LATENT.posterior(circle_parameters())
    table = CodeTable(posterior.mean.numpy(), FACTORS, posterior=posterior)
    of_blocks = posterior.kl().mean(0).tolist()
    np.testing.assert_allclose(table.kl, [of_blocks[index] for index in (0, 1, 1, 2)], rtol=1e-12)


def test_sampled_codes_of_codes_alone_are_refused_with_what_to_give():
    with refused(DataError, "posterior", expected="sampled codes", got="none", hint="pair (means, log variances)"):
        score_codes(CODES, FACTORS, metrics=["mig"], settings=SAMPLED)


def test_a_metric_of_gaussian_densities_refuses_another_posterior_and_is_named():
    posterior = LATENT.posterior(circle_parameters())
    with refused(DataError, "kde_mig: posterior", expected="Gaussian", got="Circle(name='')"):
        score_codes(posterior, FACTORS, metrics=[KDEMIG()])


def test_posteriors_that_do_not_fit_are_refused():
    with refused(ShapeError, "log_var", expected="(360, 3)", got=(360, 2)):
        score_codes((CODES, SPREAD[:, :2]), FACTORS)
    with refused(DataError, "posterior.log_var", expected="finite", got=np.inf):
        score_codes((CODES, np.where(SPREAD[7, 1] == SPREAD, np.inf, SPREAD)), FACTORS)
    posterior = LATENT.posterior(circle_parameters())
    with refused(ShapeError, "posterior", expected="(360, 3)", got=(360, 4)):
        CodeTable(CODES, FACTORS, posterior=posterior)


@pytest.mark.parametrize("name", block_classes())
def test_a_manifold_is_found_by_its_name(name):
    assert block_on(name, 2).dim == 2


def test_a_manifold_of_another_name_or_size_is_refused():
    with refused(SettingError, "manifold", expected="circle, euclidean", got="'sphere'"):
        block_on("sphere", 3)
    with refused(SettingError, "manifold", expected="2 dimensions", got=3):
        block_on("circle", 3)


def test_means_and_log_variances_of_a_pair_come_back():
    posterior = Latent.gaussian(3).posterior(torch.tensor(np.concatenate([CODES, SPREAD], 1)))
    means, spread = means_and_log_variances(posterior)
    np.testing.assert_array_equal(means.numpy(), CODES)
    np.testing.assert_array_equal(spread.numpy(), SPREAD)
