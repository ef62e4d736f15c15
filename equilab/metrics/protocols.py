"""Metric protocols: named, versioned sets of metrics with their settings."""

from collections.abc import Iterable, Mapping, Sequence, Set
from difflib import get_close_matches

from equilab.errors import SettingError
from equilab.metrics.downstream.downstream_boosting import DownstreamBoosting
from equilab.metrics.downstream.downstream_logistic import DownstreamLogistic
from equilab.metrics.downstream.fairness import Fairness
from equilab.metrics.downstream.strong_generalisation import StrongGeneralisation
from equilab.metrics.metric import Metric
from equilab.metrics.supervised.beta_vae_score import BetaVAEScore
from equilab.metrics.supervised.dci import DCI
from equilab.metrics.supervised.dci_es import DCIES
from equilab.metrics.supervised.dci_forest import DCIForest
from equilab.metrics.supervised.dci_lasso import DCILasso
from equilab.metrics.supervised.dcimig import DCIMIG
from equilab.metrics.supervised.explicitness import Explicitness
from equilab.metrics.supervised.factor_vae_score import FactorVAEScore
from equilab.metrics.supervised.factor_vae_score_kim2018 import FactorVAEScoreKim2018
from equilab.metrics.supervised.infomec import InfoMEC
from equilab.metrics.supervised.irs import IRS
from equilab.metrics.supervised.jemmig import JEMMIG
from equilab.metrics.supervised.kde_mig import KDEMIG
from equilab.metrics.supervised.mcc import MCC, MCCSpearman
from equilab.metrics.supervised.med import MED
from equilab.metrics.supervised.mig import MIG
from equilab.metrics.supervised.mig_sup import MIGSup
from equilab.metrics.supervised.modularity import Modularity
from equilab.metrics.supervised.sap import SAP
from equilab.metrics.supervised.sap_r2 import SAPRSquared
from equilab.metrics.unsupervised.active_units import ActiveUnits
from equilab.metrics.unsupervised.gaussian_total_correlation import GaussianTotalCorrelation
from equilab.metrics.unsupervised.gaussian_wasserstein import GaussianWasserstein
from equilab.metrics.unsupervised.mean_pairwise_mi import MeanPairwiseMI

PROTOCOLS: dict[str, tuple[Metric, ...]] = {
    "locatello2019": (
        FactorVAEScore(),
        BetaVAEScore(),
        MIG(),
        DCI(),
        SAP(),
        Modularity(),
        Explicitness(),
        IRS(),
        GaussianTotalCorrelation(),
        GaussianWasserstein(),
        MeanPairwiseMI(),
    ),
    "locatello2019_downstream": (DownstreamBoosting(), DownstreamLogistic()),
    "locatello2019b": (Fairness(),),
    "chen2018": (KDEMIG(),),
    "kim2018": (FactorVAEScoreKim2018(),),
    "eastwood2018": (DCILasso(), DCIForest()),
    "kumar2018": (SAPRSquared(),),
    "hyvarinen2016": (MCC(), MCCSpearman()),
    "burda2016": (ActiveUnits(),),
    "sepliarskaia2019": (DCIMIG(),),
    "do2020": (JEMMIG(),),
    "li2020": (MIGSup(),),
    "cao2022": (MED(),),
    "schott2022": (StrongGeneralisation(),),
    "eastwood2023": (DCIES(),),
    "infomec2023": (InfoMEC(),),
    "equilab1": (DCI(), InfoMEC(), MIG(), MIGSup(), MCC(), FactorVAEScore(), GaussianTotalCorrelation(), ActiveUnits()),
}
"""The metrics of each protocol, by its id: a paper, the year, and here and there what of it."""


def find_protocol(name: str) -> tuple[Metric, ...]:
    """The metrics of a protocol; SettingError lists the protocols there are and suggests the nearest.

    >>> [metric.name for metric in find_protocol("locatello2019")][:3]
    ['factor_vae_score', 'beta_vae_score', 'mig']
    """
    if not isinstance(name, str) or name not in PROTOCOLS:
        expected = f"one of {', '.join(PROTOCOLS)}"
        raise SettingError("protocol", expected=expected, got=repr(name), hint=_hint(name, list(PROTOCOLS)))
    return PROTOCOLS[name]


def choose_metrics(protocol: str, metrics: Sequence[str | Metric] | None = None) -> tuple[Metric, ...]:
    """The metrics of a protocol, or those that are named or given as objects, in that order.

    A name stands for the protocol's metric of that name, or else for that of the first protocol which has one: each
    metric has the settings of its paper. Raises SettingError for a protocol or a name that does not exist, with the
    nearest, and for one name twice.

    >>> choose_metrics("locatello2019", ["mig", "sap_r2"])
    (MIG(bins=20, num_samples=10000), SAPRSquared(num_samples=10000))
    """
    own = {metric.name: metric for metric in find_protocol(protocol)}
    if metrics is None:
        return tuple(own.values())
    if isinstance(metrics, str | Metric | Mapping | Set) or not isinstance(metrics, Iterable):
        raise SettingError("metrics", expected="a list, such as ['mig']", got=repr(metrics))
    metrics = list(metrics)
    if any(isinstance(metric, type) for metric in metrics):
        hint = f"add (): {metrics}"
        raise SettingError("metrics", expected="names or metrics such as MIG()", got="a class", hint=hint)
    others = {metric.name: metric for each in reversed(PROTOCOLS.values()) for metric in each}
    known = own | {name: metric for name, metric in others.items() if name not in own}
    for metric in metrics:
        if not isinstance(metric, Metric) and not (isinstance(metric, str) and metric in known):
            expected, hint = f"one of {', '.join(known)}", _hint(metric, list(known))
            raise SettingError("metrics", expected=expected, got=repr(metric), hint=hint)
    chosen = tuple(metric if isinstance(metric, Metric) else known[metric] for metric in metrics)
    names = [metric.name for metric in chosen]
    if not names or len(set(names)) < len(names):
        raise SettingError("metrics", expected="at least one, with different names", got=", ".join(names) or "none")
    return chosen


def _hint(name: object, known: list[str]) -> str:
    near = get_close_matches(str(name), known, n=1)
    return f"did you mean {near[0]}?" if near else ""
