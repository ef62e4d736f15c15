"""Where a run goes on a W&B server: id, project, group, tags, by the variables of W&B, the folder and the settings."""

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from equilab.errors import DataError
from equilab.files import make_folder, write_atomically
from equilab.runs.record import Record
from equilab.runs.run import Run, Switch
from equilab.runs.serial import read_json
from equilab.runs.settings import method_of, same_but_seed
from equilab.runs.sinks.wandb_variables import Mode, Variables, read_variables

JOB_TYPE = "train"


@dataclass(frozen=True)
class Plan:
    """How a run is opened on a W&B server.

    keeps_name: whether a W&B run that exists keeps its name. may_count: whether the id may get a number where the
    server has a run of it, which is another folder's.
    """

    mode: Literal["online", "offline"]
    id: str
    project: str
    entity: str | None  # None: the account's own
    name: str
    group: str
    job_type: str
    tags: tuple[str, ...]
    resume: Literal["allow", "must", "never"]
    keeps_name: bool
    may_count: bool
    system_metrics: bool
    console: bool
    commit: bool


@dataclass(frozen=True)
class Identity:
    """Which run of a W&B server a folder's is: what a resume and an upload go on with."""

    id: str
    project: str
    entity: str | None

    @classmethod
    def read(cls, folder: Path) -> "Identity | None":
        """The identity that a folder holds; None before its first W&B run. Raises DataError for a damaged file."""
        path = folder / "wandb" / "identity.json"
        if not path.exists():
            return None
        tree = read_json(path)
        found = tree if isinstance(tree, dict) else {}
        texts = [found.get(name) for name in ("id", "project")]
        entity = found.get("entity")
        if not all(isinstance(text, str) and text for text in texts) or not isinstance(entity, str | None):
            raise DataError(str(path), expected="id, project and entity", got=repr(tree), hint="remove the file")
        return cls(str(texts[0]), str(texts[1]), entity)

    def write(self, folder: Path) -> None:
        """Keeps the identity in a folder."""
        write_atomically(make_folder(folder / "wandb") / "identity.json", json.dumps(vars(self)).encode())

    @staticmethod
    def remove(folder: Path) -> None:
        """Removes the identity of a folder that has no W&B run."""
        (folder / "wandb" / "identity.json").unlink(missing_ok=True)


def wandb_mode(run: Run) -> Mode:
    """Whether a run goes to W&B: as the variables say, else as its settings do. Raises what `read_variables` does."""
    return read_variables(os.environ).mode or run.log.wandb


def plan_training(record: Record, mode: Literal["online", "offline"]) -> Plan:
    """How the training in a folder appears on the server. Raises what `read_variables` and `Identity.read` do."""
    run, variables, kept = record.run, read_variables(os.environ), Identity.read(record.folder)
    given = variables.id or (kept and kept.id)
    log = run.log

    def on(switch: Switch) -> bool:
        return mode == "online" if switch == "auto" else switch == "on"

    return Plan(
        mode=mode,
        id=given or record.key,
        project=variables.project or (kept.project if kept else log.project),
        entity=variables.entity or (kept.entity if kept else None),
        name=variables.name or record.folder.resolve().name,
        group=variables.group or log.group or group_of(run),
        job_type=variables.job_type or JOB_TYPE,
        tags=tags_of(run, variables),
        resume=variables.resume or ("allow" if given else "never"),
        keeps_name=variables.name is None,
        may_count=given is None and variables.resume is None,
        system_metrics=on(log.system_metrics),
        console=on(log.console),
        commit=on(log.commit),
    )


def group_of(run: Run) -> str:
    """A name for all runs that differ in the seed alone: method, data, and six digits for their settings.

    >>> from equilab.data import MiniSprites
    >>> from equilab.models import ConvVAE
    >>> from equilab.objectives import BetaVAE
    >>> names = [group_of(Run(MiniSprites(), ConvVAE(), BetaVAE(4.0), precision="float32", seed=s)) for s in (0, 1)]
    >>> names[0] == names[1], names[0][:-6]
    (True, 'BetaVAE MiniSprites ')
    """
    digest = hashlib.sha256(same_but_seed(run).encode()).hexdigest()
    return f"{method_of(run)} {type(run.data).__name__} {digest[:6]}"


def tags_of(run: Run, variables: Variables) -> tuple[str, ...]:
    """Method, data and model by name, the tags of the settings, and those of WANDB_TAGS, each once."""
    kinds = (method_of(run), type(run.data).__name__, type(run.model).__name__)
    return tuple(dict.fromkeys((*kinds, *run.log.tags, *variables.tags)))
