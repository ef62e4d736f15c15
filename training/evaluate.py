"""python -m training.evaluate RUN | CODES.npz: the scores of a trained model, or of the codes of any framework."""

import json
import logging
import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import tyro

from equilab.errors import DataError, SettingError, ShapeError
from equilab.metrics import (
    PROTOCOLS,
    Metric,
    Scores,
    check_enough,
    check_evaluation,
    choose_metrics,
    code_references,
    drawing_at_most,
    read_codes,
    score_encoder,
    score_table,
)
from equilab.models import VariationalAutoencoder
from training.compute import prepare
from training.probe_vae import encoder_of
from training.record import Record
from training.state import build_model

_OF_CODES, _OF_IMAGES = ("random", "ceiling"), ("random", "pca", "ceiling")


@dataclass(frozen=True)
class Options:
    """What to score, and how."""

    what: tyro.conf.Positional[Path]  # a run folder, or an .npz file with codes (n, d) and factors (n, k)
    protocol: str = "locatello2019"  # the set of metrics; a wrong one lists those there are
    metrics: tuple[str, ...] = ()  # a choice of them; not given: all
    seed: int = 0  # of the metrics' draws
    representation: Literal["mean", "sampled"] = "mean"  # posterior means, or one sample of each posterior
    repeats: int = 0  # further evaluations with other seeds, for an interval of each value
    references: tuple[str, ...] = ()  # random ceiling, of a run also pca pixels untrained, or none; else all but pixels
    draws: int = 0  # most observations that a metric draws, where there are few; 0: those of its protocol
    images: int = 0  # images of a run that are encoded, drawn at random; 0: all of a factor grid
    out: Path | None = None  # folder for scores.json and heat_maps.png; None: they are printed only
    modules: tuple[str, ...] = ()  # modules of yours whose dataclasses a run.json may name; they are imported


def evaluate(options: Options) -> Scores:
    """The scores that the options ask for. Raises DataError, SettingError and ShapeError for what cannot be scored."""
    chosen = choose_metrics(options.protocol, options.metrics or None)
    check_evaluation(seed=options.seed, repeats=options.repeats, representation=options.representation)
    for name in ("draws", "images"):
        if getattr(options, name) < 0:
            raise SettingError(f"{name}: expected 0 or more, got {getattr(options, name)}")
    if not options.what.exists():
        raise DataError(f"{options.what}: there is no such run folder or file")
    if options.out is not None and options.out.exists() and not options.out.is_dir():
        raise SettingError(f"out: expected a folder, and {options.out} is a file")
    metrics: list[str | Metric] = [metric.name for metric in chosen]
    if options.draws:
        metrics = [drawing_at_most(metric, options.draws) for metric in chosen]
    return (_of_codes if options.what.suffix == ".npz" else _of_run)(options, metrics)


def _of_codes(options: Options, metrics: list[str | Metric]) -> Scores:
    """The scores of a file."""
    table, blocks = read_codes(options.what)
    names = _references(options, _OF_CODES)
    if unknown := [name for name in names if name not in _OF_CODES]:
        raise SettingError(f"references: {', '.join(unknown)} needs images; of codes there are {', '.join(_OF_CODES)}")
    for metric in choose_metrics(options.protocol, metrics):
        check_enough(metric, len(table.codes), is_grid=table.is_grid)
    return score_table(
        table,
        protocol=options.protocol,
        metrics=metrics,
        seed=options.seed,
        blocks=blocks,
        representation=options.representation,
        repeats=options.repeats,
        references=code_references(table, names=names, seed=options.seed, blocks=blocks),
    )


def _of_run(options: Options, metrics: list[str | Metric]) -> Scores:
    """The scores of a run's newest checkpoint, on the data that it was trained on."""
    record = Record.open(options.what, modules=options.modules)
    model = record.model()
    if not isinstance(model, VariationalAutoencoder):
        raise DataError(f"{options.what}: expected a variational autoencoder, got a {type(model).__name__}")
    device = prepare(record.run.compute)
    names = _references(options, (*_OF_IMAGES, "untrained"))
    before = build_model(record.run).to(device).eval() if "untrained" in names else None
    return score_encoder(
        encoder_of(model.to(device), record.run, device),
        record.run.data,
        protocol=options.protocol,
        metrics=metrics,
        seed=options.seed,
        representation=options.representation,
        repeats=options.repeats,
        references=[name for name in names if name != "untrained"],
        untrained=None if before is None else encoder_of(before, record.run, device),
        batch_size=256 if device.type == "cpu" else 4096,  # a CPU's caches hold no more
        num_samples=options.images or None,
        progress=_progress() if sys.stderr.isatty() else None,
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
        "scores": values,
        "per_code": {name: score.per_code for name, score in scores.items() if score.per_code},
    }
    paths = [folder / "scores.json", folder / "heat_maps.png"]
    paths[0].write_text(json.dumps(record, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    scores.plot().save(paths[1])
    return paths


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status: 0, 1 for a disk that takes nothing, 2 for what cannot be scored."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    description = f"{__doc__}\n\nProtocols: {', '.join(PROTOCOLS)}"
    options = tyro.cli(Options, args=arguments, prog="python -m training.evaluate", description=description)
    try:
        scores = evaluate(options)
        print(scores)
        for path in write(scores, options.out) if options.out else ():
            print(f"written: {path}", file=sys.stderr)
    except (DataError, SettingError, ShapeError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped; nothing was written", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
