"""Objectives: one loss per file, each a frozen dataclass of its settings."""

from equilab.objectives.ada_gvae import AdaGVAE, shared_blocks
from equilab.objectives.annealed_vae import AnnealedVAE
from equilab.objectives.beta_tcvae import BetaTCVAE
from equilab.objectives.beta_vae import BetaVAE
from equilab.objectives.classification import Classification
from equilab.objectives.factor_vae import CriticSettings, FactorVAE, critic_loss, density_ratio_total_correlation
from equilab.objectives.objective import Context, Losses, Objective, Player
from equilab.objectives.terms import EVIDENCE_KEYS, Evidence, bernoulli_reconstruction, evidence, evidence_losses
from equilab.objectives.total_correlation import (
    AggregateDensity,
    aggregate_log_density,
    log_weights,
    total_correlation,
)
from equilab.objectives.vae import VAE

__all__ = [
    "EVIDENCE_KEYS",
    "VAE",
    "AdaGVAE",
    "AggregateDensity",
    "AnnealedVAE",
    "BetaTCVAE",
    "BetaVAE",
    "Classification",
    "Context",
    "CriticSettings",
    "Evidence",
    "FactorVAE",
    "Losses",
    "Objective",
    "Player",
    "aggregate_log_density",
    "bernoulli_reconstruction",
    "critic_loss",
    "density_ratio_total_correlation",
    "evidence",
    "evidence_losses",
    "log_weights",
    "shared_blocks",
    "total_correlation",
]
