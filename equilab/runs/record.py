"""A run, read back from its folder: settings as objects, series, tables, the model, the pictures."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from jaxtyping import Float, Int
from numpy import ndarray
from torch import Tensor, nn

from equilab.errors import DataError, SettingError
from equilab.files import as_path
from equilab.keys import Key
from equilab.latents import Posterior
from equilab.models import VariationalAutoencoder
from equilab.noise import numpy_stream
from equilab.runs.checkpoint import checkpoints, load_state, step_of
from equilab.runs.divergence import has_diverged
from equilab.runs.evaluations import Columns, encoder_of
from equilab.runs.folder import Saved, read_run, refuse_other_settings
from equilab.runs.keys import Keys, keys_of
from equilab.runs.latent_report import Latents
from equilab.runs.latents import measure_latents
from equilab.runs.logged_files import inside, read_table
from equilab.runs.rows import read_last_rows, read_rows
from equilab.runs.run import Run
from equilab.runs.state import build_model, load_weights
from equilab.tables import Table

if TYPE_CHECKING:
    from pandas import DataFrame


@dataclass(frozen=True)
class Series:
    """One key over time: values (n,) at steps (n,) of the model; NaN where the value was not finite."""

    steps: Int[ndarray, "n"]
    values: Float[ndarray, "n"]


@dataclass(frozen=True)
class Record:
    """What a training left in its folder; open it with `Record.open`. Each part is read when it is first used."""

    folder: Path
    run: Run  # the settings, as the objects they are
    key: str  # of the run when it was started
    environment: dict[str, object]  # versions and machine that the run was started with

    @classmethod
    def open(cls, folder: Path | str, *, modules: Sequence[str] = ()) -> "Record":
        """The record in a run folder; DataError when there is none.

        folder: of the run, or its run.json. modules: of yours, whose dataclasses the run's settings may name; they are
        imported.
        """
        folder = as_path("folder", folder)
        folder = folder.parent if folder.name == "run.json" else folder
        saved: Saved = read_run(folder, modules)
        return cls(folder, saved.run, saved.key, saved.environment)

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """The rows of metrics.jsonl, in order, files by their path; a last line that a crash cut short is left out.

        Raises DataError for any other line that is not a row.
        """
        return read_rows(self.folder / "metrics.jsonl")

    @cached_property
    def _last_rows(self) -> list[dict[str, Any]]:
        """The last rows of metrics.jsonl; whether one of thousands of runs is finished is seen in milliseconds."""
        return read_last_rows(self.folder / "metrics.jsonl")

    @cached_property
    def columns(self) -> dict[str, list[tuple[int, Any]]]:
        """For each key that was logged, in the order of first appearance, its steps and what was logged there.

        Raises DataError for a key under which numbers and files, or files of two kinds, were logged.
        """
        found: dict[str, list[tuple[int, Any]]] = {}
        for row in self.rows:
            for key, value in row.items():
                if key != "step":
                    found.setdefault(key, []).append((row["step"], value))
        for key, pairs in found.items():
            kinds = {next(iter(value)) if isinstance(value, dict) else "number" for _, value in pairs}
            if len(kinds) > 1:
                expected, got = "values of one kind under a key", f"{key}: {' and '.join(sorted(kinds))}"
                raise DataError(str(self.folder / "metrics.jsonl"), expected=expected, got=got, hint="restore it")
        return found

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """The keys of numbers that were logged, in the order in which they first appear."""
        return tuple(key for key, pairs in self.columns.items() if not isinstance(pairs[0][1], dict))

    @cached_property
    def declared(self) -> Keys:
        """The keys of the run, with unit and meaning."""
        return keys_of(self.run)

    def series(self, key: str) -> Series:
        """All values of a key; SettingError for a key that this run did not log, with those that it did."""
        if key not in self.keys:
            self.declared.lookup(key)  # a key that is not declared gets the nearest one as a hint
            raise SettingError("key", expected=f"one of {', '.join(self.keys) or 'none'}", got=repr(key))
        steps, values = zip(*self.columns[key], strict=True)
        numbers = [math.nan if value is None else value for value in values]
        return Series(np.array(steps, dtype=np.int64), np.array(numbers, dtype=np.float64))

    def last(self, *patterns: str) -> dict[str, float]:
        """The last value of every key that matches one of the patterns ("metric/*"); all keys without any."""
        wanted = [key for key in self.keys if not patterns or any(fnmatchcase(key, word) for word in patterns)]
        values = {key: self.columns[key][-1][1] for key in wanted}
        return {key: math.nan if value is None else float(value) for key, value in values.items()}

    def logged_table(self, key: str) -> Columns:
        """The newest table that was logged under a key, such as "metric/scores".

        Raises SettingError for another key, DataError for a table whose file is lost or damaged.
        """
        names = self._files("table")
        if key not in names:
            raise SettingError("key", expected=f"one of {', '.join(names) or 'none'}", got=repr(key))
        return read_table(self.folder, names[key][-1])

    @property
    def pictures(self) -> list[Path]:
        """The PNG and GIF files that the run logged, in the order of their keys and steps."""
        return [inside(self.folder, name) for names in self._files("picture").values() for name in names]

    def _files(self, kind: str) -> dict[str, list[str]]:
        """The files of one kind by key, as rows name them, in the order of their steps."""
        return {
            key: [value[kind] for _, value in pairs]
            for key, pairs in self.columns.items()
            if isinstance(pairs[0][1], dict) and kind in pairs[0][1]
        }

    def table(self, *patterns: str) -> Table:
        """The last values of the matching keys, beside their unit and meaning; prints as a table."""
        values = self.last(*patterns)
        rows = [(key, value, *self._words(key)) for key, value in values.items()]
        return Table(("key", "value", "unit", "meaning"), rows)

    def to_markdown(self) -> str:
        """The last value of every key, with unit and meaning, in Markdown."""
        return self.table().to_markdown()

    def to_latex(self) -> str:
        """The last value of every key, with unit and meaning, in LaTeX with booktabs."""
        return self.table().to_latex()

    def to_dataframe(self) -> "DataFrame":
        """The last value of every key, with unit and meaning, as a pandas data frame; numbers in full precision."""
        return self.table().to_dataframe()

    def _repr_html_(self) -> str:
        """The last value of every key, for notebooks."""
        return self.table()._repr_html_()

    def declaration(self, key: str) -> Key | None:
        """The declaration of a logged key; None for one of an evaluation that the run has no longer."""
        try:
            return self.declared.lookup(key)
        except SettingError:
            return None

    def _words(self, key: str) -> tuple[str, str]:
        """Unit and meaning of a key, as far as they are declared."""
        known = self.declaration(key)
        return (known.unit, known.meaning) if known else ("", "")

    def model(self) -> nn.Module:
        """The model of the newest good checkpoint, on the CPU, in evaluation mode; DataError without a checkpoint."""
        payload = load_state(self.folder / "checkpoints")
        if payload is None:
            raise DataError(str(self.folder), expected="a checkpoint", got="none yet")
        hint = "put run.json back"
        refuse_other_settings(payload["settings"], self.run, self.folder, of="checkpoint", hint=hint)
        model = build_model(self.run)
        load_weights(model, payload["players"]["model"]["module"], "model")
        return model.eval()

    def encoder(self, device: torch.device | str = "cpu") -> Callable[[Tensor], Posterior]:
        """The encoder of the newest good checkpoint: images (n, C, H, W) in [0, 1] -> posteriors on the CPU.

        device: where it computes. Raises DataError without a checkpoint, and for a model without a latent.
        """
        model = self.model()
        if not isinstance(model, VariationalAutoencoder):
            expected, got = "a variational autoencoder, which has a latent", f"a {type(model).__name__}"
            raise DataError(str(self.folder), expected=expected, got=got)
        return encoder_of(model.to(device), torch.device(device))

    @cached_property
    def latents(self) -> Latents:
        """The factors that each block of the latent carries, and the groups that move it (see `measure_latents`).

        Of the newest good checkpoint, on a sample of images, on the CPU, in seconds; the same whenever it is measured.
        Raises DataError without a checkpoint, for a model without a latent, and for images that are not there.
        """
        return measure_latents(self.encoder(), self.run.data, rng=numpy_stream(self.run.seed, "latents"))

    @property
    def checkpoints(self) -> list[Path]:
        """The checkpoint files, newest first."""
        return checkpoints(self.folder / "checkpoints")

    @property
    def saved_step(self) -> int:
        """The updates made at the newest checkpoint, by its name; 0 without one."""
        return max(map(step_of, self.checkpoints), default=0)

    @property
    def step(self) -> int:
        """The updates made when the newest row was logged; 0 before the first."""
        return self._last_rows[-1]["step"] if self._last_rows else 0

    @property
    def training_seconds(self) -> float:
        """The time that the logged updates took, without evaluations, pauses and what a crash undid."""
        rated = [(row["step"], row["time/steps_per_second"]) for row in self.rows if "time/steps_per_second" in row]
        before = [0, *(step for step, _ in rated)]
        return sum((step - last) / rate for (step, rate), last in zip(rated, before, strict=False) if rate)

    @property
    def is_finished(self) -> bool:
        """Whether the last update was made, every evaluation with it, and the loss did not diverge."""
        if self.step < self.run.steps or any(
            has_diverged(row) for row in self._last_rows if row["step"] >= self.run.steps
        ):
            return False
        return not self.run.evaluations or "time/evaluation" in self._last_rows[-1]
