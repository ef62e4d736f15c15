"""beta-TCVAE: the closed-form KL, and beta - 1 times the total correlation."""

import pytest
import torch

from equilab.errors import SettingError
from equilab.latents import Circle, Gaussian, Latent
from equilab.objectives import VAE, BetaTCVAE, total_correlation
from tests.equilab.objectives.objective_cases import binary_images, generator, gradients, small_vae
from tests.refused import refused

ESTIMATORS = ("weighted", "stratified", "exact")
LATENTS = {"gaussian": Latent.gaussian(3), "circles": Latent((Circle(), Gaussian(2), Circle()))}
every_latent = pytest.mark.parametrize("latent", LATENTS.values(), ids=LATENTS)


def losses_of(objective, model, images=None, *, num_observations: int = 100):
    images = binary_images() if images is None else images
    return objective(model, images, generator=generator(5), num_observations=num_observations)


def test_the_published_settings_are_the_defaults():
    assert (BetaTCVAE().beta, BetaTCVAE().estimator) == (6.0, "weighted")


@every_latent
@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize("beta", [0.0, 6.0])
def test_the_loss_is_that_of_the_vae_and_beta_less_one_times_the_total_correlation(latent, estimator, beta):
    """Fails for rec + MI + beta TC + dimension-wise KL of the sample, whose KL is not the closed form."""
    model, images = small_vae(latent), binary_images()
    losses = losses_of(BetaTCVAE(beta=beta, estimator=estimator), model)
    posterior = model.encode(images)
    z = posterior.sample(generator(5))
    tc = total_correlation(z, posterior, 100, estimator=estimator)
    vae = VAE()(model, images, generator=generator(5))
    assert losses.terms["total_correlation"].item() == pytest.approx(tc.item(), rel=1e-12)
    assert losses.model.item() == pytest.approx((vae.model + (beta - 1) * tc).item(), rel=1e-12)
    of_sample = (posterior.log_prob(z).sum(1) - latent.log_prior(z).sum(1)).mean()
    assert losses.terms["kl"].item() == pytest.approx(vae.terms["kl"].item(), rel=1e-12)
    assert of_sample.item() != pytest.approx(vae.terms["kl"].item(), rel=0.01)


def test_the_gradient_of_the_total_correlation_is_in_the_loss():
    model = small_vae()
    one, six = (losses_of(BetaTCVAE(beta=beta), model) for beta in (1.0, 6.0))
    posterior = model.encode(binary_images())
    tc = total_correlation(posterior.sample(generator(5)), posterior, 100)
    encoder = model.encoder
    for less, more, own in zip(*(gradients(encoder, loss) for loss in (one.model, six.model, tc)), strict=True):
        assert own.any()
        assert torch.allclose(more - less, 5 * own, rtol=1e-9, atol=1e-9)


def test_training_with_a_large_beta_removes_a_total_correlation():
    """Codes that all copy one pixel; the exact weights of the whole data set."""
    model, images = small_vae(2), binary_images(12)
    with torch.no_grad():
        model.encoder[1].weight[1] = model.encoder[1].weight[0]
        model.encoder[1].bias[2:] = -2.0
        model.encoder[1].weight[2:] = 0.0
    objective = BetaTCVAE(beta=50.0, estimator="exact")
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    before = losses_of(objective, model, images, num_observations=12).terms["total_correlation"].item()
    for _ in range(100):
        optimizer.zero_grad()
        losses_of(objective, model, images, num_observations=12).model.backward()
        optimizer.step()
    after = losses_of(objective, model, images, num_observations=12).terms["total_correlation"].item()
    assert before > 0.4
    assert after < 0.1


def test_a_data_set_of_unknown_size_is_refused():
    with refused(SettingError, "num_observations", expected="the size of the data set", got=0):
        losses_of(BetaTCVAE(), small_vae(), num_observations=0)


@pytest.mark.parametrize("estimator", ["MSS", "", None])
def test_another_estimator_is_refused(estimator):
    with refused(SettingError, "estimator", expected="one of weighted, stratified, exact", got=repr(estimator)):
        BetaTCVAE(estimator=estimator)


@pytest.mark.parametrize("beta", [-1.0, float("nan"), float("inf")])
def test_a_beta_that_makes_no_sense_is_refused(beta):
    with refused(SettingError, "beta", expected="a number >= 0", got=beta):
        BetaTCVAE(beta=beta)
