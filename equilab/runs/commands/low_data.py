"""equilab low_data: test error by the number of training images, for networks of about equal size.

Trains every recipe on every number of images with every seed, except what is finished; goes on with what was stopped;
then writes the table and the picture of all that is finished. Several processes may share one folder.
"""

import logging
import math
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Literal

import tyro

from equilab.data import RotatedDigits, RotatedMNIST
from equilab.errors import DataError, EquilabError, SettingError
from equilab.runs.charts import log_chart
from equilab.runs.compute import find_device, resolve_precision
from equilab.runs.folder import BusyError, WriteError, is_locked
from equilab.runs.loop import NonFiniteLoss, train
from equilab.runs.recipes import find_recipe
from equilab.runs.record import Record, format_spread
from equilab.runs.run import Run
from equilab.runs.state import build_model
from equilab.tables import Table


@dataclass(frozen=True)
class Study:
    """Which trainings to make, how long each is, and where they are kept."""

    recipes: tuple[str, ...] = ("z2cnn_rotated_mnist", "p4cnn_rotated_mnist", "p4mcnn_rotated_mnist")  # networks
    num_train: tuple[int, ...] = (100, 300, 1_000, 3_000, 12_000)  # training images
    seeds: tuple[int, ...] = (0, 1, 2)  # of weights and batches, and of the data: which images, and their angles
    epochs: float = 100.0  # updates are so many times the number of images / batch size,
    least_steps: int = 1_000  # but at least so many
    folder: Path = Path("runs/low_data")  # holds one run folder per training, the table and the picture
    threads: int = 1  # CPU threads of each process
    train: bool = True  # False: only the table and the picture of what is finished

    wandb: Literal["off", "offline", "online"] = "off"  # W&B run of each training; metrics.jsonl is always written

    def cells(self) -> Iterator["Cell"]:
        """Every training: all of the first seed before any of the second. Raises SettingError for what makes none."""
        for seed, num_train, recipe in product(self.seeds, self.num_train, self.recipes):
            name, run = find_recipe(recipe)
            if not isinstance(run.data, RotatedMNIST | RotatedDigits):
                raise SettingError("recipes", expected="recipes of rotated digits", got=recipe)
            data = replace(run.data, num_train=num_train, seed=seed)
            steps = max(self.least_steps, math.ceil(self.epochs * num_train / run.batch_size))
            run = replace(run, data=data, steps=steps, seed=seed, log=replace(run.log, wandb=self.wandb))
            compute = replace(run.compute, threads=self.threads)
            precision = resolve_precision(run.precision, find_device(compute.device))  # two are not averaged
            run = replace(run, compute=compute, precision=precision)
            yield Cell(recipe, num_train, self.folder / f"{name}_n{num_train}_s{seed}", run)

    def check(self) -> None:
        """Raises, before the first training, what would stop one of them: SettingError, ShapeError or DataError."""
        folders = set[Path]()
        for cell in self.cells():
            if cell.folder in folders:
                raise SettingError(
                    "recipes, num_train, seeds", expected="each training once", got=f"{cell.folder} twice"
                )
            folders.add(cell.folder)
            if cell.state == "of other settings":
                raise SettingError(
                    str(cell.folder), expected="a run of these settings", got="others", hint="choose another --folder"
                )
        for recipe in self.recipes:
            build_model(find_recipe(recipe)[1])


@dataclass(frozen=True)
class Cell:
    """One training of a study: its recipe and number of images, the folder where it is kept, and the run."""

    recipe: str
    num_train: int
    folder: Path
    run: Run

    @property
    def state(self) -> Literal["finished", "unfinished", "busy", "of other settings"]:
        """What the folder holds as yet; busy: another process trains in it."""
        if not (self.folder / "run.json").exists():
            return "busy" if is_locked(self.folder) else "unfinished"
        record = Record.open(self.folder)
        if record.run.key() != self.run.key():
            return "of other settings"
        if is_locked(self.folder):
            return "busy"
        return "finished" if record.is_finished else "unfinished"

    @property
    def error(self) -> float:
        """The test error that was logged last, percent."""
        return Record.open(self.folder).last("metric/test_error")["metric/test_error"]


