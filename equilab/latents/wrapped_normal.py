"""The wrapped normal law on the circle: its density, and its KL to the uniform law in closed form."""

import math

import torch
from torch import Tensor

_WRAPS = 3  # windings on either side; at sigma <= 3 the rest is below 1e-12
_NARROW = 0.5  # sigma, radians, up to which the ends of the law do not meet: the KL is then exact to 3e-8
_PRODUCT, _SUM = 80, 14  # factors and terms of the series; at sigma = 0.5 the rest is below 1e-8


def wrapped_normal_log_prob(angle: Tensor, sigma: Tensor) -> Tensor:
    """log sum_k N(angle + 2 pi k; 0, sigma^2), nats per radian; angle in radians, sigma in radians, at most 3.

    Mardia & Jupp 2000, eq. 3.5.54. The shapes broadcast.

    >>> round(wrapped_normal_log_prob(torch.tensor(1.0), torch.tensor(3.0)).exp().item(), 3)  # nearly 1 / (2 pi)
    0.161
    """
    windings = torch.arange(-_WRAPS, _WRAPS + 1, dtype=angle.dtype, device=angle.device) * (2 * math.pi)
    distance = (angle.unsqueeze(-1) + windings) / sigma.unsqueeze(-1)
    return torch.logsumexp(-0.5 * distance.square(), -1) - torch.log(sigma) - 0.5 * math.log(2 * math.pi)


def wrapped_normal_kl(sigma: Tensor) -> Tensor:
    """KL to the uniform law on the circle, nats, elementwise, of sigma in radians.

    With q = exp(-sigma^2): sum_k log(1 - q^k) - 2 sum_n (-1)^n / n q^(n (n + 1) / 2) / (1 - q^n), from the Fourier
    series of log density (Mardia & Jupp 2000, section 3.5.7). Up to 0.5 radians the law does not overlap itself, and
    the KL is log(2 pi) - log(sigma sqrt(2 pi e)).

    >>> wrapped_normal_kl(torch.tensor([0.1, 3.0])).tolist()
    [2.721523..., 0.000123...]
    """
    narrow = 0.5 * math.log(2 * math.pi) - 0.5 - torch.log(sigma)
    q = torch.exp(-sigma.clamp(min=_NARROW).square()).unsqueeze(-1)
    k = torch.arange(1, _PRODUCT + 1, dtype=sigma.dtype, device=sigma.device)
    n = k[:_SUM]
    signs = 1 - 2 * (n % 2)
    terms = signs / n * q ** (n * (n + 1) / 2) / (1 - q**n)
    wide = torch.log1p(-(q**k)).sum(-1) - 2 * terms.sum(-1)
    return torch.where(sigma <= _NARROW, narrow, wide)
