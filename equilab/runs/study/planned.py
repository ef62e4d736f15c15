"""The planned runs of a study: each with its name, settings and folder."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from filelock import FileLock

from equilab.errors import DataError
from equilab.files import refuse_link, write_atomically
from equilab.runs.compute import Precision, find_device, resolve_precision
from equilab.runs.run import Run
from equilab.runs.serial import read_json
from equilab.runs.settings import method_of
from equilab.runs.study.kinds import kind_of
from equilab.runs.study.shard import Shard
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


def planned_runs(study: Study, folder: Path, shard: Shard | None = None) -> list[Planned]:
    """The runs of a study below its folder, in the order of the study.

    folder: of the study. A run whose key a folder there already names keeps this folder, whatever the study's other
    runs are; another one is named by the settings in which it differs, and by its key. shard: the runs to give, equal
    on every machine; None: all.
    """
    study = replace(study, runs=with_one_precision(study.runs, folder))
    existing = {path.name.rsplit("_", 1)[-1]: path for path in sorted(folder.glob("*_*"))}
    found = []
    for run, settings in zip(study.runs, study.differing(), strict=True):
        key = run.key()
        found.append(Planned(run, existing.get(key, folder / f"{label(run, settings)}_{key}"), settings))
    return found if shard is None else shard.of(found, [_place(run, study.repeated) for run in study.runs])


def _place(run: Run, repeated: Sequence[str]) -> tuple[str, int]:
    """The kind of a run and its updates, which decide its cost, whatever "auto" precision is on this machine."""
    return kind_of(replace(run, precision="float32"), repeated), run.steps


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
        _read_precision(path) if path.exists() else resolve_precision("auto", find_device(automatic.compute.device))
    )
    return [replace(run, precision=precision) if run.precision == "auto" else run for run in runs]


def _read_precision(path: Path) -> Precision:
    """The precision in a study.json; DataError for any other content."""
    tree = read_json(path, role="the study.json of a study")
    found = tree.get("precision") if isinstance(tree, dict) else None
    if found not in ("bfloat16", "float32"):
        raise DataError(
            str(path),
            expected='{"precision": "bfloat16"} or {"precision": "float32"}',
            got=json.dumps(tree)[:80],
            hint="write the precision that run.json of a trained run has, or remove the file where no run was trained",
        )
    return found


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
