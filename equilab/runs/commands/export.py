"""equilab export RUN: weights as safetensors, networks as ONNX, and a model card, in a folder to give away."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import tyro

from equilab.runs.commands.exit_status import exit_status
from equilab.runs.export import export
from equilab.runs.record import Record


@dataclass(frozen=True)
class Options:
    """Which run is exported, and where to."""

    run: tyro.conf.Positional[Path]  # run folder
    out: Path | None = None  # new or empty folder; None: RUN/export
    onnx: bool = True  # write encoder and decoder as ONNX, which takes the packages onnx and onnxscript
    modules: tuple[str, ...] = ()  # modules of yours whose dataclasses the run.json may name; they are imported


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status: 0, or 2 for a run that cannot be exported and a place that cannot be written."""
    options = tyro.cli(Options, args=arguments, prog="equilab export", description=__doc__)

    def work() -> int:
        record = Record.open(options.run, modules=options.modules)
        for path in export(record, options.out or options.run / "export", onnx=options.onnx):
            print(path)
        return 0

    return exit_status(work)
