"""The scores that runs logged, chosen so that every run has them."""

from collections.abc import Sequence
from typing import Literal, TypeAlias

from equilab.errors import SettingError
from equilab.runs.record import Record

Better: TypeAlias = Literal["up", "down", ""]
"""The way in which a score is better."""


def logged_scores(records: Sequence[Record], names: Sequence[str] = ()) -> list[dict[str, tuple[float, Better]]]:
    """For each run the scores that it logged last, with the way that is better.

    records: of the runs. names: such as mig; none: those with a ceiling that every run logged, or else every score
    whose key says which way is better, such as test_error. Raises SettingError for a score that a run lacks, and where
    none is shared.
    """
    values = [record.last("metric/*") for record in records]
    logged = [key for key in values[0] if all(key in each for each in values)]
    bounded = [key for key in logged if all(f"{key}_ceiling" in each for each in values)]
    shared = [key.removeprefix("metric/") for key in bounded or [key for key in logged if _is_score(records[0], key)]]
    hint = "--protocol scores the models again"
    for name in names:
        for record, each in zip(records, values, strict=True):
            if f"metric/{name}" not in each:
                got = f"{name!r}, which {record.folder} lacks"
                expected = f"scores that all runs logged: {', '.join(shared) or 'none'}"
                raise SettingError("scores", expected=expected, got=got, hint=hint)
    if not (names or shared):
        raise SettingError("scores", expected="a score that all runs logged", got="none", hint=hint)
    return [
        {name: (each[f"metric/{name}"], _better(record, f"metric/{name}")) for name in names or shared}
        for record, each in zip(records, values, strict=True)
    ]


def _is_score(record: Record, key: str) -> bool:
    """Whether a number is a score, not a part of one: its key is declared by name, with a way that is better."""
    known = record.declaration(key)
    return known is not None and known.name == key and known.better != ""


def _better(record: Record, key: str) -> Better:
    """The way in which a score is better, where it is declared."""
    known = record.declaration(key)
    return known.better if known else ""
