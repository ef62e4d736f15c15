"""The parts that VAE objectives are made of: elementwise over the batch, in nats, summed over pixels and latents."""

import torch
from torch import Tensor
from torch.nn import functional

from equilab.models import Posterior


def bernoulli_reconstruction(logits: Tensor, images: Tensor) -> Tensor:
    """-log p(x|z) of a Bernoulli decoder, (batch,), nats, summed over channels and pixels.

    logits, images: (batch, C, H, W), images in [0, 1].

    >>> bernoulli_reconstruction(torch.zeros(1, 1, 2, 2), torch.ones(1, 1, 2, 2)).item() / 4  # log 2
    0.6931471824645996
    """
    return functional.binary_cross_entropy_with_logits(logits, images, reduction="none").flatten(1).sum(1)


def gaussian_kl(posterior: Posterior) -> Tensor:
    """KL(q(z_j|x) || N(0, 1)) per latent, (batch, latent_dim), nats (Kingma & Welling 2014, appendix B).

    >>> gaussian_kl(Posterior(torch.tensor([[0.0, 2.0]]), torch.zeros(1, 2))).tolist()
    [[0.0, 2.0]]
    """
    mean, log_var = posterior
    return 0.5 * (mean.square() + log_var.exp() - 1 - log_var)


def permute_latents(z: Tensor, *, generator: torch.Generator) -> Tensor:
    """z with each latent permuted over the batch by a permutation of its own (Kim & Mnih 2018, algorithm 1).

    z: (batch, latent_dim). Column j of the result holds the values of column j of z: the marginals stay,
    the dependence between latents goes.

    >>> z = torch.arange(6.0).reshape(3, 2)
    >>> permuted = permute_latents(z, generator=torch.Generator().manual_seed(0))
    >>> torch.equal(permuted.sort(0).values, z)
    True
    """
    order = torch.rand(z.shape, generator=generator, device=z.device).argsort(0)  # (batch, latent_dim)
    return z.gather(0, order)
