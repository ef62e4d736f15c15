"""A study: a set of different runs, and which of their settings are mere repetitions."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from equilab.errors import SettingError
from equilab.runs.keys import keys_of
from equilab.runs.run import Run
from equilab.runs.settings import leaves


@dataclass(frozen=True)
class Chart:
    """A score over a number among the settings: a curve for each value of another setting, both axes logarithmic."""

    score: str  # key of the vertical axis, such as "metric/test_error", that some run logs
    x: str  # setting of the horizontal axis, a positive number in every run, such as "data.num_train"
    curves: str  # setting that tells the curves apart, such as "model"


@dataclass(frozen=True)
class Study:
    """Runs, each trained once into a folder that its key names.

    runs: a list of runs. repeated: the settings in which repetitions of one thing differ, over which `collect`
    takes means. chart: what `collect` draws; None: nothing.
    Raises SettingError for no runs, for two runs with one key, which would be one training (evaluations, compute and
    log do not make another run), for settings that no run has, and for a chart that cannot be drawn.

    >>> from equilab.data import MiniSprites
    >>> from equilab.models import ConvVAE
    >>> from equilab.objectives import VAE, BetaVAE
    >>> study = Study([Run(MiniSprites(), ConvVAE(), objective) for objective in (VAE(), BetaVAE(4.0))])
    >>> study.differing()
    [{'objective': 'VAE'}, {'objective': 'BetaVAE'}]
    """

    runs: Sequence[Run]
    repeated: tuple[str, ...] = ("seed",)
    chart: Chart | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "runs", _listed(self.runs, "runs", Run, "one run or more"))
        object.__setattr__(self, "repeated", _listed(self.repeated, "repeated", str, 'names, such as ("seed",)'))
        if not self.runs:
            raise SettingError("runs", expected="a list of one run or more", got="none")
        if not (self.chart is None or isinstance(self.chart, Chart)):
            raise SettingError("chart", expected="a Chart", got=repr(self.chart))
        first = dict[str, int]()
        for index, run in enumerate(self.runs):
            if (earlier := first.setdefault(run.key(), index)) != index:
                raise SettingError(
                    "runs",
                    expected="different runs",
                    got=f"runs[{earlier}] and runs[{index}] with one key, {run.key()}",
                    hint="leave one out; evaluations, compute and log do not make another run",
                )
        known = sorted({path for run in self.runs for path in leaves(run.deciding())})
        of_chart = (self.chart.x, self.chart.curves) if self.chart else ()
        for argument, paths in (("repeated", self.repeated), ("chart", of_chart)):
            for path in paths:
                _refuse_unknown(argument, path, known, "a setting of the runs that decides their result")
        if self.chart is not None:
            _check_chart(self.chart, self.runs)

    def differing(self) -> list[dict[str, Any]]:
        """For each run its values of the settings in which runs differ, a class by its name; None where it lacks one.

        A setting that only some classes have is among them if it differs between runs that have it. Repeated settings
        are last.
        """
        trees = [leaves(run.deciding()) for run in self.runs]
        paths = list(dict.fromkeys(path for tree in trees for path in tree))
        values = {path: [tree[path] for tree in trees if path in tree] for path in paths}
        kept = [path for path in paths if any(value != values[path][0] for value in values[path])]
        kept.sort(key=lambda path: path in self.repeated)
        return [{path: tree.get(path) for path in kept} for tree in trees]

    def values(self, run: Run) -> dict[str, Any]:
        """The values of a run's repeated settings, and of those of the chart; None where it lacks one."""
        tree = leaves(run.deciding())
        paths = [*self.repeated, *((self.chart.x, self.chart.curves) if self.chart else ())]
        return {path: tree.get(path) for path in paths}


def _listed(values: Sequence[Any], argument: str, kind: type, words: str) -> tuple[Any, ...]:
    """The values as a tuple; SettingError for one in place of a list, and for those of another kind."""
    is_list = isinstance(values, Iterable) and not isinstance(values, str)
    listed = tuple(values) if is_list else ()
    if wrong := [each for each in listed if not isinstance(each, kind)] if is_list else [values]:
        raise SettingError(argument, expected=f"a list of {words}", got=repr(wrong[0])[:80])
    return listed


def _refuse_unknown(argument: str, name: str, known: Sequence[str], expected: str) -> None:
    """SettingError, with the nearest one, for a name that is not known."""
    if name not in known:
        near = get_close_matches(str(name), known, n=1)
        hint = f"did you mean {near[0]}?" if near else ""
        raise SettingError(argument, expected=expected, got=repr(name), hint=hint)


def _check_chart(chart: Chart, runs: Sequence[Run]) -> None:
    """SettingError for a score that no run declares, and for an x that some run lacks or that is no positive number."""
    declared = [key for run in runs for key in keys_of(run).declared]
    if not isinstance(chart.score, str) or not any(key.matches(chart.score) for key in declared):
        names = sorted({key.name for key in declared if "{}" not in key.name})
        _refuse_unknown("chart", chart.score, names, "a key that some run logs")
    for run in runs:
        x = leaves(run.deciding()).get(chart.x)
        if isinstance(x, bool) or not isinstance(x, int | float) or not 0 < x < math.inf:
            expected, got = f"a positive number as {chart.x} of every run", f"{x!r} in runs[{runs.index(run)}]"
            raise SettingError("chart", expected=expected, got=got)
