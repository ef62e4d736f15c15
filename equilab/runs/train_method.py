"""A training in one call: data, the name of a method, its settings by their names, several seeds."""

from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from equilab.data import Arrays, Dataset
from equilab.errors import SettingError
from equilab.files import as_path
from equilab.metrics.metric import FEWEST_ROWS
from equilab.models import Classifier, ConvVAE, Model, VariationalAutoencoder
from equilab.objectives import Objective
from equilab.objectives.objective import argument_types
from equilab.optimizers import Optimizer
from equilab.runs.evaluations import OF_VAE, Disentanglement, Evaluation, HeldOutLoss, TestError, Traversals
from equilab.runs.folder import refuse_file
from equilab.runs.loop import set_up
from equilab.runs.loop import train as train_run
from equilab.runs.near_options import classes_with, nearest_option, options_of
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
        got = f"the class {data.__name__}" if isinstance(data, type) else type(data).__name__
        hint = (
            f"{data.__name__}()"
            if isinstance(data, type)
            else "eq.data.Arrays(images, {name: values}) makes one of arrays"
        )
        raise SettingError("data", expected="a data set", got=got, hint=hint)
    objective = method if isinstance(method, Objective) else find_part(Objective, method, argument="method")
    folder = as_path("folder", folder)
    refuse_file(folder)
    run = with_settings(Run(data, ConvVAE(), objective, evaluations=usual_evaluations(data, objective)), settings)
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


def usual_evaluations(data: Dataset, objective: Objective) -> tuple[Evaluation, ...]:
    """Of a VAE losses, pictures, and the scores that the factors of the data allow; of a classifier its test error.

    MIG, BetaVAE and FactorVAE scores for two factors that vary or more, MIG for one; none for fewer than 10 images.
    """
    if not issubclass(VariationalAutoencoder, argument_types(type(objective)).model):
        return (TestError(),) if issubclass(Classifier, argument_types(type(objective)).model) else ()
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
            expected = f"a setting of Run, {', '.join(classes[:-1])} or {classes[-1]}"
            raise SettingError(name, expected=expected, got=repr(name), hint=_hint(name, run))
        if len(owners) > 1:
            both = " and of ".join(type(parts[part]).__name__ for part in owners)
            raise SettingError(
                name, expected="a setting of one part", got=f"one of {both}", hint="give the object that has it"
            )
        run = replace(run, **{owners[0]: replace(parts[owners[0]], **{name: settings[name]})})
    return run


def _hint(name: str, run: Run) -> str:
    """Where a setting is that no part of a run has by this name, or the nearest one; empty for none."""
    if others := classes_with(name):
        return f"a setting of {', '.join(others[1])}"
    near = nearest_option(name.replace("_", "-"), options_of(run)).replace("-", "_")
    owner, _, end = near.rpartition(".")
    if owner in ("log", "compute"):
        return f"{owner}=eq.runs.{type(getattr(run, owner)).__name__}({end}=...)"
    return f"did you mean {end}?" if near else ""


def _names(settings: Any) -> list[str]:
    return [each.name for each in fields(settings) if each.init]
