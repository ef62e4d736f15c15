"""Gaussian posteriors to and from plain means and variances, for codes of other frameworks."""

import torch
from torch import Tensor

from equilab.errors import DataError, ShapeError
from equilab.latents.gaussian import GaussianPosterior
from equilab.latents.latent import Latent, Posterior


def gaussian_posterior(mean: Tensor, *, log_var: Tensor) -> Posterior:
    """The posterior of independent Gaussian blocks of one dimension each.

    mean: (n, d). log_var: log variances (n, d). Raises ShapeError where the two differ.

    >>> gaussian_posterior(torch.ones(4, 2), log_var=torch.zeros(4, 2)).kl().mean(0).tolist()
    [0.5, 0.5]
    """
    if mean.ndim != 2 or mean.shape != log_var.shape:
        raise ShapeError("log_var", expected=f"the shape of the means, {tuple(mean.shape)}", got=tuple(log_var.shape))
    return Latent.gaussian(mean.shape[1]).posterior(torch.cat([mean, log_var], 1))


def means_and_log_variances(posterior: Posterior) -> tuple[Tensor, Tensor]:
    """Means and log variances, both (batch, dim), of a posterior of Gaussian blocks; DataError for other blocks."""
    for stretch, part in zip(posterior.latent.stretches, posterior.parts, strict=True):
        if not isinstance(part, GaussianPosterior):
            raise DataError("posterior", expected="Gaussian blocks, whose density is Gaussian", got=str(stretch.block))
    parts = [part for part in posterior.parts if isinstance(part, GaussianPosterior)]
    location, log_var = ([part.tensors()[index].flatten(1) for part in parts] for index in (0, 1))
    return torch.cat(location, 1), torch.cat(log_var, 1)
