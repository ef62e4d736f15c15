"""equilab compare RUN [RUN ...]: what the scores of finished runs agree on, depend on, and can be chosen by.

Prints the scores of each setting over its seeds, the rank correlations of the scores, the shares of method,
hyperparameter and seed in their variance, and what choosing a run by its UDR, without labels, costs.
"""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import tyro
from torch import Tensor

from equilab.errors import DataError, SettingError
from equilab.latents import Posterior
from equilab.metrics import CodeTable, ScoreSettings, Study, choose_metrics, evaluate, udr
from equilab.models import VariationalAutoencoder
from equilab.runs.commands.compare_files import write
from equilab.runs.commands.exit_status import exit_status
from equilab.runs.compute import prepare
from equilab.runs.evaluations import encoder_of
from equilab.runs.record import Record
from equilab.runs.settings import check_alike, method_of, settings_of

_OBSERVATIONS = 1_000  # whose codes UDR compares (Duan et al. 2020)


@dataclass(frozen=True)
class Options:
    """Which runs to study, and by which scores."""

    runs: tyro.conf.Positional[tuple[Path, ...]]  # run folders, of one data set; unfinished ones are left out
    scores: tuple[str, ...] = ()  # such as mig; none: those with a ceiling that every run logged, or all of a protocol
    protocol: str = ""  # score the models again by this protocol; empty: the scores that the runs logged
    images: int = 0  # images that are encoded for a protocol, drawn at random; 0: all of a factor grid
    udr: Literal["lasso", "spearman", "none"] = "lasso"  # how UDR compares two models; none: no selection
    among: Literal["setting", "all"] = "setting"  # UDR compares a run with the other seeds of its setting, or with all
    out: Path | None = None  # folder for study.json and rank_correlations.png; None: the tables are printed only
    modules: tuple[str, ...] = ()  # modules of yours whose dataclasses a run.json may name; they are imported


def study(options: Options) -> Study:
    """The study of the finished runs. Raises DataError for runs that cannot be compared, SettingError for scores."""
    if options.protocol:
        choose_metrics(options.protocol, options.scores or None)  # refused before minutes of encoding
    records = _finished(options)
    check_alike(records)
    settings = settings_of([record.run for record in records])
    found = [_scored(record, options) for record in records] if options.protocol else _logged(records, options.scores)
    names = tuple(found[0])
    methods = tuple(method_of(record.run) for record in records)
    ranking = None
    if options.udr != "none":
        groups = list(zip(methods, settings, strict=True)) if options.among == "setting" else None
        if groups is not None and len(set(groups)) == len(groups):
            raise SettingError(
                "among",
                expected="two or more seeds of some setting, which UDR compares",
                got="one run of each",
                hint="train further seeds, or give --among all or --udr none",
            )
        tables = [_encode(record, _OBSERVATIONS) for record in records]
        ranking = udr(
            [table.codes for table in tables], kl=[each.kl for each in tables], method=options.udr, groups=groups
        )
    return Study(
        np.array([[values[name][0] for name in names] for values in found]),
        names,
        methods,
        settings,
        tuple(record.folder.resolve().name for record in records),
        tuple(found[0][name][1] for name in names),
        None if ranking is None else ranking.scores,
        "" if ranking is None else ranking.name,
    )


def _finished(options: Options) -> list[Record]:
    """The finished runs, others named on stderr; DataError for fewer than two or one folder twice."""
    folders = [folder.resolve() for folder in options.runs]
    if twice := [folder.name for folder in dict.fromkeys(folders) if folders.count(folder) > 1]:
        raise SettingError("RUN", expected="each run once", got=f"{', '.join(twice)} twice")
    records = [Record.open(folder, modules=options.modules) for folder in options.runs]
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


def _logged(
    records: Sequence[Record], names: Sequence[str]
) -> list[dict[str, tuple[float, Literal["up", "down", ""]]]]:
    """For each run the scores that it logged last, with the way that is better."""
    values = [record.last("metric/*") for record in records]
    shared = [
        key.removeprefix("metric/")
        for key in values[0]
        if all(key in each and f"{key}_ceiling" in each for each in values)
    ]
    for name in names:
        for record, each in zip(records, values, strict=True):
            if f"metric/{name}" not in each:
                raise SettingError(
                    "scores",
                    expected=f"scores that all runs logged: {', '.join(shared) or 'none'}",
                    got=f"{name!r}, which {record.folder} lacks",
                    hint="--protocol scores the models again",
                )
    if not (names or shared):
        raise SettingError(
            "scores", expected="a score that all runs logged", got="none", hint="--protocol scores the models again"
        )
    return [
        {name: (each[f"metric/{name}"], record.declared.lookup(f"metric/{name}").better) for name in names or shared}
        for record, each in zip(records, values, strict=True)
    ]


def _scored(record: Record, options: Options) -> dict[str, tuple[float, Literal["up", "down", ""]]]:
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
    """The encoder of a run's model; DataError for a model without codes."""
    model = record.model()
    if not isinstance(model, VariationalAutoencoder):
        raise DataError(
            str(record.folder),
            expected="a variational autoencoder, which has codes to score",
            got=f"a {type(model).__name__}",
            hint="give --udr none",
        )
    device = prepare(record.run.compute)
    return encoder_of(model.to(device), device)


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status: 0, 1 for a disk that takes nothing, 2 for runs that cannot be compared."""
    options = tyro.cli(Options, args=arguments, prog="equilab compare", description=__doc__)

    def work() -> int:
        found = study(options)
        print(found)
        for path in write(found, options.out) if options.out else ():
            print(f"written: {path}", file=sys.stderr)
        return 0

    return exit_status(work)
