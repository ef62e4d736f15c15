"""python -m training.demo: train the demo recipe into runs/demo, go on with it if it was stopped, show what it gave."""

import sys
from pathlib import Path

from training.commands import python
from training.train import main

FOLDER = Path("runs/demo")


def demo(recipe: str = "demo", folder: Path = FOLDER) -> int:
    """The exit status of the training; a demo that is finished already is only shown."""
    arguments = ["--resume", str(folder)] if (folder / "run.json").exists() else [recipe, "--folder", str(folder)]
    status = main(arguments)
    if status == 0:
        run = f"{python()} -m training.train"
        print(
            f"\nNext:\n"
            f"  {python().removesuffix('python')}wandb leet {folder}/wandb    # its curves in the terminal, offline\n"
            f"  {run} factor_vae_dsprites --folder runs/full   # the full recipe; Ctrl-C saves it\n"
            f"  {run} --resume runs/full    # go on with it where it was stopped\n"
            f"(rm -r {folder} and make demo to train the demo again)"
        )
    return status


if __name__ == "__main__":
    sys.exit(demo())