def advance(cell: Cell) -> int:
    """Train one run to its end, from where it stopped; 0, or the number of the signal that stopped it.

    A run that is finished, or that another process trains, is left alone. Raises SettingError when the folder holds a
    run of other settings.
    """
    state = cell.state
    if state in ("finished", "busy"):
        return 0
    if state == "of other settings":
        raise SettingError(
            str(cell.folder), expected="a run of these settings", got="others", hint="choose another --folder"
        )
    try:
        signal = train(cell.run, cell.folder).signal
    except BusyError:
        return 0
    return 0 if signal is None else int(signal)


@dataclass(frozen=True)
class Results:
    """What there is of a study: test errors in percent, and the number of its trainings in each state."""

    errors: dict[str, dict[float, list[float]]]  # recipe -> number of training images -> one value per finished seed
    states: Counter[str]

    def __str__(self) -> str:
        parts = [f"{self.states['finished']} of {self.states.total()} finished"]
        parts += [f"{self.states[state]} {state}" for state in ("busy", "of other settings") if self.states[state]]
        return ", ".join(parts)


def results(study: Study) -> Results:
    """The test errors of the finished runs, and how many are not."""
    found, states = dict[str, dict[float, list[float]]](), Counter[str]()
    for cell in study.cells():
        state = cell.state
        states[state] += 1
        if state == "finished":
            found.setdefault(cell.recipe, {}).setdefault(cell.num_train, []).append(cell.error)
    return Results(found, states)


def names(study: Study) -> dict[str, str]:
    """What each recipe is called: its network, or the recipe's own name where several have one network."""
    found = {recipe: find_recipe(recipe) for recipe in study.recipes}
    networks = Counter(type(run.model).__name__ for _, run in found.values())
    return {
        recipe: network if networks[network := type(run.model).__name__] == 1 else name
        for recipe, (name, run) in found.items()
    }


def table(study: Study, found: Results) -> Table:
    """Mean and standard deviation of the test error, percent, by network (rows) and training images (columns).

    A value of fewer seeds than the study has says of how many.
    """
    rows = []
    for recipe, name in names(study).items():
        if recipe in found.errors:
            model = build_model(find_recipe(recipe)[1])
            num_parameters = sum(parameter.numel() for parameter in model.parameters())
            errors = (_spread(found.errors[recipe].get(num_train, []), study) for num_train in study.num_train)
            rows.append((name, f"{num_parameters:,}", *errors))
    return Table(("test error, %", "parameters", *(f"{num_train:,} images" for num_train in study.num_train)), rows)


def write(study: Study) -> str:
    """The table and what it is of; it now lies in the folder as low_data.md beside the picture low_data.png."""
    found = results(study)
    if not found.errors:
        raise DataError(str(study.folder), expected="a finished run", got=found)
    shown = table(study, found)
    (study.folder / "low_data.md").write_text(f"{shown.to_markdown()}\n\n{found}\n", encoding="utf-8")
    curves = {name: found.errors[recipe] for recipe, name in names(study).items() if recipe in found.errors}
    log_chart(curves, x_label="training images", y_label="test error, %", path=study.folder / "low_data.png")
    return f"{shown}\n\n{found}"


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status: 0, 1 for a failed training, 2 for wrong arguments, 128 + n when signal n stopped it."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    study = tyro.cli(Study, args=arguments, prog="equilab low_data", description=__doc__)
    try:
        if study.train:
            study.check()
        for cell in study.cells() if study.train else ():
            print(cell.folder, file=sys.stderr)
            if signal := advance(cell):
                print("stopped; everything is saved: the same command goes on with it", file=sys.stderr)
                return 128 + signal
        print(write(study))
    except EquilabError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 2
    except (WriteError, NonFiniteLoss, OSError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    return 0


def _spread(errors: Sequence[float], study: Study) -> str:
    """The errors of one cell in words, with their number where it is not that of the study."""
    fewer = 0 < len(errors) < len(study.seeds)
    return format_spread(errors) + (f" ({len(errors)} seed{'s' * (len(errors) > 1)})" if fewer else "")


if __name__ == "__main__":
    sys.exit(main())
