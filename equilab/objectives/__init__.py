"""Objectives: one loss per file, each a frozen dataclass of its settings."""

from equilab.objectives.base import CriticSettings, Losses, Objective
from equilab.objectives.beta_vae import BetaVAE
from equilab.objectives.classification import Classification
from equilab.objectives.factor_vae import FactorVAE, critic_loss, total_correlation
from equilab.objectives.terms import bernoulli_reconstruction, gaussian_kl, permute_latents
from equilab.objectives.vae import VAE

__all__ = [
    "VAE",
    "BetaVAE",
    "Classification",
    "CriticSettings",
    "FactorVAE",
    "Losses",
    "Objective",
    "bernoulli_reconstruction",
    "critic_loss",
    "gaussian_kl",
    "permute_latents",
    "total_correlation",
]
