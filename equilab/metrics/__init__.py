"""Disentanglement metrics: exact protocols, on the codes of any encoder."""

from equilab.metrics.boosting.gradient_boosting import GradientBoosting
from equilab.metrics.calibration import calibrate
from equilab.metrics.code_table import CodeTable
from equilab.metrics.codes_file import CodesFile, read_codes
from equilab.metrics.downstream.downstream_boosting import DownstreamBoosting
from equilab.metrics.downstream.downstream_logistic import DownstreamLogistic
from equilab.metrics.downstream.fairness import Fairness
from equilab.metrics.downstream.strong_generalisation import StrongGeneralisation
from equilab.metrics.encoding import NUM_DRAWN, REFERENCES, ScoreSettings
from equilab.metrics.evaluate import check_scoring, evaluate, score_codes
from equilab.metrics.heat_map import heat_map
from equilab.metrics.information import entropy, mutual_information, mutual_information_matrix
from equilab.metrics.intervals import Interval, bootstrap_interval, sampling_interval
from equilab.metrics.metric import Metric, Score, check_enough, with_sample_budget
from equilab.metrics.model_sets.model_centrality import GenerativeModel, cross_scores, model_centrality
from equilab.metrics.model_sets.rank_correlation import rank_correlations
from equilab.metrics.model_sets.selection import Selection, select
from equilab.metrics.model_sets.study import Study
from equilab.metrics.model_sets.udr import UDR, udr
from equilab.metrics.model_sets.variance_shares import VarianceShares, variance_shares
from equilab.metrics.protocols import PROTOCOLS, choose_metrics, find_protocol
from equilab.metrics.scores import Scores
from equilab.metrics.supervised.beta_vae_score import BetaVAEScore
from equilab.metrics.supervised.dci import DCI
from equilab.metrics.supervised.dci_es import DCIES
from equilab.metrics.supervised.dci_forest import DCIForest
from equilab.metrics.supervised.dci_lasso import DCILasso
from equilab.metrics.supervised.dcimig import DCIMIG
from equilab.metrics.supervised.explicitness import Explicitness
from equilab.metrics.supervised.factor_vae_score import FactorVAEScore
from equilab.metrics.supervised.factor_vae_score_kim2018 import FactorVAEScoreKim2018
from equilab.metrics.supervised.importance import completeness, disentanglement
from equilab.metrics.supervised.infomec import InfoMEC
from equilab.metrics.supervised.irs import IRS
from equilab.metrics.supervised.jemmig import JEMMIG
from equilab.metrics.supervised.kde_mig import KDEMIG
from equilab.metrics.supervised.mcc import MCC, MCCSpearman
from equilab.metrics.supervised.med import MED
from equilab.metrics.supervised.mig import MIG, mutual_information_gap
from equilab.metrics.supervised.mig_sup import MIGSup
from equilab.metrics.supervised.modularity import Modularity
from equilab.metrics.supervised.nearest_neighbours import mutual_information_ross
from equilab.metrics.supervised.sap import SAP
from equilab.metrics.supervised.sap_r2 import SAPRSquared
from equilab.metrics.symmetry.group_report import GroupReport, group_report
from equilab.metrics.symmetry.lsbd import LSBDistances, lsbd_distances
from equilab.metrics.symmetry.lsbd_report import LSBDReport, lsbd_report, lsbd_report_codes
from equilab.metrics.symmetry.orbit import codes_of_orbit
from equilab.metrics.symmetry.probe import SymmetryProbe, probe_codes, symmetry_probe
from equilab.metrics.unsupervised.active_units import ActiveUnits
from equilab.metrics.unsupervised.gaussian_total_correlation import GaussianTotalCorrelation, gaussian_total_correlation
from equilab.metrics.unsupervised.gaussian_wasserstein import GaussianWasserstein, gaussian_wasserstein
from equilab.metrics.unsupervised.mean_pairwise_mi import MeanPairwiseMI

__all__ = [
    "DCI",
    "DCIES",
    "DCIMIG",
    "IRS",
    "JEMMIG",
    "KDEMIG",
    "MCC",
    "MED",
    "MIG",
    "NUM_DRAWN",
    "PROTOCOLS",
    "REFERENCES",
    "SAP",
    "UDR",
    "ActiveUnits",
    "BetaVAEScore",
    "CodeTable",
    "CodesFile",
    "DCIForest",
    "DCILasso",
    "DownstreamBoosting",
    "DownstreamLogistic",
    "Explicitness",
    "FactorVAEScore",
    "FactorVAEScoreKim2018",
    "Fairness",
    "GaussianTotalCorrelation",
    "GaussianWasserstein",
    "GenerativeModel",
    "GradientBoosting",
    "GroupReport",
    "InfoMEC",
    "Interval",
    "LSBDReport",
    "LSBDistances",
    "MCCSpearman",
    "MIGSup",
    "MeanPairwiseMI",
    "Metric",
    "Modularity",
    "SAPRSquared",
    "Score",
    "ScoreSettings",
    "Scores",
    "Selection",
    "StrongGeneralisation",
    "Study",
    "SymmetryProbe",
    "VarianceShares",
    "bootstrap_interval",
    "calibrate",
    "check_enough",
    "check_scoring",
    "choose_metrics",
    "codes_of_orbit",
    "completeness",
    "cross_scores",
    "disentanglement",
    "entropy",
    "evaluate",
    "find_protocol",
    "gaussian_total_correlation",
    "gaussian_wasserstein",
    "group_report",
    "heat_map",
    "lsbd_distances",
    "lsbd_report",
    "lsbd_report_codes",
    "model_centrality",
    "mutual_information",
    "mutual_information_gap",
    "mutual_information_matrix",
    "mutual_information_ross",
    "probe_codes",
    "rank_correlations",
    "read_codes",
    "sampling_interval",
    "score_codes",
    "select",
    "symmetry_probe",
    "udr",
    "variance_shares",
    "with_sample_budget",
]
