"""Runs as products: every combination of settings, by their dotted names."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from difflib import get_close_matches
from itertools import product
from typing import Any, TypeVar

from equilab.errors import SettingError
from equilab.runs.run import Run

Settings = TypeVar("Settings")


def changed(settings: Settings, values: Mapping[str, Any]) -> Settings:
    """The settings with other values, which are set in the order given.

    settings: a run, or any other dataclass of settings. values: new values by dotted name, such as "objective.beta".
    Raises SettingError for a name that does not exist, and what the settings refuse.

    >>> from equilab.objectives import BetaVAE
    >>> changed(BetaVAE(), {"beta": 16.0}).beta
    16.0
    """
    for name, value in values.items():
        settings = _changed(settings, name, value, name)
    return settings


def _changed(settings: Any, name: str, value: Any, path: str) -> Any:
    """The settings with one value changed. name: what is left of the dotted path, which errors name in full."""
    known = _names(settings)
    first, _, rest = name.partition(".")
    if first not in known:
        near = get_close_matches(first, known, n=1)
        raise SettingError(
            path,
            expected=f"a setting of {type(settings).__name__}: {', '.join(known) or 'it has none'}",
            got=repr(first),
            hint=f"did you mean {near[0]}?" if near else "",
        )
    inner = _changed(getattr(settings, first), rest, value, path) if rest else value
    return replace(settings, **{first: inner})


def _names(settings: Any) -> list[str]:
    """The names of the settings of a dataclass; none for anything else."""
    return [field.name for field in fields(settings) if field.init] if is_dataclass(settings) else []


def crossed(run: Run, settings: Mapping[str, Sequence[Any]], *, seeds: Sequence[int] = (0,)) -> list[Run]:
    """Every combination of the settings with every seed: all runs of the first seed before any of the second.

    run: what all of them share. settings: values by dotted name, such as {"objective.gamma": (10.0, 35.0)}; a later
    name may be a setting of an earlier one's value. seeds: of weights, batches, noise and metrics.
    Raises SettingError for a name that does not exist, a name without values, and what the settings refuse.

    >>> from equilab.data import MiniSprites
    >>> from equilab.models import ConvVAE
    >>> from equilab.objectives import VAE, BetaVAE
    >>> base = Run(MiniSprites(), ConvVAE(), VAE())
    >>> runs = crossed(base, {"objective": (VAE(), BetaVAE()), "model.latent_dim": (4, 6)}, seeds=range(3))
    >>> len(runs), runs[1].model.latent_dim, runs[-1].seed
    (12, 6, 2)
    """
    for name, values in {**settings, "seeds": seeds}.items():
        if isinstance(values, str) or not isinstance(values, Sequence) or not len(values):
            raise SettingError(name, expected="a list of one value or more", got=repr(values))
    return [
        changed(run, {**dict(zip(settings, values, strict=True)), "seed": seed})
        for seed in seeds
        for values in product(*settings.values())
    ]
