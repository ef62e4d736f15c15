"""log q(z) and its total correlation from one batch (Chen et al. 2018): weighted, stratified and exact weights."""

import math
from typing import Literal, NamedTuple, TypeAlias

import torch
from torch import Tensor

from equilab.errors import SettingError
from equilab.latents import Posterior

Estimator: TypeAlias = Literal["weighted", "stratified", "exact"]


class AggregateDensity(NamedTuple):
    """Estimates of the aggregate posterior's log density at each code of a batch, nats.

    joint: log q(z), (batch,). by_block: log q(z_b) of each block b, (batch, blocks).
    """

    joint: Tensor
    by_block: Tensor


def log_weights(batch_size: int, num_observations: int, estimator: Estimator, *, like: Tensor) -> Tensor:
    """log of the weights w, (batch, batch): q(z_i) is estimated by sum_j w_ij q(z_i | x_j).

    With B the batch size, M = B - 1 and N the observations of the data set:
    "weighted" (Chen et al. 2018, eq. S5): 1 / (B N) everywhere, which estimates log q(z) up to a large constant;
    "stratified" (Chen et al. 2018, appendix C.2): 1 / N on the diagonal, (N - M) / (N M) on one other entry of each
    row, 1 / M on the others;
    "exact": 1 / N on the diagonal, (N - 1) / (N M) elsewhere; exact when the batch is the data set.
    Rows of the last two sum to 1, and they are unbiased for q(z) over batches drawn without replacement.

    batch_size: codes of the batch. num_observations: of the data set. like: tensor whose dtype and device are taken.
    Raises SettingError for a batch of one with stratified or exact weights, and for less than `batch_size`
    observations, or an unknown number of them.

    >>> log_weights(3, 10, "exact", like=torch.zeros(1)).exp().sum(1)
    tensor([1., 1., 1.])
    """
    if num_observations < batch_size:
        raise SettingError(
            "num_observations", expected=f"the size of the data set, at least {batch_size}", got=num_observations
        )
    size, others = num_observations, batch_size - 1
    if estimator == "weighted":
        return like.new_full((batch_size, batch_size), -math.log(batch_size * size))
    if estimator not in ("stratified", "exact"):
        raise SettingError("estimator", expected="weighted, stratified or exact", got=repr(estimator))
    if others < 1:
        raise SettingError("batch", expected=f"at least 2 images for {estimator} weights", got=batch_size)
    elsewhere = 1 / others if estimator == "stratified" else (size - 1) / (size * others)
    weights = torch.full((batch_size, batch_size), elsewhere, dtype=torch.float64)
    rows = torch.arange(batch_size)
    if estimator == "stratified":
        weights[rows, (rows + 1) % batch_size] = (size - others) / (size * others)
    weights[rows, rows] = 1 / size
    return weights.log().to(like)


def aggregate_log_density(
    z: Tensor, posterior: Posterior, num_observations: int, *, estimator: Estimator = "weighted"
) -> AggregateDensity:
    """Estimates of log q(z) and log q(z_b) from the posteriors of the batch, with gradients to z and to all of them.

    z: codes (batch, dim), row i a sample of posterior i. posterior: q(z|x) of the batch. num_observations: of the data
    set. estimator: the weights, see `log_weights`. The weights are added once, after the sum over blocks; sums of
    densities are taken as log-sum-exp. Raises SettingError as `log_weights` does.
    """
    pairs = posterior.pairwise_log_prob(z)  # (code, image, blocks)
    weights = log_weights(len(z), num_observations, estimator, like=pairs)
    joint = torch.logsumexp(weights + pairs.sum(2), 1)
    return AggregateDensity(joint, torch.logsumexp(weights.unsqueeze(2) + pairs, 1))


def total_correlation(
    z: Tensor, posterior: Posterior, num_observations: int, *, estimator: Estimator = "weighted"
) -> Tensor:
    """KL(q(z) || prod_b q(z_b)), a scalar in nats, estimated from one batch (Chen et al. 2018, eq. 2).

    Arguments and errors as of `aggregate_log_density`. The stratified estimate is unbiased for q(z), not for its
    logarithm: while the batch is much smaller than the data set the total correlation comes out too small. The
    weighted one is shifted by about (blocks - 1) log(batch N), which leaves gradients as they are.

    >>> from equilab.latents import Latent
    >>> posterior = Latent.gaussian(1).posterior(torch.zeros(4, 2))
    >>> total_correlation(torch.zeros(4, 1), posterior, 4, estimator="exact").item()  # one block: none
    0.0
    """
    density = aggregate_log_density(z, posterior, num_observations, estimator=estimator)
    return (density.joint - density.by_block.sum(1)).mean()
