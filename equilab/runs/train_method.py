"""A training in one call: data, the name of a method, its settings by their names, several seeds."""

from collections.abc import Sequence
from dataclasses import fields, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from equilab.data import Arrays, Dataset
from equilab.errors import SettingError
from equilab.files import as_path
from equilab.metrics.metric import FEWEST_ROWS
from equilab.models import ConvVAE, Model
from equilab.objectives import Objective
from equilab.optimizers import Optimizer
from equilab.runs.evaluations import OF_VAE, Disentanglement, Evaluation, HeldOutLoss, Traversals
from equilab.runs.folder import refuse_file
from equilab.runs.loop import set_up
from equilab.runs.loop import train as train_run
from equilab.runs.parts import find_evaluations, find_part
from equilab.runs.record import Record
from equilab.runs.run import Run
from equilab.runs.seeds import seeded
from equilab.runs.serial import modules_of, to_tree

BY_NAME = {"model": Model, "optimizer": Optimizer}
"""Settings of `Run` that are objects, which may be given by the name of their class."""
OF_RUN = tuple(each.name for each in fields(Run) if each.name not in ("data", "objective", "seed"))


def train(
    data: Dataset, method: str | Objective, *, folder: Path | str, seeds: Sequence[int] = (0,), **settings: Any
) -> list[Record]:
    """The records of one training for each seed, in the folders FOLDER/s0, FOLDER/s1 ...

    The same call goes on with trainings that were stopped, and only reads those that are finished. Ctrl-C saves the
    training under way, then raises KeyboardInterrupt.

    data: images and factors; those of `Arrays` are kept in FOLDER/data.npz. method: name of an objective such as
    "factor_vae", or an objective. folder: of the runs. seeds: different numbers; default 0. settings: by their names
    those of `Run` (steps, batch_size, model, optimizer, evaluations ...), of the objective (gamma), of the model
    (latent_dim) and of the optimiser (learning_rate); default: those of `Run`, of the classes, and a ConvVAE, which is
    evaluated at the end by losses, pictures and scores. Model, optimiser and evaluations are objects, or names as on
    the command line ("p4cnn", "sgd", "none").

    Raises SettingError for a name of no setting; whatever else a `Run` or its training raises.

    >>> import equilab as eq
    >>> eq.train(eq.data.MiniSprites(), "factor_vae", gama=35, folder="runs/mine")
    Traceback (most recent call last):
    equilab.errors.SettingError: gama: expected a setting of Run, FactorVAE, ConvVAE or Adam, got 'gama'; did you ...
    """
    if "seed" in settings:
        raise SettingError("seed", expected="seeds", got=settings["seed"], hint=f"seeds=[{settings['seed']}]")
    if not isinstance(data, Dataset):
        raise SettingError(
            "data",
            expected="a data set",
            got=type(data).__name__,
            hint="eq.data.Arrays(images, {name: values}) makes one of arrays",
        )
    objective = method if isinstance(method, Objective) else find_part(Objective, method, argument="method")
    folder = as_path("folder", folder)
    refuse_file(folder)
    run = with_settings(Run(data, ConvVAE(), objective, evaluations=usual_evaluations(data)), settings)
    runs = seeded(run, seeds, folder)
    if isinstance(data, Arrays):
        if not (folder / "data.npz").exists():
            set_up(next(iter(runs.values())))  # a run that cannot be trained leaves no file
        kept = data.save(folder / "data.npz")
        runs = {path: replace(each, data=kept) for path, each in runs.items()}
    for path, each in runs.items():
        if train_run(each, path).signal is not None:
            raise KeyboardInterrupt
    return [Record.open(path, modules=modules_of(to_tree(each))) for path, each in runs.items()]


def usual_evaluations(data: Dataset) -> tuple[Evaluation, ...]:
    """Losses, pictures, and the scores that the factors of the data allow.

    MIG, BetaVAE and FactorVAE scores for two factors that vary or more, MIG for one; none for fewer than 10 images.
    """
    varying = sum(factor.size > 1 for factor in data.factors)
    if varying > 1 and len(data) >= FEWEST_ROWS:
        return OF_VAE
    scores = (Disentanglement(metrics=("mig",)),) if varying and len(data) >= FEWEST_ROWS else ()
    return (HeldOutLoss(), *scores, Traversals())


def with_settings(run: Run, settings: dict[str, Any]) -> Run:
    """The run with settings given by the bare names of its fields, or of its objective's, model's and optimiser's.

    Raises SettingError for a name of none of them, or of several of the last three.
    """
    for name, value in settings.items():
        if name == "evaluations":
            run = replace(run, evaluations=find_evaluations(value, argument=name))
        elif name in BY_NAME:
            part = value if isinstance(value, BY_NAME[name]) else find_part(BY_NAME[name], value, argument=name)
            run = replace(run, **{name: part})
        elif name in OF_RUN:
            run = replace(run, **{name: value})
    for name in [each for each in settings if each not in OF_RUN]:
        parts = {part: getattr(run, part) for part in ("objective", "model", "optimizer")}
        owners = [part for part, each in parts.items() if name in _names(each)]
        classes = [type(each).__name__ for each in parts.values()]
        if not owners:
            near = get_close_matches(name, [*OF_RUN, *(each for part in parts.values() for each in _names(part))], n=1)
            raise SettingError(
                name,
                expected=f"a setting of Run, {', '.join(classes[:-1])} or {classes[-1]}",
                got=repr(name),
                hint=f"did you mean {near[0]}?" if near else "",
            )
        if len(owners) > 1:
            both = " and of ".join(type(parts[part]).__name__ for part in owners)
            raise SettingError(
                name, expected="a setting of one part", got=f"one of {both}", hint="give the object that has it"
            )
        run = replace(run, **{owners[0]: replace(parts[owners[0]], **{name: settings[name]})})
    return run


def _names(settings: Any) -> list[str]:
    return [each.name for each in fields(settings) if each.init]
