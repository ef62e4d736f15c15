"""equilab show RUN ...: the tables of one run, of several side by side, of means over seeds, or a list of runs."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import tyro

from equilab.errors import DataError, SettingError
from equilab.runs.commands.exit_status import exit_status
from equilab.runs.commands.opened_runs import open_runs
from equilab.runs.commands.show_tables import SHOWN, by_seed, list_of_runs, one_run, side_by_side, state
from equilab.runs.record import Record
from equilab.tables import Table


@dataclass(frozen=True)
class Options:
    """Which runs to show, and how."""

    runs: tyro.conf.Positional[tuple[Path, ...]]  # run folders, or a folder that holds them, whose runs are listed
    keys: tuple[str, ...] = ()  # keys to compare, with * for any part: "metric/*" "train/kl"; none: the usual ones
    seeds: bool = False  # one column for runs that differ in nothing but the seed: mean +- standard deviation (ddof 1)
    unfinished: bool = False  # with --seeds, whether unfinished runs have a part in the means
    latents: bool = True  # of one run, whether its latent is measured, which takes seconds
    markdown: bool = False  # tables in Markdown
    modules: tuple[str, ...] = ()  # modules of yours whose dataclasses a run.json may name; they are imported


def show(options: Options) -> str:
    """The tables of the runs, as one text. Raises DataError for a folder that is not a run, SettingError for a key."""
    records = open_runs(options.runs, options.modules)
    if not records:
        raise SettingError("RUN", expected="one or more run folders", got="none", hint="equilab show runs/demo")
    tables: dict[str, Table | str]
    if options.seeds or options.keys:
        groups = by_seed(_counted(records, options)) if options.seeds else [[record] for record in records]
        tables = {"": side_by_side(groups, options.keys or SHOWN)}
    elif len(records) == 1:
        tables = one_run(records[0], latents=options.latents)
    elif [record.folder for record in records] == list(options.runs):
        tables = {"": side_by_side([[record] for record in records], SHOWN)}
    else:
        tables = {"": list_of_runs(records)}
    return in_words(tables, markdown=options.markdown)


def _counted(records: Sequence[Record], options: Options) -> list[Record]:
    """The records that have a part in means over seeds; unfinished ones are named on stderr."""
    if options.unfinished:
        return list(records)
    for record in records:
        if not record.is_finished:
            print(f"warning: {record.folder} is left out: it is {state(record)}", file=sys.stderr)
    finished = [record for record in records if record.is_finished]
    if not finished:
        raise DataError("RUN", expected="a finished run", got="none", hint="--unfinished keeps the others")
    return finished


def in_words(tables: dict[str, Table | str], *, markdown: bool = False) -> str:
    """The tables under their titles, as one text."""
    texts = (
        (title, table.to_markdown() if markdown and isinstance(table, Table) else str(table))
        for title, table in tables.items()
    )
    return "\n\n".join(f"{title}\n{text}" if title else text for title, text in texts)


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status: 0, or 2 for folders and keys that do not exist."""
    options = tyro.cli(Options, args=arguments, prog="equilab show", description=__doc__)

    def work() -> int:
        print(show(options))
        return 0

    return exit_status(work)
