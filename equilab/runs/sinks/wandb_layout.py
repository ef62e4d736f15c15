"""What a W&B page shows of a run's keys: headline scores first, references beside them, parts of scores not at all."""

from collections.abc import Mapping
from typing import Any

from equilab.runs.evaluations.disentanglement import REFERENCES
from equilab.runs.keys import Keys
from equilab.runs.record import Record
from equilab.runs.settings import leaves, method_of

VERSIONS = ("equilab", "python", "torch", "numpy", "scikit-learn")


class Layout:
    """The places of a run's keys.

    headline: the scores of a run, by key the name without its section, which W&B shows first and can sort runs by.
    references: the keys of floors and ceilings, which belong into the summary. declared: keys of the run.

    >>> from equilab.keys import Key
    >>> layout = Layout(Keys([Key("metric/mig", "0 to 1", "", "up"), Key("metric/mig_ceiling", "0 to 1", "")]))
    >>> layout.headline, layout.references
    ({'metric/mig': 'mig'}, frozenset({'metric/mig_ceiling'}))
    """

    def __init__(self, declared: Keys):
        self._declared = declared
        single = [key for key in declared.declared if "{}" not in key.name and key.name.startswith("metric/")]
        ends = tuple(f"_{name}" for name in REFERENCES)
        self.references = frozenset(key.name for key in single if key.name.endswith(ends))
        self.headline = {key.name: key.name.partition("/")[2] for key in single if key.better}

    def is_part(self, name: str) -> bool:
        """Whether a logged name is a part of a score, such as that of one factor; `metric/scores` shows all of them."""
        return name.startswith("metric/") and "{}" in self._declared.lookup(name).name

    def curves(self, values: Mapping[str, float]) -> dict[str, float]:
        """The values of a row that are drawn as curves, headline scores first."""
        first = {self.headline[key]: value for key, value in values.items() if key in self.headline}
        return first | {key: value for key, value in values.items() if key not in self.references}

    def summary(self, values: Mapping[str, float]) -> dict[str, float]:
        """The last values of a run: headline scores, then floors and ceilings, then everything else."""
        curves = self.curves(values)
        first = {name: curves[name] for name in self.headline.values() if name in curves}
        return first | {key: values[key] for key in values if key in self.references} | curves


def short_config(record: Record, *, commit: bool) -> dict[str, Any]:
    """The settings that decide a result, flat, by the names of their options, and where they were trained.

    A class is its own name; a setting of None is left out. record: of the run. commit: whether the commit is named.
    """
    run, where = record.run, record.environment
    settings = {name: value for name, value in leaves(run.deciding()).items() if value is not None}
    method = {"method": method_of(run), "data": settings.pop("data"), "model": settings.pop("model")}
    del settings["objective"]  # the method
    gpu = where.get("gpu") if run.compute.device != "cpu" else None
    found: dict[str, Any] = method | settings | {"key": record.key, "device": gpu or where.get("processor")}
    found["versions"] = {name: where[name] for name in VERSIONS if name in where}
    if commit and where.get("commit"):
        found["commit"] = where["commit"]
    return found
