"""equilab evaluate RUN | CODES.npz: the scores of a trained model, or of the codes of any framework."""

import json
import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
import tyro

from equilab.errors import DataError, SettingError, check_count
from equilab.files import write_atomically, written_beside
from equilab.metrics import PROTOCOLS, Scores, ScoreSettings, choose_metrics, evaluate, read_codes, score_codes
from equilab.models import VariationalAutoencoder
from equilab.runs.commands.exit_status import exit_status
from equilab.runs.compute import prepare
from equilab.runs.evaluations import Disentanglement, encoder_of
from equilab.runs.evaluations.evaluation import images_at_once
from equilab.runs.record import Record
from equilab.runs.state import build_model

_PROTOCOL = "locatello2019"
_OF_CODES, _OF_IMAGES = ("random", "ceiling"), ("random", "pca", "ceiling")


@dataclass(frozen=True)
class Options:
    """What to score, and how.

    Of a run, protocol, seed and images that are not given are those of its training: the scores that it logged come out
    again.
    """

    what: tyro.conf.Positional[Path]  # a run folder, or an .npz file with codes (n, d) and factors (n, k)
    protocol: str = ""  # the set of metrics, a wrong one lists those there are; not given: the run's, or locatello2019
    metrics: tuple[str, ...] = ()  # names, also of other protocols; not given: all of the protocol
    seed: int | None = None  # of the metrics' draws; not given: the run's, or 0
    representation: Literal["mean", "sampled"] = "mean"  # posterior means, or one sample of each posterior
    repeats: int = 0  # further evaluations with other seeds, for an interval of each value
    references: tuple[str, ...] = ()  # random ceiling, of a run also pca pixels untrained, or none; else all but pixels
    strict: bool = False  # refuse fewer observations than a metric draws, unless they are a complete grid
    images: int | None = (
        None  # images of a run that are encoded, drawn at random; 0: all of a grid; not given: the run's
    )
    out: Path | None = None  # folder for scores.json and heat_maps.png; None: they are printed only
    modules: tuple[str, ...] = ()  # modules of yours whose dataclasses a run.json may name; they are imported


def scores_of(options: Options) -> Scores:
    """The scores that the options ask for. Raises DataError, SettingError and ShapeError for what cannot be scored."""
    choose_metrics(options.protocol or _PROTOCOL, options.metrics or None)  # errors come before a model is read
    for name in ("seed", "images"):
        check_count(name, getattr(options, name) or 0, least=0)
    if not options.what.exists():
        raise DataError(str(options.what), expected="a run folder or a file of codes", got="nothing of that name")
    if options.out is not None and options.out.exists() and not options.out.is_dir():
        raise SettingError("out", expected="a folder", got=f"the file {options.out}")
    return (_of_codes if options.what.suffix == ".npz" else _of_run)(options)


def _of_codes(options: Options) -> Scores:
    """The scores of a file."""
    table, blocks = read_codes(options.what)
    names = _references(options, _OF_CODES)
    if unknown := [name for name in names if name not in _OF_CODES]:
        raise SettingError("references", expected=f"of codes {', '.join(_OF_CODES)}", got=", ".join(unknown))
    return score_codes(
        table.codes if table.posterior is None else table.posterior,
        table.factors,
        metrics=options.metrics or None,
        protocol=options.protocol or _PROTOCOL,
        blocks=blocks,
        seed=options.seed or 0,
        factor_names=table.factor_names,
        settings=ScoreSettings(
            representation=options.representation, repeats=options.repeats, references=names, strict=options.strict
        ),
    )


def _of_run(options: Options) -> Scores:
    """The scores of a run's newest checkpoint, on the data that it was trained on."""
    if options.what.is_file() and options.what.name != "run.json":
        raise DataError(str(options.what), expected="a run folder, or an .npz file of codes", got="another file")
    record = Record.open(options.what, modules=options.modules)
    model = record.model()
    if not isinstance(model, VariationalAutoencoder):
        raise DataError(str(options.what), expected="a variational autoencoder", got=f"a {type(model).__name__}")
    device = prepare(record.run.compute)
    if record.run.compute.channels_last:  # as in the training: another order of memory rounds otherwise
        model = model.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
    names = _references(options, (*_OF_IMAGES, "untrained"))
    logged = next((each for each in record.run.evaluations if isinstance(each, Disentanglement)), None)
    images = options.images if options.images is not None else logged.images if logged else 0
    before = build_model(record.run).to(device).eval() if "untrained" in names else None
    return evaluate(
        encoder_of(model.to(device), device),
        record.run.data,
        metrics=options.metrics or None,
        protocol=options.protocol or (logged.protocol if logged else _PROTOCOL),
        seed=record.run.seed if options.seed is None else options.seed,
        untrained=None if before is None else encoder_of(before, device),
        settings=ScoreSettings(
            representation=options.representation,
            repeats=options.repeats,
            references=tuple(name for name in names if name != "untrained"),
            batch_size=images_at_once(device),
            num_samples=images or None,
            strict=options.strict,
            progress=_progress() if sys.stderr.isatty() else None,
        ),
    )


def _references(options: Options, usual: tuple[str, ...]) -> tuple[str, ...]:
    """Those that are asked for, the usual ones, or none."""
    return () if options.references == ("none",) else options.references or usual


def _progress() -> Callable[[int, int], None]:
    """A line on the terminal that counts the images that are encoded."""

    def report(done: int, total: int) -> None:
        sys.stderr.write(f"\r{done:,} of {total:,} images encoded" + ("\n" if done == total else ""))
        sys.stderr.flush()

    return report


def write(scores: Scores, folder: Path) -> list[Path]:
    """The files scores.json (values, references, what decides them) and heat_maps.png; their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    values = {name: value if math.isfinite(value) else None for name, value in scores.flat().items()}
    record = {
        "protocol": scores.protocol,
        "representation": scores.representation,
        "seed": scores.seed,
        "versions": scores.versions,
        "settings": scores.settings,
        "notes": scores.notes,
        "scores": values,
        "per_block": {name: score.per_block for name, score in scores.items() if score.per_block},
    }
    paths = [folder / "scores.json", folder / "heat_maps.png"]
    write_atomically(paths[0], json.dumps(record, indent=1, allow_nan=False).encode() + b"\n")
    with written_beside(paths[1]) as file:
        scores.plot().save(file, "PNG")
    return paths


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status: 0, 1 for a disk that takes nothing, 2 for what cannot be scored."""
    description = f"{__doc__}\n\nProtocols: {', '.join(PROTOCOLS)}"
    options = tyro.cli(Options, args=arguments, prog="equilab evaluate", description=description)

    def work() -> int:
        scores = scores_of(options)
        print(scores)
        for path in write(scores, options.out) if options.out else ():
            print(f"written: {path}", file=sys.stderr)
        return 0

    return exit_status(work)
