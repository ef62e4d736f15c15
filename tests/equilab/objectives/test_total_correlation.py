"""log q(z) and its total correlation from one batch: weights, bias by enumeration, and the variants in circulation."""

import math
from collections.abc import Callable
from itertools import permutations

import pytest
import torch
from torch import Tensor

from equilab.errors import SettingError
from equilab.latents import Circle, Gaussian, Latent, Posterior, gaussian_posterior
from equilab.objectives import aggregate_log_density, log_weights, total_correlation
from tests.equilab.objectives.objective_cases import generator, separate
from tests.refused import refused

ESTIMATORS = ("weighted", "stratified", "exact")
every = pytest.mark.parametrize("estimator", ESTIMATORS)
normalised = pytest.mark.parametrize("estimator", ["stratified", "exact"])
LATENTS = {"gaussian": Latent.gaussian(3), "circles": Latent((Circle(), Gaussian(), Gaussian(2), Circle()))}
every_latent = pytest.mark.parametrize("latent", LATENTS.values(), ids=LATENTS)
DOUBLE = torch.zeros(1, dtype=torch.float64)


def posterior_of(latent: Latent, num: int) -> Posterior:
    return latent.posterior(torch.randn(num, latent.num_parameters, dtype=torch.float64, generator=generator()))


def slow_weights(batch: int, num: int, estimator: str) -> list[list[float]]:
    """The weights, one by one."""
    others = batch - 1
    weights = [[1 / (batch * num)] * batch for _ in range(batch)]
    for row in range(batch):
        for column in range(batch):
            if estimator == "exact":
                weights[row][column] = 1 / num if row == column else (num - 1) / (num * others)
            elif estimator == "stratified":
                other = (num - others) / (num * others) if column == (row + 1) % batch else 1 / others
                weights[row][column] = 1 / num if row == column else other
    return weights


@pytest.mark.parametrize(("batch", "num"), [(2, 2), (2, 9), (5, 5), (5, 1000), (64, 737_280)])
@every
def test_weights_are_those_written_out(estimator, batch, num):
    weights = log_weights(batch, num, estimator, like=DOUBLE).exp()
    expected = torch.tensor(slow_weights(batch, num, estimator), dtype=torch.float64)
    assert torch.allclose(weights, expected, rtol=1e-12)


@pytest.mark.parametrize(("batch", "num"), [(2, 2), (3, 10), (64, 737_280)])
@normalised
def test_each_image_counts_once_on_the_diagonal_and_rows_sum_to_1(estimator, batch, num):
    """Fails for 1 / N in column 0, where a stride of the batch size puts it."""
    weights = log_weights(batch, num, estimator, like=DOUBLE).exp()
    assert weights.diagonal().tolist() == pytest.approx([1 / num] * batch, rel=1e-12)
    assert weights.sum(1).tolist() == pytest.approx([1.0] * batch, rel=1e-12)
    if num > batch:
        assert (weights[1:, 0] > 1.5 / num).all()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_weights_are_made_in_float64_and_rounded_once(dtype):
    found = log_weights(64, 737_280, "stratified", like=torch.zeros(1, dtype=dtype))
    assert found.dtype == dtype
    assert torch.equal(found, log_weights(64, 737_280, "stratified", like=DOUBLE).to(dtype))


def slow_density(latent: Latent, parameters: Tensor, z: Tensor, weights: list[list[float]]) -> tuple[Tensor, Tensor]:
    """log q(z) and log q(z_b) by a loop over codes, images and blocks, of densities that do not underflow."""
    joint, by_block = [], []
    for code, row in zip(z, weights, strict=True):
        each = [latent.posterior(own[None]).log_prob(code[None])[0].tolist() for own in parameters]
        joint.append(math.log(sum(w * math.exp(sum(logs)) for w, logs in zip(row, each, strict=True))))
        of_blocks = zip(*each, strict=True)
        by_block.append(
            [math.log(sum(w * math.exp(log) for w, log in zip(row, logs, strict=True))) for logs in of_blocks]
        )
    return torch.tensor(joint, dtype=torch.float64), torch.tensor(by_block, dtype=torch.float64)


