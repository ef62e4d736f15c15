"""Disentanglement metrics: exact protocols, on the codes of any encoder."""

from equilab.metrics.beta_vae_score import BetaVAEScore
from equilab.metrics.code_table import CodeTable
from equilab.metrics.encoding import NUM_DRAWN
from equilab.metrics.evaluate import (
    evaluate,
    evaluate_codes,
    flat_scores,
    reference_scores,
    score_codes,
    score_table,
)
from equilab.metrics.factor_vae_score import FactorVAEScore
from equilab.metrics.metric import Metric, Score
from equilab.metrics.mig import MIG, mutual_information_gap
from equilab.metrics.mutual_information import entropy, mutual_information
from equilab.metrics.protocols import PROTOCOLS, find_protocol

__all__ = [
    "MIG",
    "NUM_DRAWN",
    "PROTOCOLS",
    "BetaVAEScore",
    "CodeTable",
    "FactorVAEScore",
    "Metric",
    "Score",
    "entropy",
    "evaluate",
    "evaluate_codes",
    "find_protocol",
    "flat_scores",
    "mutual_information",
    "mutual_information_gap",
    "reference_scores",
    "score_codes",
    "score_table",
]
