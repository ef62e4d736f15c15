"""equilab compare RUN [RUN ...]: methods compared pairwise over their seeds, and what their scores depend on.

Prints for every pair of methods the difference of each score with its interval, corrected for the number of pairs; the
scores of each method over its seeds; the rank correlations of the scores; the shares of method, hyperparameter and seed
in their variance; and, with --udr, what choosing a run by its UDR, without labels, costs.
"""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

import tyro
from torch import Tensor

from equilab.errors import DataError, SettingError
from equilab.latents import Posterior
from equilab.metrics import UDR, CodeTable, ScoreSettings, Study, choose_metrics, evaluate, udr
from equilab.runs.commands.compare_files import write
from equilab.runs.commands.exit_status import exit_status
from equilab.runs.commands.opened_runs import open_runs
from equilab.runs.comparison import Comparison, compare_scores, scored_runs
from equilab.runs.compute import prepare
from equilab.runs.logged_scores import Better, logged_scores
from equilab.runs.record import Record
from equilab.runs.run_folders import short_names
from equilab.runs.settings import check_alike, method_of, settings_of

_OBSERVATIONS = 1_000  # whose codes UDR compares (Duan et al. 2020)


@dataclass(frozen=True)
class Options:
    """Which runs to compare, and by which scores."""

    runs: tyro.conf.Positional[tuple[Path, ...]]  # run folders, or folders of them; unfinished ones are left out
    scores: tuple[str, ...] = ()  # such as mig; none: those that every run logged, or all of a protocol
    protocol: str = ""  # score the models again by this protocol; empty: the scores that the runs logged
    images: int = 0  # images that are encoded for a protocol, drawn at random; 0: all of a factor grid
    confidence: float = 0.95  # that all intervals of a score hold the true differences
    udr: Literal["none", "lasso", "spearman"] = "none"  # how UDR compares two models; none: no selection
    among: Literal["setting", "all"] = "setting"  # UDR compares a run with the other seeds of its setting, or with all
    out: Path | None = None  # folder for study.json and rank_correlations.png; None: the tables are printed only
    modules: tuple[str, ...] = ()  # modules of yours whose dataclasses a run.json may name; they are imported


class Analysis(NamedTuple):
    """The differences of methods, and the study of all runs."""

    comparison: Comparison
    study: Study


def analyse(options: Options) -> Analysis:
    """The comparison of the finished runs.

    Raises DataError for runs that cannot be compared, SettingError for scores and options.
    """
    if options.protocol:
        choose_metrics(options.protocol, options.scores or None)  # refused before minutes of encoding
    records = _finished(options)
    check_alike(records)
    if options.protocol:
        found = [_scored(record, options) for record in records]
    else:
        found = logged_scores(records, options.scores)
    runs = scored_runs(records, found)
    comparison = compare_scores(runs, confidence=options.confidence)
    methods = tuple(method_of(record.run) for record in records)
    settings = settings_of([record.run for record in records])
    names = tuple(short_names([record.folder for record in records]))
    ranking = _ranking(records, list(zip(methods, settings, strict=True)), options) if options.udr != "none" else None
    selector = (None, "") if ranking is None else (ranking.scores, ranking.name)
    return Analysis(comparison, Study(runs.values, runs.names, methods, settings, names, runs.better, *selector))


def _ranking(records: Sequence[Record], settings: list[tuple[str, str]], options: Options) -> UDR:
    """The runs ranked by UDR, each among the other seeds of its setting or among all."""
    assert options.udr != "none"
    groups = settings if options.among == "setting" else None
    if groups is not None and len(set(groups)) == len(groups):
        raise SettingError(
            "among",
            expected="two or more seeds of some setting, which UDR compares",
            got="one run of each",
            hint="train further seeds, or give --among all or --udr none",
        )
    tables = [_encode(record, _OBSERVATIONS) for record in records]
    kl = [table.kl for table in tables]
    return udr([table.codes for table in tables], kl=kl, method=options.udr, groups=groups)


def _finished(options: Options) -> list[Record]:
    """The finished runs, others named on stderr; DataError for fewer than two or one folder twice."""
    records = open_runs(options.runs, options.modules)
    folders = [record.folder.resolve() for record in records]
    if twice := [folder.name for folder in dict.fromkeys(folders) if folders.count(folder) > 1]:
        raise SettingError("RUN", expected="each run once", got=f"{', '.join(twice)} twice")
    finished = [record for record in records if record.is_finished]
    for record in records:
        if record not in finished:
            print(
                f"warning: {record.folder} is left out: it is at step {record.step} of {record.run.steps}",
                file=sys.stderr,
            )
    if len(finished) < 2:
        raise DataError("RUN", expected="two or more finished runs", got=len(finished), hint="equilab compare runs/*")
    return finished


def _scored(record: Record, options: Options) -> dict[str, tuple[float, Better]]:
    """The scores of a run's model by a protocol, with the way that is better."""
    print(f"scoring {record.folder}", file=sys.stderr)
    found = evaluate(
        _encoder(record),
        record.run.data,
        metrics=options.scores or None,
        protocol=options.protocol,
        seed=record.run.seed,
        settings=ScoreSettings(references=(), num_samples=options.images or None),
    )
    return {name: (score.value, score.better) for name, score in found.items()}


def _encode(record: Record, num_samples: int | None) -> CodeTable:
    """The codes of a run's model on its data, of the same observations for every run."""
    return CodeTable.encode(_encoder(record), record.run.data, num_samples=num_samples)


def _encoder(record: Record) -> Callable[[Tensor], Posterior]:
    """The encoder of a run's model, on the device of the run; DataError for a model without codes."""
    return record.encoder(prepare(record.run.compute))


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status: 0, 1 for a disk that takes nothing, 2 for runs that cannot be compared."""
    options = tyro.cli(Options, args=arguments, prog="equilab compare", description=__doc__)

    def work() -> int:
        found = analyse(options)
        print(f"{found.comparison}\n\n{found.study}")
        for path in write(found.study, found.comparison, options.out) if options.out else ():
            print(f"written: {path}", file=sys.stderr)
        return 0

    return exit_status(work)