@every_latent
@every
def test_densities_are_those_of_a_slow_loop(latent, estimator):
    """Fails for weights added once per latent."""
    posterior = posterior_of(latent, 7)
    z = posterior.sample(generator(1))
    found = aggregate_log_density(z, posterior, 50, estimator=estimator)
    weights = slow_weights(7, 50, estimator)
    joint, by_block = slow_density(latent, posterior.parameters, z, weights)
    assert torch.allclose(found.joint, joint, rtol=1e-12, atol=1e-12)
    assert torch.allclose(found.by_block, by_block, rtol=1e-12, atol=1e-12)
    expected = (joint - by_block.sum(1)).mean().item()
    assert total_correlation(z, posterior, 50, estimator=estimator).item() == pytest.approx(expected, rel=1e-12)


@every_latent
def test_exact_weights_are_exact_when_the_batch_is_the_data_set_and_the_printed_ones_are_not(latent):
    posterior = posterior_of(latent, 6)
    z = posterior.sample(generator(1))
    joint, by_block = slow_density(latent, posterior.parameters, z, [[1 / 6] * 6] * 6)
    exact, printed = (aggregate_log_density(z, posterior, 6, estimator=name) for name in ("exact", "stratified"))
    assert torch.allclose(exact.joint, joint, rtol=1e-12, atol=1e-12)
    assert torch.allclose(exact.by_block, by_block, rtol=1e-12, atol=1e-12)
    assert (printed.joint - joint).abs().max() > 0.05


NUM, BATCH = 5, 3  # observations of a tiny data set, and of each of its 60 batches
TINY = Latent.gaussian(2)


def ours(estimator: str) -> Callable[[Tensor, Posterior], Tensor]:
    """log q(z) and log q(z_b), (batch, 1 + blocks)."""

    def estimate(z: Tensor, posterior: Posterior) -> Tensor:
        density = aggregate_log_density(z, posterior, NUM, estimator=estimator)
        return torch.cat([density.joint[:, None], density.by_block], 1)

    return estimate


def column_0(z: Tensor, posterior: Posterior) -> Tensor:
    """1 / N in column 0: `weights.view(-1)[:: M + 1]` with M + 1 the batch size."""
    others = BATCH - 1
    weights = torch.full((BATCH, BATCH), 1 / others, dtype=torch.float64)
    weights[:, 0] = 1 / NUM
    weights[:, 1] = (NUM - others) / (NUM * others)
    return weighted(z, posterior, weights)


def once_per_latent(z: Tensor, posterior: Posterior) -> Tensor:
    """The right weights, added before the sum over latents."""
    weights = log_weights(BATCH, NUM, "stratified", like=z)
    pairs = posterior.pairwise_log_prob(z)
    joint = torch.logsumexp((weights[:, :, None] + pairs).sum(2), 1)
    return torch.cat([joint[:, None], torch.logsumexp(weights[:, :, None] + pairs, 1)], 1)


def weighted(z: Tensor, posterior: Posterior, weights: Tensor) -> Tensor:
    pairs = posterior.pairwise_log_prob(z)
    both = torch.cat([pairs.sum(2, keepdim=True), pairs], 2)
    return (weights[:, :, None] * both.exp()).sum(1).log()


def bias_over_all_batches(estimate: Callable[[Tensor, Posterior], Tensor]) -> Tensor:
    """Relative bias of q(z) and q(z_b), (row, observation, 1 + blocks), over all ordered batches of the data set.

    Observation n has one code; the mean is over the batches that hold n in that row, as those of a training that draws
    the observations of a batch without replacement.
    """
    parameters = torch.randn(NUM, TINY.num_parameters, dtype=torch.float64, generator=generator(2))
    z = TINY.posterior(parameters).sample(generator(3))
    total = torch.zeros(BATCH, NUM, 3, dtype=torch.float64)
    batches = list(permutations(range(NUM), BATCH))
    for batch in batches:
        own = list(batch)
        total[range(BATCH), own] += estimate(z[own], TINY.posterior(parameters[own])).exp()
    mean = total / (len(batches) / NUM)
    pairs = TINY.posterior(parameters).pairwise_log_prob(z)
    q = torch.cat([pairs.sum(2, keepdim=True), pairs], 2).exp().mean(1)
    return mean / q - 1


@normalised
def test_stratified_and_exact_weights_are_unbiased_for_q_over_all_batches(estimator):
    assert bias_over_all_batches(ours(estimator)).abs().max() < 1e-13


@pytest.mark.parametrize("wrong", [column_0, once_per_latent, ours("weighted")], ids=["column 0", "per latent", "MWS"])
def test_wrong_weights_are_biased_over_all_batches(wrong):
    assert bias_over_all_batches(wrong)[:, :, 0].abs().max() > 0.1


