"""equilab upload RUN ...: send runs to a W&B server; of a run that it has already, only what it lacks."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import tyro

from equilab.errors import SettingError
from equilab.runs.commands.exit_status import INTERRUPTED, exit_status
from equilab.runs.record import Record
from equilab.runs.sinks.upload import upload

STOPPED = "stopped; `equilab upload` sends the rest"


@dataclass(frozen=True)
class Options:
    """Which runs to send, and where."""

    runs: tyro.conf.Positional[tuple[Path, ...]]  # run folders, trained with W&B or without
    id: str | None = None  # of the W&B run, new or of this run, for one folder; None: that of before, or the run's key
    project: str | None = None  # W&B project; None: that of before, or of the run's settings
    modules: tuple[str, ...] = ()  # modules of yours whose dataclasses a run.json may name; they are imported


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status: 0, 1 when W&B fails, 2 for folders that are not runs, a missing login, an id of another run.

    Of several runs every one is tried; the status is that of the first that failed. Ctrl-C ends them all, with 130.
    """
    options = tyro.cli(Options, args=arguments, prog="equilab upload", description=__doc__)

    def work() -> int:
        if not options.runs:
            raise SettingError("RUN", expected="one or more run folders", got="none", hint="equilab upload runs/demo")
        if options.id is not None and len(options.runs) > 1:
            raise SettingError("id", expected="one run folder", got=f"{len(options.runs)} folders")
        first = 0
        for folder in options.runs:
            status = exit_status(partial(send, folder, options), interrupted=STOPPED)
            if status == INTERRUPTED:
                return status
            first = first or status
        return first

    return exit_status(work, interrupted=STOPPED)


def send(folder: Path, options: Options) -> int:
    """Sends one run, and prints how many of its rows were new. Raises what `upload` does."""
    record = Record.open(folder, modules=options.modules)
    found = upload(record, id=options.id, project=options.project)
    print(f"{record.folder}: {found.rows} rows, {found.sent} of them new: {found.url}", flush=True)
    return 0
