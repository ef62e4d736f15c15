"""A progress bar on a terminal (steps per second, time left, the main losses), nothing elsewhere; the time."""

import sys
from collections.abc import Callable
from time import perf_counter
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

from equilab.runs.stop import StopRequest

SHOWN = ("train/loss", "train/reconstruction", "train/kl", "train/total_correlation", "train/accuracy")


class Progress:
    """The bar of one training, and a second one while an evaluation encodes images. Writes to stderr."""

    def __init__(self, steps: int, start: int):
        self._bars = Bars(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[terms]}"),
            console=Console(stderr=True),
            disable=not sys.stderr.isatty(),
            speed_estimate_period=60,
        )
        self._task = self._bars.add_task("train", total=steps, completed=start, rate="", terms="")
        self._encoding = self._bars.add_task("evaluate", total=None, visible=False, rate="images", terms="")

    def __enter__(self) -> "Progress":
        self._bars.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._bars.stop()

    def advance(self, step: int) -> None:
        """Shows that `step` updates are done."""
        self._bars.update(self._task, completed=step)

    def show(self, values: dict[str, float]) -> None:
        """Shows the rate and the main losses beside the bar."""
        speed = self._bars.tasks[0].speed
        terms = "  ".join(f"{key.split('/')[1]} {values[key]:.2f}" for key in SHOWN if key in values)
        self._bars.update(self._task, rate=f"{speed:.1f} steps/s" if speed else "", terms=terms)

    def evaluation(self, stop: StopRequest) -> Callable[[int, int], None]:
        """A callback (done, total) for evaluations: shows the second bar, raises Interrupted at a requested stop."""

        def report(done: int, total: int) -> None:
            stop.check()
            self._bars.update(self._encoding, completed=done, total=total, visible=done < total)

        return report


class Clock:
    """The time since a step."""

    def __init__(self, step: int):
        self._step, self._start = step, perf_counter()

    def rate(self, step: int) -> float:
        """Steps per second since then."""
        return (step - self._step) / (perf_counter() - self._start)
