"""python -m training.low_data: test error by the number of training images, for networks of about equal size.

Trains every recipe on every number of images with every seed, except what is finished; goes on with what was stopped;
then writes the table and the picture of all that is finished. Several processes may share one folder.
"""

import logging
import math
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

import tyro

from equilab.data import RotatedDigits, RotatedMNIST
from equilab.errors import DataError, SettingError
from training.charts import log_chart
from training.folder import BusyError, WriteError, locked, read_run, write_run
from training.loop import NonFiniteLoss, ready, train
from training.recipes import find_recipe
from training.record import Record, format_spread
from training.run import Compute, Logging, Run
from training.state import build_model
from training.tables import Table


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

    def cells(self) -> Iterator[tuple[Path, Run]]:
        """The run folder and the run of every training: all of the first seed before any of the second."""
        for seed, num_train, recipe in product(self.seeds, self.num_train, self.recipes):
            name, run = find_recipe(recipe)
            if not isinstance(run.data, RotatedMNIST | RotatedDigits):
                raise SettingError(f"recipes: expected recipes of rotated digits, got {recipe}")
            data = replace(run.data, num_train=num_train, seed=seed)
            steps = max(self.least_steps, math.ceil(self.epochs * num_train / run.batch_size))
            compute = replace(run.compute, threads=self.threads)
            folder = self.folder / f"{name}_n{num_train}_s{seed}"
            yield folder, replace(run, data=data, steps=steps, seed=seed, compute=compute)


def advance(folder: Path, run: Run) -> int:
    """Train one run to its end, from where it stopped; 0, or the number of the signal that stopped it.

    A run that is finished, or that another process trains, is left alone. Raises SettingError when the folder holds a
    run of other settings.
    """
    try:
        with locked(folder):
            if (folder / "run.json").exists():
                found = read_run(folder).run
                if _essence(found) != _essence(run):
                    raise SettingError(f"{folder}: holds a run of other settings; choose another --folder")
                run = found
            else:
                run = ready(run)
                write_run(folder, run)
            signal = train(run, folder).signal
    except BusyError:
        return 0
    return 0 if signal is None else int(signal)


def results(study: Study) -> dict[str, dict[float, list[float]]]:
    """Test errors, percent, of the finished runs: recipe -> number of training images -> one value per seed."""
    found: dict[str, dict[float, list[float]]] = {}
    for (folder, run), (_, num_train, recipe) in zip(
        study.cells(), product(study.seeds, study.num_train, study.recipes), strict=True
    ):
        record = Record.open(folder) if (folder / "run.json").exists() else None
        if record is not None and record.is_finished and _essence(record.run) == _essence(run):
            error = record.last("metric/test_error")["metric/test_error"]
            found.setdefault(recipe, {}).setdefault(num_train, []).append(error)
    return found


def table(study: Study, found: dict[str, dict[float, list[float]]]) -> Table:
    """Mean and standard deviation of the test error, percent, by network (rows) and training images (columns)."""
    rows = []
    for recipe in (recipe for recipe in study.recipes if recipe in found):
        run = find_recipe(recipe)[1]
        num_parameters = sum(parameter.numel() for parameter in build_model(run).parameters())
        errors = (format_spread(found[recipe].get(num_train, [])) for num_train in study.num_train)
        rows.append((type(run.model).__name__, f"{num_parameters:,}", *errors))
    return Table(("test error, %", "parameters", *(f"{num_train:,} images" for num_train in study.num_train)), rows)


def write(study: Study) -> str:
    """The table, which now lies in the folder as low_data.md beside the picture low_data.png."""
    found = results(study)
    if not found:
        raise DataError(f"{study.folder}: no run is finished yet")
    shown = table(study, found)
    (study.folder / "low_data.md").write_text(shown.markdown() + "\n", encoding="utf-8")
    named = {type(find_recipe(recipe)[1].model).__name__: curve for recipe, curve in found.items()}
    log_chart(named, x_label="training images", y_label="test error, %", path=study.folder / "low_data.png")
    return str(shown)


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status: 0, 1 for a failed training, 2 for wrong arguments, 128 + n when signal n stopped it."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    study = tyro.cli(Study, args=arguments, prog="python -m training.low_data", description=__doc__)
    try:
        for folder, run in study.cells() if study.train else ():
            print(folder, file=sys.stderr)
            if signal := advance(folder, run):
                print("stopped; everything is saved: the same command goes on with it", file=sys.stderr)
                return 128 + signal
        print(write(study))
    except (SettingError, DataError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 2
    except (WriteError, NonFiniteLoss, OSError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    return 0


def _essence(run: Run) -> Run:
    """What decides the result of a run, but for rounding."""
    return replace(run, compute=Compute(), log=Logging())


if __name__ == "__main__":
    sys.exit(main())
