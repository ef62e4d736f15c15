"""What eq.check, e3nn's assert_equivariant and escnn's check_equivariance say of each mutant, as a Markdown table.

The mutants are those of tests/equilab/check/mutants.py, and a few on which checks differ. Each check is run as its
library ships it, with its own defaults, on the mutant and on its sound twin: one that fails both has found nothing.
"""

import contextlib
import io
import sys
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import mean
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

import equilab as eq
from equilab.groups import Representation
from equilab.interop.escnn import load_escnn, to_escnn

HERE = Path(__file__).resolve().parents[1] / "equilab" / "check"
if str(HERE) not in sys.path:
    sys.path.insert(0, str(HERE))  # where its modules find each other
from mutants import MUTANTS  # noqa: E402
from mutants_case import VACUOUS, Mutant, Trial, mutant  # noqa: E402

SEEDS = range(5)  # of the random elements that the other checks draw
KNOWN = "escnn's R2Conv with frequencies_cutoff=lambda r: 10"
COLUMNS = ("mutant", "eq.check", "error", "cause", "e3nn", "escnn")


APART: list[Mutant] = []  # on which checks differ
_VECTORS = {"in_type": "2x1o", "out_type": "2x1o", "group": eq.check.Euclidean()}


@mutant(APART, None)
def vectors_of_size_1e_4(generator: torch.Generator, sound: bool) -> Trial:
    """A tanh on the components of small vectors, or one of their lengths."""

    def squashed(x: Tensor) -> Tensor:
        if not sound:
            return 1e-4 * x.tanh()
        vectors = x.unflatten(1, (2, 3))
        return 1e-4 * (vectors / (1 + vectors.norm(dim=2, keepdim=True))).flatten(1)

    return Trial(squashed, (torch.randn(40, 6, generator=generator),), _VECTORS)


@mutant(APART, None)
def vectors_that_are_not_a_number(generator: torch.Generator, sound: bool) -> Trial:
    return Trial(lambda x: x if sound else x * torch.nan, (torch.randn(40, 6, generator=generator),), _VECTORS)


@mutant(APART, None, VACUOUS)
def vectors_that_are_zero(generator: torch.Generator, sound: bool) -> Trial:
    return Trial(lambda x: x if sound else x * 0, (torch.randn(40, 6, generator=generator),), _VECTORS)


class Row(NamedTuple):
    """A line of the table."""

    mutant: str
    ours: str
    error: str
    cause: str
    e3nn: str
    escnn: str


class NotApplicableError(Exception):
    """Why a check cannot be asked about a mutant."""


def said(check: Callable[[Trial], None], build: Callable[[bool], Trial]) -> str:
    """`fails`, `passes`, or how often it passes, and whether the sound twin fails, too; or why it is not applicable."""
    try:
        found = passes(check, lambda: build(False))
    except NotApplicableError as error:
        return f"n/a ({error})"
    word = {0: "fails", len(SEEDS): "passes"}.get(found, f"passes {found} of {len(SEEDS)} times")
    twin = passes(check, lambda: build(True))
    return word if twin == len(SEEDS) else f"{word}, the sound twin fails {len(SEEDS) - twin} of {len(SEEDS)} times"


def passes(check: Callable[[Trial], None], build: Callable[[], Trial]) -> int:
    """How often the check passes; whatever it prints is swallowed."""
    count = 0
    for seed in SEEDS:
        trial = build()
        torch.manual_seed(seed)
        np.random.seed(seed)  # noqa: NPY002
        with contextlib.redirect_stdout(io.StringIO()):
            try:
                check(trial)
                count += 1
            except AssertionError:
                pass
    return count


def e3nn_check(trial: Trial) -> None:
    """e3nn.util.test.assert_equivariant with its defaults, but for the inputs and whether there are translations."""
    from e3nn.o3 import Irreps
    from e3nn.util.test import assert_equivariant

    group = trial.options.get("group")
    if not isinstance(group, eq.check.Euclidean):
        raise NotApplicableError("not a group of space")

    def known(value: Any) -> Any:
        if isinstance(value, eq.check.Points):
            return "cartesian_points"
        return None if isinstance(value, eq.check.Invariant) else Irreps(str(value))

    in_type, out_type = trial.options["in_type"], trial.options["out_type"]
    in_types = in_type if isinstance(in_type, tuple) else (in_type,)
    assert_equivariant(
        moded(trial),
        args_in=[*trial.inputs],
        irreps_in=[known(value) for value in in_types],
        irreps_out=[known(out_type)],
        do_parity=group.parity,
        do_translation=group.translations,
    )


def escnn_check(trial: Trial) -> None:
    """EquivariantModule.check_equivariance with its defaults: its own input, normal noise of 10 x 10 pixels."""
    kinds = [trial.options.get("in_type"), trial.options.get("out_type")]
    if not all(isinstance(kind, Representation) for kind in kinds):
        raise NotApplicableError("not a group of the plane")
    into, out = (to_escnn(kind) for kind in kinds if isinstance(kind, Representation))
    if len(trial.inputs) != 1 or trial.inputs[0].dtype != torch.float32:
        raise NotApplicableError("its input is float32")
    module = wrapped(moded(trial), into, out)
    try:
        with torch.no_grad():
            module(into.wrap(torch.randn(3, into.field_type.dim, 10, 10)))
    except Exception as error:
        raise NotApplicableError("its input is 10 x 10") from error
    module.check_equivariance()


