"""How many files and functions of this project four walks pass through, by a profile hook: what a reader has to open.

The walks: a training from its recipe to its record (3 updates, an evaluation, one row read back), codes through
`score_codes`, images through `GroupConv2d.forward`, a module through `eq.check.equivariance`. Beside them: the files
that name `log_var`, and the lines of `training/`.
"""

import sys
import tempfile
from collections.abc import Callable
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from types import FrameType

import numpy as np
import torch

import equilab as eq

ROOT = Path(__file__).resolve().parents[2]
NOT_WALKED = ("<module>", "<listcomp>", "<genexpr>", "<dictcomp>", "<setcomp>", "<lambda>", "__repr__")


def walk(work: Callable[[], object]) -> tuple[list[str], int, int]:
    """The files of this project, the number of functions in them, and the calls that `work` makes, once it is warm."""
    work()
    places: dict[tuple[str, str], int] = {}

    def note(frame: FrameType, event: str, _: object) -> None:
        path, name = frame.f_code.co_filename, frame.f_code.co_qualname
        ours = any(path.startswith(f"{ROOT}/{top}/") for top in ("equilab", "training", "configs"))
        if event == "call" and ours and name.split(".")[-1] not in NOT_WALKED and frame.f_lineno > 1:
            places[path, name] = places.get((path, name), 0) + 1

    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(None)
    return sorted({str(Path(path).relative_to(ROOT)) for path, _ in places}), len(places), sum(places.values())


def train_once() -> None:
    """Three updates of the small VAE recipe, its evaluation, and one series read back."""
    from equilab.runs.commands.train import main
    from equilab.runs.record import Record

    with tempfile.TemporaryDirectory() as parent, redirect_stdout(StringIO()):
        folder = f"{parent}/run"
        assert main(["mini_sprites", "--folder", folder, "--steps", "3"]) == 0
        Record.open(folder).series("time/evaluation")


def score_once() -> object:
    factors = np.stack(np.unravel_index(np.arange(600), (4, 5, 30)), 1)
    return eq.metrics.score_codes(factors + 0.01, factors, metrics=["mig"])


def convolve() -> Callable[[], object]:
    layer = eq.nn.GroupConv2d(3 * eq.groups.p4.trivial, 8 * eq.groups.p4.regular, kernel_size=3, padding=1)
    images = torch.randn(2, 3, 9, 9)
    return lambda: layer(images)


def check() -> Callable[[], object]:
    layer = eq.nn.GroupConv2d(3 * eq.groups.p4.trivial, 8 * eq.groups.p4.regular, kernel_size=3, padding=1)
    images = torch.randn(4, 3, 9, 9)
    return lambda: eq.check.equivariance(layer, images)


def main() -> None:
    walks = {
        "a training, from recipe to record": train_once,
        "codes through score_codes (MIG)": score_once,
        "images through GroupConv2d": convolve(),
        "a module through eq.check.equivariance": check(),
    }
    for name, work in walks.items():
        files, functions, calls = walk(work)
        print(f"{name}: {len(files)} files, {functions} functions, {calls} calls")
        if "--files" in sys.argv:
            print("  " + "\n  ".join(files))
    sources = [path for top in ("equilab", "training") for path in sorted((ROOT / top).rglob("*.py"))]
    naming = [str(path.relative_to(ROOT)) for path in sources if "log_var" in path.read_text(encoding="utf-8")]
    print(f"files that name log_var: {len(naming)}: {', '.join(naming)}")
    own = [path for path in sources if path.is_relative_to(ROOT / "training")]
    lines = sum(len(path.read_text(encoding="utf-8").splitlines()) for path in own)
    print(f"lines of training/: {lines} in {len(own)} files")


if __name__ == "__main__":
    main()
