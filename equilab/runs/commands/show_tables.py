"""The tables that equilab show prints: of one run, of runs side by side, and a list of runs."""

import re
from collections.abc import Sequence

from equilab.errors import EquilabError, SettingError
from equilab.runs.divergence import has_diverged
from equilab.runs.logged_scores import logged_scores
from equilab.runs.record import Record
from equilab.runs.run_folders import short_names
from equilab.runs.settings import leaves, method_of, refuse_twins, same_but_seed, settings_of
from equilab.tables import Cell, Table, format_spread

SHOWN = ("metric/*", "latent/active", "latent/*_mean", "equivariance/*", "time/*")
"""The keys of several runs that are shown, unless others are given."""
NOT_COMPARED = ("_floor_", "_ceiling")  # floors and ceilings belong to the data: the table of one run shows them
COLUMNS = {"floor_random": "random codes", "floor_untrained": "untrained", "ceiling": "factors as codes"}
"""The references of a score, by the column of the logged table, in words."""
_LONGEST = 60  # letters of a method and its settings in a list of runs


def one_run(record: Record, *, latents: bool = True) -> dict[str, Table | str]:
    """Last losses and errors of a run, scores between floors and ceilings, equivariance errors, and the latent.

    latents: whether the latent is measured, if the run has one, which takes seconds.
    """
    values = record.last()
    logged, lost = None, ""
    if "metric/scores" in record.columns:
        try:
            logged = record.logged_table("metric/scores")
        except EquilabError as error:
            lost = f"the last values are above, floors and ceilings among them; the table is lost: {error}"
    scores = [] if logged is None else [str(row[0]) for row in logged.rows]
    plain = [
        key
        for key in values
        if not key.startswith("equivariance/") and not re.search(r"_\d\d$", key) and not _of_scores(record, key, scores)
    ]
    tables: dict[str, Table | str] = {f"{record.folder} ({state(record)})": record.table(*plain)}
    if logged is not None:
        tables |= _score_tables(record, Table(tuple(logged.header), [tuple(row) for row in logged.rows]))
    if lost:
        tables["scores"] = lost
    if any(key.startswith("equivariance/") for key in values):
        tables["equivariance"] = record.table("equivariance/*")
    if latents and any(key.startswith("latent/") for key in values):
        try:
            tables["latent"] = record.latents.table
        except EquilabError as error:
            tables["latent"] = f"not measured: {error}"
    return tables


def state(record: Record) -> str:
    """Whether a run is finished, diverged, or how far it is; whether its rows are lost."""
    if record.is_finished:
        return "finished"
    losses = [row for row in record.rows if "train/loss" in row]
    if losses and has_diverged(losses[-1]):
        return f"diverged, at step {record.step} of {record.run.steps}"
    if not record.rows and record.saved_step >= record.run.log.every:
        return f"its rows are lost; checkpoint of step {record.saved_step} of {record.run.steps}"
    evaluated = ", not evaluated" if record.step >= record.run.steps else ""
    return f"at step {record.step} of {record.run.steps}{evaluated}"


def _of_scores(record: Record, key: str, scores: Sequence[str]) -> bool:
    """Whether a number is one of these scores, a part of one, or a reference of one: their own tables show it."""
    declared = record.declaration(key)
    ends = ("", "_{}", *(f"_{name}" for name in COLUMNS))
    return declared is not None and any(declared.name == f"metric/{name}{end}" for name in scores for end in ends)


def _score_tables(record: Record, logged: Table) -> dict[str, Table | str]:
    """The logged table of scores in two: with references and meanings, and the parts of each factor."""
    known = ("score", "value", *COLUMNS)  # a factor may have the name of one: the first column is the reference
    references = [logged.columns.index(name) for name in known if name in logged.columns]
    factors = [index for index in range(len(logged.columns)) if index not in references]
    header = (*(COLUMNS.get(logged.columns[index], logged.columns[index]) for index in references), "meaning")
    rows = [
        (
            *(row[index] for index in references),
            known.meaning if (known := record.declaration(f"metric/{row[0]}")) else "",
        )
        for row in logged.rows
    ]
    tables: dict[str, Table | str] = {"scores": Table(header, rows)}
    if factors:
        parts = [(row[0], *(row[index] for index in factors)) for row in logged.rows]
        names = ("score", *(logged.columns[index] for index in factors))
        tables["parts of the scores, by factor"] = Table(names, parts)
    return tables


