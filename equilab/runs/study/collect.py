"""The results of a study as one tidy table, a row per run and score, and as means over repeated runs."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, NamedTuple

from equilab.errors import DataError, SettingError
from equilab.keys import Key
from equilab.runs.evaluations import Columns
from equilab.runs.evaluations.disentanglement import REFERENCES
from equilab.runs.keys import keys_of
from equilab.runs.record import Record
from equilab.runs.run import Run
from equilab.runs.study.planned import Planned, planned_runs
from equilab.runs.study.states import open_record, state_of
from equilab.runs.study.study import Study
from equilab.runs.study.summary import Value, summarised


class Row(NamedTuple):
    """A score of a run: NaN where it was not finite; references: its floors and its ceiling, None where it has none."""

    planned: Planned
    score: str
    value: float
    references: tuple[float | None, ...]
    key: Key | None  # None: of an evaluation that the run has no longer


@dataclass(frozen=True)
class Results:
    """What the finished runs of a study logged last.

    rows: a row per run and score: the run's folder and key, the settings in which runs differ, the score, its value,
    its floors and its ceiling, its unit, and which way is better. summary: a row per score and combination of settings
    but the repeated ones: n, the mean, both ends of its 95 % interval by Student's t, the standard deviation, the means
    of floors and ceiling, and the missing runs by name with the reason. missing: all of these, in words.
    """

    rows: Columns
    summary: Columns
    missing: tuple[str, ...]


def collect_study(study: Study, folder: Path, *, scores: Sequence[str] = ()) -> Results:
    """The results of the finished runs of a study.

    folder: of the study. scores: patterns of keys, such as "metric/mig" or "latent/*"; none: every score of the
    evaluations, without its parts, such as its value for one factor. The score of the study's chart is always there. A
    run whose rows are damaged is missing, with the reason.
    Raises DataError for a study without a finished run, or of which no run has a score of such a name.
    """
    if isinstance(scores, str):
        raise SettingError("scores", expected=f"a list of patterns, such as ({scores!r},)", got=repr(scores))
    planned = planned_runs(study, folder)
    states = [state_of(each) for each in planned]
    records, damaged = _records([each for each, state in zip(planned, states, strict=True) if state == "done"])
    rows = _rows_of(planned, records, scores)
    charted = _rows_of(planned, records, (study.chart.score,)) if study.chart else []
    if not rows and (scores or not charted):
        got = f"{len(records)} of {len(planned)} runs finished"
        logged = next((record.keys for record in records.values()), ())
        hint = f"they logged {', '.join(logged[:3])} ...: --scores {shlex.quote(logged[0])}" if logged else ""
        expected = f"a finished run with {' or '.join(scores) or 'scores'}"
        raise DataError(str(folder), expected=expected, got=got, hint=hint)
    chosen = {(row.planned.name, row.score) for row in rows}
    rows += [row for row in charted if (row.planned.name, row.score) not in chosen]
    names = list(dict.fromkeys(row.score for row in rows))
    settings = {each.name: _settings(each, study) for each in planned}
    found = {(row.planned.name, row.score): row for row in rows}
    values = [
        Value(
            settings[each.name],
            name,
            None if (row := found.get((each.name, name))) is None else row.value,
            () if row is None else row.references,
            damaged.get(each.name, "not logged") if state == "done" else state,
        )
        for each, state in zip(planned, states, strict=True)
        for name in names
        if (each.name, name) in found or _has(each.run, name)
    ]
    summary, missing = summarised(values, repeated=study.repeated, references=REFERENCES)
    return Results(_tidy(rows, settings), summary, missing)


def _records(done: Sequence[Planned]) -> tuple[dict[str, Record], dict[str, str]]:
    """The records of finished runs by their names, and for those whose rows are damaged the reason instead."""
    records, damaged = dict[str, Record](), dict[str, str]()
    for planned in done:
        record = open_record(planned)
        try:
            _ = record.columns
            records[planned.name] = record
        except DataError as error:
            damaged[planned.name] = str(error)
    return records, damaged


def _rows_of(planned: Sequence[Planned], records: Mapping[str, Record], patterns: Sequence[str]) -> list[Row]:
    """The scores of the finished runs, in the order of the study."""
    return [row for each in planned if each.name in records for row in _rows(each, records[each.name], patterns)]


def _settings(planned: Planned, study: Study) -> dict[str, Any]:
    """The settings of a run that are columns: those in which runs differ, and the repeated ones."""
    return {**planned.settings, **study.values(planned.run)}


def _tidy(rows: Sequence[Row], settings: Mapping[str, Mapping[str, Any]]) -> Columns:
    names = list(settings[rows[0].planned.name])
    header = ["run", "key", *names, "score", "value", *REFERENCES, "unit", "better"]
    return Columns(
        header,
        [
            [
                row.planned.name,
                row.planned.run.key(),
                *settings[row.planned.name].values(),
                row.score,
                row.value,
                *row.references,
                row.key.unit if row.key else "",
                row.key.better if row.key else "",
            ]
            for row in rows
        ],
    )


def _rows(planned: Planned, record: Record, patterns: Sequence[str]) -> list[Row]:
    """The scores that a run logged last."""
    values = record.last()
    chosen = [name for name in values if _is_chosen(name, record, patterns)]
    return [
        Row(
            planned,
            name,
            values[name],
            tuple(values.get(f"{name}_{reference}") for reference in REFERENCES),
            _declaration(name, record),
        )
        for name in chosen
    ]


def _is_chosen(name: str, record: Record, patterns: Sequence[str]) -> bool:
    if patterns:
        return any(fnmatchcase(name, pattern) for pattern in patterns)
    is_reference = any(name.endswith(f"_{reference}") for reference in REFERENCES)
    known = _declaration(name, record)
    return name.startswith("metric/") and not is_reference and known is not None and "{}" not in known.name


def _declaration(name: str, record: Record) -> Key | None:
    try:
        return record.declared.lookup(name)
    except SettingError:
        return None


def _has(run: Run, name: str) -> bool:
    """Whether a run declares a score: one that it logs when it is finished."""
    return any(key.matches(name) for key in keys_of(run).declared)
