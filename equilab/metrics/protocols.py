"""Metric protocols: named, versioned sets of metrics with their settings."""

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

    >>> [metric.name for metric in find_protocol("locatello2019")]
    ['factor_vae_score', 'beta_vae_score', 'mig']
    """
    if name not in PROTOCOLS:
        near = get_close_matches(name, PROTOCOLS, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise SettingError(f"protocol: {name!r} is none of {', '.join(PROTOCOLS)}{hint}")
    return PROTOCOLS[name]