def side_by_side(groups: list[list[Record]], patterns: Sequence[str]) -> Table:
    """One column per group, the mean over its records; settings that differ stand above the values."""
    settings = [leaves(group[0].run.deciding()) for group in groups]
    differing = [
        path
        for path in dict.fromkeys(path for tree in settings for path in tree)
        if len({str(tree.get(path)) for tree in settings}) > 1
        and path != "seed"
        and (path.count(".") < 2 or all(path in tree for tree in settings))  # details say little beside none
    ]
    rows = [(path, *(str(tree.get(path, "")) for tree in settings), "setting") for path in differing]
    values = [[record.last(*patterns) for record in group] for group in groups]
    found = dict.fromkeys(key for group in values for each in group for key in each)
    keys = [key for key in found if patterns is not SHOWN or not any(word in key for word in NOT_COMPARED)]
    if not keys:
        raise SettingError("keys", expected="keys that some run logged", got=" ".join(patterns))
    rows += [(key, *(_spread(group, key) for group in values), _unit(groups, key)) for key in keys]
    times = [_spread([{"": record.training_seconds} for record in group], "") for group in groups]
    return Table(("", *_names(groups), "unit"), [*rows, ("time of all updates", *times, "s")])


def list_of_runs(records: Sequence[Record]) -> Table:
    """One row per run: its method with the settings in which the runs differ, seed, state, and its last scores."""
    names = short_names([record.folder for record in records])
    runs = [record.run for record in records]
    labels = zip(map(method_of, runs), settings_of(runs), strict=True)
    methods = _shortened([" ".join(filter(None, label)) for label in labels])
    try:
        scores = logged_scores(records)
    except SettingError:  # no score that all of them logged
        scores = [{} for _ in records]
    rows: list[tuple[Cell, ...]] = [
        (
            name,
            words,
            record.run.seed,
            state(record),
            *(value for value, _ in found.values()),
        )
        for name, record, words, found in zip(names, records, methods, scores, strict=True)
    ]
    return Table(("run", "method", "seed", "state", *scores[0]), rows)


def _shortened(methods: Sequence[str]) -> list[str]:
    """The beginnings of long words, which say that they go on; all in full where two beginnings would be one."""
    short = [words if len(words) <= _LONGEST else f"{words[: _LONGEST - 4]} ..." for words in methods]
    return short if len(set(short)) == len(set(methods)) else list(methods)


def by_seed(records: Sequence[Record]) -> list[list[Record]]:
    """The records in groups that differ in nothing but the seed and what does not decide a result.

    Raises DataError for a seed that is twice in a group.
    """
    refuse_twins(records)
    groups: dict[str, list[Record]] = {}
    for record in records:
        groups.setdefault(same_but_seed(record.run), []).append(record)
    return list(groups.values())


def _unit(groups: list[list[Record]], key: str) -> str:
    """The unit of a key, as declared by the first run that declares it."""
    declared = (record.declaration(key) for group in groups for record in group if key in record.keys)
    return next((known.unit for known in declared if known), "")


def _names(groups: list[list[Record]]) -> list[str]:
    """The folder of each group of one; of others the objective, or the model where they share one objective.

    A group of unfinished runs says how many there are.
    """
    runs = [group[0].run for group in groups]
    by_model = len({type(run.objective) for run in runs}) == 1 < len({type(run.model) for run in runs})
    kinds = [type(run.model if by_model else run.objective).__name__ for run in runs]
    alone = short_names([group[0].folder for group in groups])
    names = [
        name if len(group) == 1 else f"{kind}, {len(group)} seeds"
        for name, kind, group in zip(alone, kinds, groups, strict=True)
    ]
    unfinished = [sum(not record.is_finished for record in group) for group in groups]
    return [f"{name}, {count} unfinished" if count else name for name, count in zip(names, unfinished, strict=True)]


def _spread(group: Sequence[dict[str, float]], key: str) -> str:
    """The value of the runs that have one, or their mean and standard deviation."""
    return format_spread([each[key] for each in group if key in each])