def moded(trial: Trial) -> Callable[..., Any]:
    """The module in the mode that the check was asked for."""
    mode = trial.options.get("mode", "as_is")
    if mode != "as_is" and isinstance(trial.fn, nn.Module):
        trial.fn.train(mode == "train")
    return trial.fn


def wrapped(function: Callable[[Tensor], Tensor], into: Any, out: Any) -> Any:
    """A callable on plain tensors as a module of escnn, with `check_equivariance`."""

    class Wrapped(load_escnn().nn.EquivariantModule):
        in_type, out_type = into.escnn_type, out.escnn_type

        def forward(self, tensor: Any) -> Any:
            y = function(into.unwrap(tensor))
            return out.wrap(y if y.ndim == 4 else y[..., None, None])

        def evaluate_output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
            return (input_shape[0], self.out_type.size, *input_shape[2:])

    return Wrapped()


def known_case(sound: bool, *, seed: int = 0) -> Trial:
    """A convolution of escnn whose basis has more frequencies than its grid, or, sound, the default one."""
    escnn = load_escnn()
    fields = to_escnn(2 * eq.groups.C4.regular).escnn_type
    torch.manual_seed(seed)
    options = {} if sound else {"frequencies_cutoff": lambda r: 10}
    conv = escnn.nn.R2Conv(fields, fields, 3, padding=1, **options).eval()
    x = torch.randn(2, 8, 9, 9, generator=torch.Generator().manual_seed(1))
    return Trial(conv, (x,), {})


def own_check(trial: Trial) -> None:
    """R2Conv.check_equivariance with its defaults; its photo, which is downloaded, is noise here."""
    with stand_ins():
        trial.fn.check_equivariance()  # pyright: ignore[reportFunctionMemberAccess]


@contextlib.contextmanager
def stand_ins() -> Iterator[None]:
    """What R2Conv.check_equivariance imports of scikit-image and downloads with scipy, by torch and from a seed."""
    import scipy

    photo = np.random.default_rng(0).integers(0, 256, (768, 1024, 3), dtype=np.uint8)

    def resize(image: np.ndarray, shape: tuple[int, ...], anti_aliasing: bool) -> np.ndarray:
        """To floats in [0, 1], as scikit-image does of bytes."""
        whole = torch.from_numpy(image / 255.0)
        return functional.interpolate(whole, shape[2:], mode="bilinear", antialias=anti_aliasing).numpy()

    made = {name: types.ModuleType(name) for name in ("skimage", "skimage.measure", "skimage.transform", "matplotlib")}
    made["matplotlib.image"] = types.ModuleType("matplotlib.image")
    made["matplotlib"].image = made["matplotlib.image"]  # pyright: ignore[reportAttributeAccessIssue]
    made["skimage.measure"].block_reduce = None  # pyright: ignore[reportAttributeAccessIssue]
    made["skimage.transform"].resize = resize  # pyright: ignore[reportAttributeAccessIssue]
    before, face = {name: sys.modules.get(name) for name in made}, scipy.datasets.face
    sys.modules.update(made)
    scipy.datasets.face = lambda: photo
    try:
        yield
    finally:
        scipy.datasets.face = face
        for name, module in before.items():
            if module is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module


def number(value: float) -> str:
    """Two digits."""
    return "" if value != value else f"{value:.2g}"


def our_words(trial: Trial) -> tuple[str, str, str]:
    """Verdict, largest error and cause."""
    report = eq.check.equivariance(trial.fn, *trial.inputs, **trial.options)
    error = max(report.error, report.interpolated_error)
    return str(report.verdict), number(error), "" if report.cause is None else report.cause.name


def row(mutant: Mutant) -> Row:
    """All that is said of one mutant."""
    return Row(
        mutant.name, *our_words(mutant.make(False)), said(e3nn_check, mutant.make), said(escnn_check, mutant.make)
    )


def known_row() -> Row:
    """The same of escnn's own layer."""
    return Row(KNOWN, *our_words(known_case(False)), "n/a (not a group of space)", said(own_check, known_case))


def rows() -> Iterator[Row]:
    yield from map(row, (*MUTANTS, *APART))
    yield known_row()


def main() -> None:
    torch.set_num_threads(1)
    print(f"| {' | '.join(COLUMNS)} |\n|{'---|' * len(COLUMNS)}")
    for found in rows():
        print(f"| {' | '.join(found)} |", flush=True)
    trials = [known_case(False, seed=seed) for seed in range(10)]
    errors = [eq.check.equivariance(trial.fn, *trial.inputs).error for trial in trials]
    passed = sum(passes(own_check, lambda trial=trial: trial) == len(SEEDS) for trial in trials)
    print(
        f"\nThat layer with 10 weights: error {min(errors):.0%} to {max(errors):.0%}, mean {mean(errors):.0%}; its own "
        f"check passes {passed} of them"
    )


if __name__ == "__main__":
    main()
