"""What a study tells its runs apart by: the method, the settings in which its runs differ, the seed."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from equilab.errors import DataError
from training.record import Record
from training.run import Compute, Logging, Run
from training.serial import to_tree


def method_of(run: Run) -> str:
    """The name of the objective's class."""
    return type(run.objective).__name__


def settings_of(runs: Sequence[Run]) -> tuple[str, ...]:
    """For each run the settings in words: fields of the objective in which runs of its method differ, and any other
    in which runs differ at all, but for seed, log, device and threads.

    >>> from equilab.data import MiniSprites
    >>> from equilab.models import ConvVAE
    >>> from equilab.objectives import VAE, BetaVAE
    >>> objectives = (VAE(), BetaVAE(4.0), BetaVAE(16.0))
    >>> settings_of([Run(MiniSprites(), ConvVAE(), objective) for objective in objectives])
    ('', 'beta=4', 'beta=16')
    """
    trees = [_leaves(to_tree(_essence(run))) for run in runs]
    methods = [method_of(run) for run in runs]
    words = []
    for tree, method in zip(trees, methods, strict=True):
        siblings = [other for other, name in zip(trees, methods, strict=True) if name == method]
        differing = [
            path
            for path, value in tree.items()
            if any(other.get(path) != value for other in (siblings if path.startswith("objective.") else trees))
        ]
        words.append(" ".join(f"{path.removeprefix('objective.')}={_short(tree[path])}" for path in differing))
    return tuple(words)


def check_alike(records: Sequence[Record]) -> None:
    """DataError for runs on different data, and for two that are one training: same settings, same seed."""
    first = records[0]
    for record in records:
        if record.run.data != first.run.data:
            raise DataError(
                f"RUN: expected runs on one data set, got {first.run.data} in {first.folder} and {record.run.data} in "
                f"{record.folder}; study each by itself"
            )
    known: list[tuple[Run, Record]] = []
    for record in records:
        essence = replace(_essence(record.run), seed=record.run.seed)
        same = next((other for run, other in known if run == essence), None)
        if same is not None:
            raise DataError(
                f"RUN: {same.folder} and {record.folder} are one training, of equal settings and seed {essence.seed}; "
                "name one of them"
            )
        known.append((essence, record))


def _essence(run: Run) -> Run:
    """What decides the result of a run, but for its seed and the order of sums."""
    kept = Compute(precision=run.compute.precision, clip_norm=run.compute.clip_norm)
    return replace(run, seed=0, compute=kept, log=Logging())


def _leaves(tree: Any, path: str = "") -> dict[str, Any]:
    """The values of a settings tree by their dotted path."""
    if not isinstance(tree, dict):
        return {path: tree}
    leaves: dict[str, Any] = {}
    for name, value in tree.items():
        leaves |= _leaves(value, f"{path}.{name}".strip("."))
    return leaves


def _short(value: Any) -> str:
    """A number without zeros behind the point; of a class its own name."""
    if isinstance(value, float):
        return f"{value:g}"
    return value.rsplit(".", 1)[-1] if isinstance(value, str) else str(value)
