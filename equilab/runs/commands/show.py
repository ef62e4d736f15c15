"""equilab show RUN ...: the tables of one run, or of several side by side, or of their means over seeds."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import tyro

from equilab.errors import SettingError
from equilab.runs.commands.exit_status import exit_status
from equilab.runs.record import Record, format_spread
from equilab.runs.settings import leaves, same_but_seed
from equilab.tables import Table, format_value

SHOWN = ("metric/*", "latent/active", "latent/*_mean", "time/*")  # of several runs, unless keys are asked for
NOT_COMPARED = ("_floor_", "_ceiling")  # floors and ceilings belong to the data: the table of one run shows them


@dataclass(frozen=True)
class Options:
    """Which runs to show, and how."""

    runs: tyro.conf.Positional[tuple[Path, ...]]  # run folders
    keys: tuple[str, ...] = ()  # keys to compare, with * for any part: "metric/*" "train/kl"; none: the usual ones
    seeds: bool = False  # one column for runs that differ in nothing but the seed: mean +- standard deviation (ddof 1)
    markdown: bool = False  # tables in Markdown
    modules: tuple[str, ...] = ()  # modules of yours whose dataclasses a run.json may name; they are imported


def show(options: Options) -> str:
    """The tables of the runs, as one text. Raises DataError for a folder that is not a run, SettingError for a key."""
    records = [Record.open(folder, modules=options.modules) for folder in options.runs]
    if not records:
        raise SettingError("RUN", expected="one or more run folders", got="none", hint="equilab show runs/demo")
    if len(records) == 1 and not options.keys:
        tables = one_run(records[0])
    else:
        groups = _by_seed(records) if options.seeds else [[record] for record in records]
        tables = {"": compare(groups, options.keys or SHOWN)}
    return in_words(tables, markdown=options.markdown)


def in_words(tables: dict[str, Table], *, markdown: bool = False) -> str:
    """The tables under their titles, as one text."""
    written = ((title, table.to_markdown() if markdown else str(table)) for title, table in tables.items())
    return "\n\n".join(f"{title}\n{text}" if title else text for title, text in written)


def one_run(record: Record) -> dict[str, Table]:
    """The last losses and errors of a run, scores between their floors and ceilings, and the factors' parts of them."""
    values = record.last()
    scores = [key for key in values if f"{key}_ceiling" in values]
    references = ("", "_floor_random", "_floor_untrained", "_ceiling")
    score_rows = [
        (
            key.removeprefix("metric/"),
            *(_cell(values, key + part) for part in references),
            record.declared.lookup(key).meaning,
        )
        for key in scores
    ]
    factors = [name for name in record.run.data.factors.names if any(f"{key}_{name}" in values for key in scores)]
    factor_rows = [
        (key.removeprefix("metric/"), *(_cell(values, f"{key}_{name}") for name in factors)) for key in scores
    ]
    plain = [key for key in values if not key.startswith(tuple(scores)) and not re.search(r"_\d\d$", key)]
    state = "finished" if record.is_finished else f"at step {record.step} of {record.run.steps}"
    tables = {
        f"{record.folder} ({state})": record.table(*plain),
    }
    if scores:
        tables["scores"] = Table(
            ("score", "value", "random codes", "untrained", "perfect codes", "meaning"), score_rows
        )
        tables["parts of the scores, by factor"] = Table(("score", *factors), factor_rows)
    return tables


def compare(groups: list[list[Record]], patterns: Sequence[str]) -> Table:
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


def _by_seed(records: list[Record]) -> list[list[Record]]:
    """The records in groups that differ in nothing but the seed and what does not decide a result."""
    groups: dict[str, list[Record]] = {}
    for record in records:
        groups.setdefault(same_but_seed(record.run), []).append(record)
    return list(groups.values())


def _unit(groups: list[list[Record]], key: str) -> str:
    """The unit of a key, as declared by the first run that logged it."""
    return next(record.declared.lookup(key).unit for group in groups for record in group if key in record.keys)


def _names(groups: list[list[Record]]) -> list[str]:
    """The folder's name of each group of one; of others the objective, or the model where they share one objective."""
    runs = [group[0].run for group in groups]
    by_model = len({type(run.objective) for run in runs}) == 1 < len({type(run.model) for run in runs})
    kinds = [type(run.model if by_model else run.objective).__name__ for run in runs]
    return [
        group[0].folder.resolve().name if len(group) == 1 else f"{kind}, {len(group)} seeds"
        for kind, group in zip(kinds, groups, strict=True)
    ]


def _cell(values: dict[str, float], key: str) -> str:
    return format_value(values[key]) if key in values else ""


def _spread(group: Sequence[dict[str, float]], key: str) -> str:
    """The value of the runs that have one, or their mean and standard deviation."""
    return format_spread([each[key] for each in group if key in each])


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status: 0, or 2 for folders and keys that do not exist."""
    options = tyro.cli(Options, args=arguments, prog="equilab show", description=__doc__)

    def work() -> int:
        print(show(options))
        return 0

    return exit_status(work)
