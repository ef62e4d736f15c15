"""Disentanglement metrics: exact protocols, on the codes of any encoder."""

from equilab.metrics.code_table import CodeTable
from equilab.metrics.codes_file import CodesFile, read_codes
from equilab.metrics.downstream.downstream_boosting import DownstreamBoosting
from equilab.metrics.downstream.downstream_logistic import DownstreamLogistic
from equilab.metrics.downstream.fairness import Fairness
from equilab.metrics.downstream.strong_generalisation import StrongGeneralisation
from equilab.metrics.encoding import NUM_DRAWN
from equilab.metrics.evaluate import evaluate, evaluate_codes, score_codes, score_encoder
from equilab.metrics.heat_map import heat_map
from equilab.metrics.intervals import Interval, bootstrap_interval, sampling_interval
from equilab.metrics.metric import Metric, Score
from equilab.metrics.mutual_information import entropy, mutual_information
from equilab.metrics.protocols import PROTOCOLS, choose_metrics, find_protocol
from equilab.metrics.references import REFERENCES, Reference, code_references
from equilab.metrics.score_table import score_table
from equilab.metrics.scores import Scores
from equilab.metrics.supervised.beta_vae_score import BetaVAEScore
from equilab.metrics.supervised.factor_vae_score import FactorVAEScore
from equilab.metrics.supervised.mig import MIG, mutual_information_gap

__all__ = [
    "MIG",
    "NUM_DRAWN",
    "PROTOCOLS",
    "REFERENCES",
    "BetaVAEScore",
    "CodeTable",
    "CodesFile",
    "DownstreamBoosting",
    "DownstreamLogistic",
    "FactorVAEScore",
    "Fairness",
    "Interval",
    "Metric",
    "Reference",
    "Score",
    "Scores",
    "StrongGeneralisation",
    "bootstrap_interval",
    "choose_metrics",
    "code_references",
    "entropy",
    "evaluate",
    "evaluate_codes",
    "find_protocol",
    "heat_map",
    "mutual_information",
    "mutual_information_gap",
    "read_codes",
    "sampling_interval",
    "score_codes",
    "score_encoder",
    "score_table",
]