def test_the_weighted_estimate_holds_the_logarithm_of_batch_times_observations():
    posterior = posterior_of(Latent.gaussian(3), 7)
    z = posterior.sample(generator(1))
    pairs, constant = posterior.pairwise_log_prob(z), math.log(7 * 50)
    found = aggregate_log_density(z, posterior, 50, estimator="weighted")
    assert torch.allclose(found.joint, pairs.sum(2).logsumexp(1) - constant, rtol=1e-12)
    assert torch.allclose(found.by_block, pairs.logsumexp(1) - constant, rtol=1e-12)
    without = (pairs.sum(2).logsumexp(1) - pairs.logsumexp(1).sum(1)).mean().item()
    shifted = total_correlation(z, posterior, 50).item()
    assert shifted - without == pytest.approx(2 * constant, rel=1e-12)


def test_the_constant_of_the_weighted_estimate_leaves_gradients_alone():
    def gradient(num_observations: int) -> Tensor:
        posterior, mean, log_var = separate(posterior_of(Latent.gaussian(3), 7))
        tc = total_correlation(posterior.sample(generator(1)), posterior, num_observations, estimator="weighted")
        return torch.cat(torch.autograd.grad(tc, [mean, log_var]))

    assert torch.allclose(gradient(7), gradient(10**6), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@every
def test_separated_posteriors_do_not_underflow(estimator, dtype):
    """Every density but a code's own is below the least float64; the code is 60 deviations from its own mean."""
    mean = 1000 * torch.arange(4, dtype=dtype)[:, None].expand(4, 2)
    posterior = gaussian_posterior(mean, log_var=torch.zeros(4, 2, dtype=dtype))
    found = aggregate_log_density(mean + 60, posterior, 100, estimator=estimator)
    own = -0.5 * (60**2 + math.log(2 * math.pi))
    weight = math.log(slow_weights(4, 100, estimator)[0][0])
    assert found.joint.tolist() == pytest.approx([weight + 2 * own] * 4, rel=1e-6)
    assert found.by_block.flatten().tolist() == pytest.approx([weight + own] * 8, rel=1e-6)
    assert posterior.log_prob(mean + 60).exp().sum() == 0


@every
def test_one_block_has_no_total_correlation(estimator):
    posterior = posterior_of(Latent((Gaussian(3),)), 8)
    assert total_correlation(posterior.sample(generator(1)), posterior, 20, estimator=estimator).item() == 0


@pytest.mark.parametrize("correlation", [0.0, 0.8])
def test_the_total_correlation_of_a_gaussian_is_found_from_the_whole_data_set(correlation):
    """-log(1 - 0.8^2) / 2 = 0.51 nats for z of this correlation and variance 1; the posteriors have variance 0.1."""
    num, noise = 2000, generator(4)
    covariance = torch.tensor([[0.9, correlation], [correlation, 0.9]], dtype=torch.float64)
    mean = torch.randn(num, 2, dtype=torch.float64, generator=noise) @ torch.linalg.cholesky(covariance).T
    posterior = gaussian_posterior(mean, log_var=torch.full_like(mean, math.log(0.1)))
    found = total_correlation(posterior.sample(noise), posterior, num, estimator="exact").item()
    assert found == pytest.approx(-0.5 * math.log(1 - correlation**2), abs=0.05)


DIM, VARIANCE, OBSERVATIONS = 10, 0.1, 737_280


def simulated(batch: int, estimate: Callable[..., tuple[Tensor, Tensor]], *, num: int, correlation: float = 0.0):
    """Mean over batches of the estimates of mutual information and total correlation, nats.

    z is standard normal, in 5 pairs of this correlation; posteriors have variance 0.1: the true MI of uncorrelated
    codes is 11.51 nats.
    """
    noise, found = generator(6), []
    root = torch.linalg.cholesky(torch.tensor([[1 - VARIANCE, correlation], [correlation, 1 - VARIANCE]]))
    for _ in range(num):
        mean = (torch.randn(batch, DIM // 2, 2, generator=noise) @ root.T).flatten(1)
        posterior = gaussian_posterior(mean, log_var=torch.full_like(mean, math.log(VARIANCE)))
        z = posterior.sample(noise)
        joint, marginals = estimate(z, posterior)
        found.append([(posterior.log_prob(z).sum(1) - joint).mean(), (joint - marginals).mean()])
    return torch.tensor(found).mean(0).tolist()


def by(estimator: str):
    def estimate(z: Tensor, posterior: Posterior) -> tuple[Tensor, Tensor]:
        density = aggregate_log_density(z, posterior, OBSERVATIONS, estimator=estimator)
        return density.joint, density.by_block.sum(1)

    return estimate


def by_column_0(z: Tensor, posterior: Posterior, *, per_latent: bool = False) -> tuple[Tensor, Tensor]:
    batch, others = len(z), len(z) - 1
    weights = torch.full((batch, batch), 1 / others)
    weights[:, 0], weights[:, 1] = 1 / OBSERVATIONS, (OBSERVATIONS - others) / (OBSERVATIONS * others)
    weights[-1, 0] = weights[0, 1]
    logs, pairs = weights.log(), posterior.pairwise_log_prob(z)
    each = logs[:, :, None] + pairs
    joint = each.sum(2) if per_latent else logs + pairs.sum(2)
    return joint.logsumexp(1), each.logsumexp(1).sum(1)


@pytest.mark.parametrize(
    ("batch", "estimate", "mi", "tc"),
    [
        (64, by("stratified"), 13.3, -1.3),
        (64, by("exact"), 13.3, -1.3),
        (64, by("weighted"), 17.7, 128.6),
        (512, by("stratified"), 12.9, -1.3),
        (64, by_column_0, 4.3, 6.9),
        (64, lambda *given: by_column_0(*given, per_latent=True), 41.9, -30.7),
    ],
    ids=["stratified", "exact", "weighted", "stratified, 512", "column 0", "column 0 per latent"],
)
def test_the_bias_of_small_batches_is_the_known_one(batch, estimate, mi, tc):
    """10 dimensions, N = 737,280, MI 11.51 and TC 0 nats: of right weights as of the wrong ones in circulation."""
    found = simulated(batch, estimate, num=150 if batch == 64 else 20)
    assert found == pytest.approx([mi, tc], abs=0.12)  # figures to 0.1, and two standard errors of their means


@pytest.mark.parametrize(("batch", "tc"), [(64, -0.3), (512, 0.65)])
def test_a_total_correlation_of_2_55_comes_out_much_too_small(batch, tc):
    found = simulated(batch, by("stratified"), num=150 if batch == 64 else 20, correlation=0.8)
    assert -5 * 0.5 * math.log(1 - 0.8**2) == pytest.approx(2.55, abs=0.01)
    assert found[1] == pytest.approx(tc, abs=0.1)


@every
def test_the_gradient_reaches_codes_and_every_posterior(estimator):
    posterior, mean, log_var = separate(posterior_of(Latent.gaussian(3), 6))
    z = posterior.sample(generator(1)).detach().requires_grad_()
    tc = total_correlation(z, posterior, 50, estimator=estimator)
    for gradient in torch.autograd.grad(tc, [z, mean, log_var]):
        assert (gradient.abs().sum(1) > 1e-6).all()
    first = aggregate_log_density(z, posterior, 50, estimator=estimator).joint[0]
    for gradient in torch.autograd.grad(first, [mean, log_var]):
        assert (gradient.abs().sum(1) > 0).all()  # of the first code, under every posterior


@normalised
def test_a_batch_of_one_has_no_weights(estimator):
    posterior = posterior_of(Latent.gaussian(2), 1)
    with refused(SettingError, "batch", expected=f"at least 2 images for {estimator} weights", got=1):
        total_correlation(posterior.mean, posterior, 10, estimator=estimator)


def test_a_batch_of_one_has_a_weighted_estimate():
    posterior = posterior_of(Latent.gaussian(2), 1)
    assert total_correlation(posterior.mean, posterior, 10).item() == pytest.approx(math.log(10), rel=1e-12)


@pytest.mark.parametrize("num_observations", [0, 5])
@every
def test_an_unknown_number_of_observations_is_refused(estimator, num_observations):
    posterior = posterior_of(Latent.gaussian(2), 6)
    with refused(SettingError, "num_observations", expected="at least 6", got=num_observations):
        total_correlation(posterior.mean, posterior, num_observations, estimator=estimator)


def test_another_estimator_is_refused():
    with refused(SettingError, "estimator", expected="weighted, stratified or exact", got="'mss'"):
        log_weights(4, 10, "mss", like=DOUBLE)  # pyright: ignore[reportArgumentType]
