"""A study: a set of different runs, and which of their settings are mere repetitions."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from equilab.errors import SettingError
from equilab.runs.run import Run
from equilab.runs.settings import leaves


@dataclass(frozen=True)
class Chart:
    """A score over a number among the settings: a curve for each value of another setting, both axes logarithmic."""

    score: str  # key of the vertical axis, such as "metric/test_error"
    x: str  # setting of the horizontal axis, a positive number, such as "data.num_train"
    curves: str  # setting that tells the curves apart, such as "model"


@dataclass(frozen=True)
class Study:
    """Runs, each trained once into a folder that its key names.

    runs: a list of runs. repeated: the settings in which repetitions of one thing differ, over which `collect`
    takes means. chart: what `collect` draws; None: nothing.
    Raises SettingError for no runs, and for two runs with one key, which would be one training: evaluations, compute
    and log do not make another run.

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
        runs = tuple(self.runs)
        object.__setattr__(self, "runs", runs)
        if not runs or not all(isinstance(run, Run) for run in runs):
            raise SettingError("runs", expected="one run or more", got=f"{len(runs)} objects, not all of them runs")
        first = dict[str, int]()
        for index, run in enumerate(runs):
            if (earlier := first.setdefault(run.key(), index)) != index:
                raise SettingError(
                    "runs",
                    expected="different runs",
                    got=f"runs[{earlier}] and runs[{index}] with one key, {run.key()}",
                    hint="leave one out; evaluations, compute and log do not make another run",
                )
        known = sorted({path for run in runs for path in leaves(run.deciding())})
        named = [*self.repeated, *((self.chart.x, self.chart.curves) if self.chart else ())]
        for path in named:
            if path not in known:
                near = get_close_matches(path, known, n=1)
                raise SettingError(
                    "repeated" if path in self.repeated else "chart",
                    expected="a setting of the runs that decides their result",
                    got=repr(path),
                    hint=f"did you mean {near[0]}?" if near else "",
                )

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
