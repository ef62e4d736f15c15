"""Metric protocols: named, versioned sets of metrics with their settings."""

from collections.abc import Sequence
from difflib import get_close_matches

from equilab.errors import SettingError
from equilab.metrics.metric import Metric
from equilab.metrics.supervised.beta_vae_score import BetaVAEScore
from equilab.metrics.supervised.factor_vae_score import FactorVAEScore
from equilab.metrics.supervised.mig import MIG

PROTOCOLS: dict[str, tuple[Metric, ...]] = {
    "locatello2019": (FactorVAEScore(), BetaVAEScore(), MIG()),
}


def find_protocol(name: str) -> tuple[Metric, ...]:
    """The metrics of a protocol; SettingError lists the protocols there are and suggests the nearest.

    >>> [metric.name for metric in find_protocol("locatello2019")][:3]
    ['factor_vae_score', 'beta_vae_score', 'mig']
    """
    if name not in PROTOCOLS:
        raise SettingError(f"protocol: {name!r} is none of {', '.join(PROTOCOLS)}{_hint(name, list(PROTOCOLS))}")
    return PROTOCOLS[name]


def choose_metrics(protocol: str, metrics: Sequence[str | Metric] | None = None) -> tuple[Metric, ...]:
    """The metrics of a protocol, or those of them that are named, and any that are given as objects, in that order.

    Raises SettingError for a protocol or a name that does not exist, with the nearest, and for one name twice.

    >>> [metric.name for metric in choose_metrics("locatello2019", ["mig"])]
    ['mig']
    """
    known = {metric.name: metric for metric in find_protocol(protocol)}
    if metrics is None:
        return tuple(known.values())
    if isinstance(metrics, str | Metric):
        raise SettingError(f"metrics: expected a list, such as ['mig'], got {metrics!r}")
    for metric in metrics:
        if not isinstance(metric, Metric) and metric not in known:
            raise SettingError(
                f"metrics: {metric!r} is none of {', '.join(known)} of protocol {protocol}{_hint(metric, list(known))}"
                f"{_elsewhere(metric)}"
            )
    chosen = tuple(metric if isinstance(metric, Metric) else known[metric] for metric in metrics)
    names = [metric.name for metric in chosen]
    if not names or len(set(names)) < len(names):
        raise SettingError(f"metrics: expected at least one, with different names, got {', '.join(names) or 'none'}")
    return chosen


def _hint(name: object, known: list[str]) -> str:
    near = get_close_matches(str(name), known, n=1)
    return f"; did you mean {near[0]}?" if near else ""


def _elsewhere(name: object) -> str:
    """The protocols that do have a metric of that name."""
    found = [protocol for protocol, metrics in PROTOCOLS.items() if name in [metric.name for metric in metrics]]
    return f"; protocol {' and '.join(found)} has it" if found else ""
