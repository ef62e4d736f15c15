"""equilab study plan | run | status | rerun failed | collect FILE: many runs as one, on one machine.

FILE is Python that defines `study`, an equilab.runs.Study, or the name of a study of this project. The study's folder
holds one folder per run, named by its settings and its key: what is done is never trained again.

  plan           runs, hours and disk, from a timed probe of each kind of run
  run            train what is planned, in a pool of processes; start it again to go on
  status         how many runs are planned, running, done and failed, and the last line of each error
  rerun failed   train the failed runs again, from their newest checkpoints
  collect        a table of all scores, their means over seeds, and the chart of the study
"""

import shlex
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import tyro

from equilab.errors import SettingError
from equilab.files import write_atomically
from equilab.runs.command_lines import equilab
from equilab.runs.commands.exit_status import exit_status
from equilab.runs.study.chart import Curves, chart_table, curves_of, draw_chart
from equilab.runs.study.collect import Results, collect_study
from equilab.runs.study.plan import plan_study
from equilab.runs.study.shard import Shard
from equilab.runs.study.status import study_status
from equilab.runs.study.study import Chart, Study
from equilab.runs.study.study_file import find_study, load_study
from equilab.runs.study.table_files import check_format, write_table
from equilab.runs.study.train_study import run_study
from equilab.tables import Table, format_value


@dataclass(frozen=True)
class Options:
    """Which study, and which of its runs."""

    file: tyro.conf.Positional[str]  # a .py file that defines `study`, or the name of a study of this project
    folder: Path | None = None  # of the study, with one folder per run; None: runs/FILE, without its .py
    shard: str = "1/1"  # i/n: part i of n, each with its part of every kind of run, so that n machines share a study

    def open(self) -> tuple[Study, Path]:
        """The study and its folder."""
        path = find_study(self.file)
        return load_study(path), self.folder or Path("runs") / path.stem


@dataclass(frozen=True)
class PoolOptions(Options):
    """Which study, which of its runs, and how many at a time."""

    processes: int | None = None  # at one time; None: one per core and `threads`, and one alone on a GPU
    threads: int = 1  # CPU threads of each process


@dataclass(frozen=True)
class PlanOptions(PoolOptions):
    """Which study, and how long a probe may take."""

    seconds: float = 3.0  # for the timed updates of each kind of run, and for each call of an evaluation


@dataclass(frozen=True)
class CollectOptions:
    """Which study, which scores, and how they are written."""

    file: tyro.conf.Positional[str]  # a .py file that defines `study`, or the name of a study of this project
    folder: Path | None = None  # of the study; None: runs/FILE, without its .py
    scores: tuple[str, ...] = ()  # keys or patterns, such as metric/mig or "latent/*"; none: every score, without parts
    out: Path | None = None  # folder for results, summary and chart; None: the study's
    format: Literal["csv", "parquet"] = "csv"  # of results and summary; parquet needs the extra `parquet`


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status: 0, 1 when runs failed or are left, 2 for wrong arguments, 128 + n when signal n stopped it."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    commands: dict[str, Callable[[list[str]], int]] = {
        "plan": _plan,
        "run": _run,
        "status": _status,
        "rerun": _rerun,
        "collect": _collect,
    }
    if words and words[0] in ("-h", "--help"):
        print(__doc__)
        return 0

    def work() -> int:
        if not words or words[0] not in commands:
            raise SettingError(
                "COMMAND", expected=", ".join(commands), got=words[0] if words else "none", hint="equilab study --help"
            )
        return commands[words[0]](words[1:])

    return exit_status(work, interrupted="stopped; what is saved is kept: the same command goes on with it")


def _plan(words: list[str]) -> int:
    options = tyro.cli(PlanOptions, args=words, prog="equilab study plan")
    study, folder = options.open()
    print(
        plan_study(
            study,
            folder,
            processes=options.processes,
            threads=options.threads,
            seconds=options.seconds,
            shard=Shard.parsed(options.shard),
        )
    )
    return 0


def _run(words: list[str]) -> int:
    return _train(tyro.cli(PoolOptions, args=words, prog="equilab study run"), "planned")


