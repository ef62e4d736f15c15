"""The planned runs of a study: each with its name, settings and folder."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from filelock import FileLock

from equilab.errors import SettingError
from equilab.files import refuse_link, write_atomically
from equilab.runs.compute import find_device, resolve_precision
from equilab.runs.run import Run
from equilab.runs.serial import read_json
from equilab.runs.settings import method_of
from equilab.runs.study.study import Study

_LONGEST = 120  # characters of a folder's name before the key


class Planned(NamedTuple):
    """One run of a study: where it is kept, and the settings in which it differs from the others."""

    run: Run
    folder: Path
    settings: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The name of its folder."""
        return self.folder.name


@dataclass(frozen=True)
class Shard:
    """The runs at places `index`, `index + count`, ... of a list, counted from 1: disjoint, and together all.

    >>> [Shard.parsed(text).of("abcde") for text in ("1/2", "2/2")]
    [['a', 'c', 'e'], ['b', 'd']]
    """

    index: int = 1
    count: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.index <= self.count:
            raise SettingError("shard", expected="i/n with 1 <= i <= n", got=f"{self.index}/{self.count}")

    @classmethod
    def parsed(cls, text: str) -> "Shard":
        """The shard that "i/n" names; SettingError for another text."""
        found = re.fullmatch(r"(\d+)/(\d+)", text)
        if found is None:
            raise SettingError("shard", expected="i/n, such as 1/4", got=repr(text))
        return cls(int(found[1]), int(found[2]))

    def of(self, items: Sequence[Any]) -> list[Any]:
        """The items of this shard, in their order."""
        return list(items[self.index - 1 :: self.count])


def planned_runs(study: Study, folder: Path) -> list[Planned]:
    """The runs of a study below its folder, in the order of the study.

    folder: of the study. A run whose key a folder there already names keeps this folder, whatever the study's other
    runs are; another one is named by the settings in which it differs, and by its key.
    """
    study = replace(study, runs=with_one_precision(study.runs, folder))
    existing = {path.name.rsplit("_", 1)[-1]: path for path in sorted(folder.glob("*_*"))}
    found = []
    for run, settings in zip(study.runs, study.differing(), strict=True):
        key = run.key()
        found.append(Planned(run, existing.get(key, folder / f"{label(run, settings)}_{key}"), settings))
    return found


def label(run: Run, settings: Mapping[str, Any]) -> str:
    """The settings in words that may stand in a file's name.

    run: what it is of. settings: values by dotted name.
    """
    last = [path.rsplit(".", 1)[-1] for path in settings]
    names = [path if last.count(short) > 1 else short for path, short in zip(settings, last, strict=True)]
    words = [
        value if isinstance(value, str) and value.isidentifier() else f"{name}={value}"
        for name, value in zip(names, settings.values(), strict=True)
        if value is not None
    ]
    return re.sub(r"[^\w.=+-]+", "-", "_".join(words) or method_of(run))[:_LONGEST].strip("-_.")


def with_one_precision(runs: Sequence[Run], folder: Path) -> list[Run]:
    """The runs, "auto" precision replaced by that of the study: of study.json in the folder, else of this machine.

    Results of two precisions are not averaged, so the first machine that trains decides for all (`settle_precision`).
    """
    automatic = next((run for run in runs if run.precision == "auto"), None)
    if automatic is None:
        return list(runs)
    path = folder / "study.json"
    precision = (
        read_json(path)["precision"]
        if path.exists()
        else resolve_precision("auto", find_device(automatic.compute.device))
    )
    return [replace(run, precision=precision) if run.precision == "auto" else run for run in runs]


def settle_precision(runs: Sequence[Run], folder: Path) -> None:
    """Writes the precision of runs with "auto" to study.json, unless another machine has done so."""
    automatic = [run for run in runs if run.precision == "auto"]
    if not automatic:
        return
    folder.mkdir(parents=True, exist_ok=True)
    refuse_link(folder / ".study.lock")
    with FileLock(folder / ".study.lock"):
        if not (folder / "study.json").exists():
            (first, *_) = with_one_precision(automatic, folder)
            write_atomically(folder / "study.json", json.dumps({"precision": first.precision}).encode())
