"""equilab demo: train the demo recipe into runs/demo, go on with it if it was stopped, show what it gave."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import tyro

from equilab.runs.command_lines import equilab, python
from equilab.runs.commands import train

FOLDER = Path("runs/demo")


@dataclass(frozen=True)
class Options:
    """What the demo trains, and where the run is kept."""

    recipe: str = "demo"  # recipe that is trained
    folder: Path = FOLDER  # run folder; a run in it is gone on with


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status of the training."""
    options = tyro.cli(Options, args=arguments, prog="equilab demo", description=__doc__)
    return demo(options.recipe, options.folder)


def demo(recipe: str = "demo", folder: Path = FOLDER) -> int:
    """The exit status of the training; a demo that is finished already is only shown."""
    arguments = ["--resume", str(folder)] if (folder / "run.json").exists() else [recipe, "--folder", str(folder)]
    status = train.main(arguments)
    if status == 0:
        run = f"{equilab()} train"
        wandb = Path(python()).with_name("wandb")
        print(
            f"\nNext:\n"
            f"  {wandb} leet {folder}/wandb    # its curves in the terminal, offline\n"
            f"  {run} factor_vae --folder runs/full   # the full recipe; Ctrl-C saves it\n"
            f"  {run} --resume runs/full    # go on with it where it was stopped\n"
            f"(remove {folder} to train the demo again)"
        )
    return status