def _rerun(words: list[str]) -> int:
    if words[:1] not in (["failed"], ["-h"], ["--help"]):
        raise SettingError("rerun", expected="rerun failed FILE", got=" ".join(["rerun", *words[:1]]))
    words = words[1:] if words[:1] == ["failed"] else words
    return _train(tyro.cli(PoolOptions, args=words, prog="equilab study rerun failed"), "failed")


def _train(options: PoolOptions, which: Literal["planned", "failed"]) -> int:
    """Trains the planned or the failed runs, then prints how each run ended."""
    study, folder = options.open()
    print(f"study folder: {folder}", file=sys.stderr)
    ended = run_study(
        study,
        folder,
        which=which,
        processes=options.processes,
        threads=options.threads,
        shard=Shard.parsed(options.shard),
        file=find_study(options.file),
    )
    if which == "failed" and not ended.status.runs:
        print("no run has failed")
        return 0
    print(ended.status)
    counts = ended.status.counts
    if ended.signal is not None:
        again = _command("run" if which == "planned" else "rerun failed", options)
        print(f"stopped by {ended.signal.name}; everything is saved. Go on with:\n  {again}")
        return 128 + ended.signal
    if counts["failed"]:
        print(
            f"each failed run keeps its traceback in failure.txt. Train them again with:\n  "
            f"{_command('rerun failed', options)}"
        )
    return 1 if counts["failed"] or counts["planned"] else 0


def _command(name: str, options: PoolOptions) -> str:
    given = {"--folder": options.folder, "--shard": options.shard, "--processes": options.processes}
    given |= {"--threads": options.threads}
    usual = {"--shard": "1/1", "--threads": 1}
    words = [word for key, value in given.items() if value != usual.get(key) for word in (key, str(value))]
    return f"{equilab()} study {name} {shlex.join([options.file, *words])}"


def _status(words: list[str]) -> int:
    options = tyro.cli(Options, args=words, prog="equilab study status")
    study, folder = options.open()
    print(study_status(study, folder, shard=Shard.parsed(options.shard)))
    return 0


def _collect(words: list[str]) -> int:
    options = tyro.cli(CollectOptions, args=words, prog="equilab study collect")
    check_format(options.format)
    path = find_study(options.file)
    study, folder = load_study(path), options.folder or Path("runs") / path.stem
    found = collect_study(study, folder, scores=options.scores)
    curves = curves_of(study.chart, found) if study.chart else {}
    for path in _write(study.chart, found, curves, options.out or folder, options.format):
        print(f"written: {path}", file=sys.stderr)
    if study.chart is not None:
        print(
            chart_table(study.chart, curves) if curves else f"no chart: no finished run has {study.chart.score}",
            end="\n\n",
        )
    print(_in_words(found))
    if found.missing:
        print("\nmissing:", *found.missing, sep="\n  ")
    return 0


def _write(chart: Chart | None, found: Results, curves: Curves, folder: Path, kind: str) -> list[Path]:
    """Writes the results, the summary and the chart; their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"results.{kind}", folder / f"summary.{kind}"]
    write_table(found.rows, paths[0])
    write_table(found.summary, paths[1])
    if chart is not None and curves:
        paths.append(folder / "chart.md")
        units = {row[found.rows.header.index("score")]: row[found.rows.header.index("unit")] for row in found.rows.rows}
        write_atomically(paths[2], f"{chart_table(chart, curves).to_markdown()}\n".encode())
        if all(value >= 0 for curve in curves.values() for values in curve.values() for value in values):
            paths.append(folder / "chart.png")
            draw_chart(chart, curves, paths[3], unit=units[chart.score])
        else:
            print(f"no chart.png: {chart.score} has negative values, a logarithmic axis has none", file=sys.stderr)
    return paths


def _in_words(found: Results) -> Table:
    """The summary as a table of words, without empty columns and those that the files alone need."""
    header, rows = found.summary
    kept = [
        index
        for index, name in enumerate(header)
        if name not in ("planned", "missing") and any(row[index] is not None for row in rows)
    ]
    return Table(tuple(header[index] for index in kept), [tuple(_word(row[index]) for index in kept) for row in rows])


def _word(cell: object) -> str:
    if cell is None:
        return ""
    return format_value(cell) if isinstance(cell, float) else str(cell)
