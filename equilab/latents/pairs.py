"""Gaussian posteriors to and from plain means and variances, for codes of other frameworks; batches of posteriors."""

from collections.abc import Callable, Sequence

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


def posterior_of_pair(pair: Sequence[Tensor]) -> Posterior:
    """The same from a pair of means and log variances, both (n, d), as encoders of other frameworks return it."""
    mean, log_var = pair
    return gaussian_posterior(mean, log_var=log_var)


def gaussian_posterior_of(mean: Tensor, *, variance: Tensor | float) -> Posterior:
    """The same from variances.

    mean: (n, d). variance: positive, (n, d), (d,) or a number.

    >>> gaussian_posterior_of(torch.ones(4, 2), variance=1.0).kl().mean(0).tolist()
    [0.5, 0.5]
    """
    log_var = torch.as_tensor(variance, dtype=torch.float64, device=mean.device).log().to(mean.dtype)
    return gaussian_posterior(mean, log_var=log_var.expand_as(mean))


def means_and_log_variances(posterior: Posterior) -> tuple[Tensor, Tensor]:
    """Means and log variances, both (batch, dim), of a posterior of Gaussian blocks; DataError for other blocks."""
    for stretch, part in zip(posterior.latent.stretches, posterior.parts, strict=True):
        if not isinstance(part, GaussianPosterior):
            raise DataError("posterior", expected="Gaussian blocks, whose density is Gaussian", got=str(stretch.block))
    parts = [part for part in posterior.parts if isinstance(part, GaussianPosterior)]
    location, log_var = ([part.tensors()[index].flatten(1) for part in parts] for index in (0, 1))
    return torch.cat(location, 1), torch.cat(log_var, 1)


def map_tensors(function: Callable[..., Tensor], *posteriors: Posterior) -> Posterior:
    """The posterior of one latent whose tensors are function(those of each posterior in the same place).

    >>> one = gaussian_posterior(torch.zeros(2, 3), log_var=torch.zeros(2, 3))
    >>> map_tensors(lambda *batches: torch.cat(batches), one, one).mean.shape
    torch.Size([4, 3])
    """
    parts = (
        type(same[0])(*map(function, *(part.tensors() for part in same)))
        for same in zip(*(posterior.parts for posterior in posteriors), strict=True)
    )
    return Posterior(posteriors[0].latent, tuple(parts))
