"""Disentanglement metrics: exact protocols, on the codes of any encoder."""

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
from equilab.metrics.metric import Metric, Score
from equilab.metrics.mutual_information import entropy, mutual_information
from equilab.metrics.protocols import PROTOCOLS, find_protocol
from equilab.metrics.supervised.beta_vae_score import BetaVAEScore
from equilab.metrics.supervised.factor_vae_score import FactorVAEScore
from equilab.metrics.supervised.mig import MIG, mutual_information_gap

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
