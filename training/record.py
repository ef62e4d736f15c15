"""A run, read back from its folder: settings as objects, series, tables, the model, the pictures."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from statistics import mean, stdev

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray
from torch import nn

from equilab.errors import DataError, SettingError
from training.checkpoint import checkpoints, load_newest
from training.folder import Saved, read_run
from training.keys import lookup
from training.run import Run
from training.state import build_model
from training.tables import Table


@dataclass(frozen=True)
class Series:
    """One key over time: values (n,) at steps (n,) of the model; NaN where the value was not finite."""

    steps: Int[ndarray, "n"]
    values: Float[ndarray, "n"]


@dataclass(frozen=True)
class Record:
    """What a training left in its folder; open it with `Record.open`. Nothing is read before it is asked for."""

    folder: Path
    run: Run  # the settings, as the objects they are
    environment: dict[str, object]  # versions and machine that the run was started with

    @classmethod
    def open(cls, folder: Path | str, *, modules: Sequence[str] = ()) -> "Record":
        """The record in a run folder; DataError when there is none.

        modules: of yours, whose dataclasses the run's settings may name; they are imported.
        """
        saved: Saved = read_run(Path(folder), modules)
        return cls(Path(folder), saved.run, saved.environment)

    @cached_property
    def rows(self) -> list[dict[str, float | None]]:
        """The rows of metrics.jsonl, in order; a last line that a crash cut short is left out.

        Raises DataError for a line before the last that is not a row.
        """
        path = self.folder / "metrics.jsonl"
        if not path.exists():
            return []
        lines = path.read_text(encoding="utf-8").split("\n")[:-1]
        try:
            return [json.loads(line) for line in lines]
        except ValueError as error:
            raise DataError(f"{path}: a line is not valid JSON ({error}); restore the file or train again") from error

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """The keys that were logged, in the order in which they first appear."""
        return tuple(dict.fromkeys(key for row in self.rows for key in row if key != "step"))

    def series(self, key: str) -> Series:
        """All values of a key; SettingError for a key that this run did not log, with those that it did."""
        pairs = [(row["step"], row[key]) for row in self.rows if key in row]
        if not pairs:
            lookup(key)  # a key that nobody declared gets the nearest one as an answer
            raise SettingError(f"key: {self.folder} did not log {key!r}; it logged {', '.join(self.keys) or 'nothing'}")
        values = [math.nan if value is None else value for _, value in pairs]
        return Series(np.array([step for step, _ in pairs], dtype=np.int64), np.array(values, dtype=np.float64))

    def last(self, *patterns: str) -> dict[str, float]:
        """The last value of every key that matches one of the patterns ("metric/*"); all keys without any."""
        wanted = [key for key in self.keys if not patterns or any(fnmatchcase(key, word) for word in patterns)]
        return {key: float(self.series(key).values[-1]) for key in wanted}

    def table(self, *patterns: str) -> Table:
        """The last values of the matching keys, beside their unit and meaning; prints as a table."""
        values = self.last(*patterns)
        rows = [(key, format_value(value), lookup(key).unit, lookup(key).meaning) for key, value in values.items()]
        return Table(("key", "value", "unit", "meaning"), rows)

    def model(self) -> nn.Module:
        """The model of the newest good checkpoint, on the CPU, in evaluation mode; DataError without a checkpoint."""
        payload = load_newest(self.folder / "checkpoints")
        if payload is None:
            raise DataError(f"{self.folder}: there is no checkpoint yet")
        model = build_model(self.run)
        model.load_state_dict(payload["model"])
        return model.eval()

    @property
    def checkpoints(self) -> list[Path]:
        """The checkpoint files, newest first."""
        return checkpoints(self.folder / "checkpoints")

    @property
    def pictures(self) -> list[Path]:
        """The PNG and GIF files of the run, in the order of their names and steps."""
        return sorted(path for path in (self.folder / "pictures").glob("*") if path.suffix in (".png", ".gif"))

    @property
    def step(self) -> int:
        """The updates that the newest logged row tells of; 0 before the first."""
        return int(self.rows[-1]["step"] or 0) if self.rows else 0

    @property
    def training_seconds(self) -> float:
        """The time that the logged updates took, without evaluations, pauses and what a crash undid."""
        rated = [
            (int(row["step"] or 0), row["time/steps_per_second"]) for row in self.rows if "time/steps_per_second" in row
        ]
        before = [0, *(step for step, _ in rated)]
        return sum((step - last) / rate for (step, rate), last in zip(rated, before, strict=False) if rate)

    @property
    def is_finished(self) -> bool:
        """Whether the last update was made and, where the run is measured, evaluated."""
        return self.step >= self.run.steps and "time/evaluation" in self.rows[-1]


def format_value(value: float) -> str:
    """Four significant digits, without an exponent where that is short.

    >>> [format_value(value) for value in (0.63749, 4096.0, 17.99, float("nan"))]
    ['0.6375', '4096', '17.99', 'nan']
    """
    return f"{value:.4g}" if not math.isfinite(value) or abs(value) < 1e5 else f"{value:.3e}"


def format_spread(values: Sequence[float]) -> str:
    """The only value, or mean +- standard deviation (ddof 1); nothing for no values.

    >>> format_spread([1.0, 2.0, 3.0]), format_spread([0.25]), format_spread([])
    ('2 +- 1', '0.25', '')
    """
    if len(values) < 2:
        return format_value(values[0]) if values else ""
    return f"{format_value(mean(values))} +- {format_value(stdev(values))}"
