"""The variables by which W&B is set up from outside; each is honoured, or refused by its name."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from equilab.errors import SettingError

Mode = Literal["online", "offline", "off"]
MODES: dict[str, Mode] = {
    "online": "online",
    "run": "online",
    "offline": "offline",
    "dryrun": "offline",
    "disabled": "off",
}
RESUME = ("allow", "must", "never")
TRUE, FALSE = ("true", "1", "yes", "on"), ("false", "0", "no", "off", "")


@dataclass(frozen=True)
class Variables:
    """What W&B's variables say; None where they say nothing. Those of a sweep's trial hold its id and project."""

    mode: Mode | None = None
    project: str | None = None
    entity: str | None = None
    id: str | None = None
    name: str | None = None
    group: str | None = None
    job_type: str | None = None
    tags: tuple[str, ...] = ()
    resume: Literal["allow", "must", "never"] | None = None


def read_variables(environment: Mapping[str, str]) -> Variables:
    """What the variables of a process say about its W&B runs.

    environment: such as os.environ; an empty value counts as none. Raises SettingError, naming the variable, for a
    value that is not honoured.

    >>> read_variables({"WANDB_MODE": "dryrun", "WANDB_TAGS": "baseline, second"})
    Variables(mode='offline', ..., tags=('baseline', 'second'), resume=None)
    """

    def value(name: str) -> str | None:
        return environment.get(name, "").strip() or None

    resume = value("WANDB_RESUME")
    if resume not in (None, *RESUME):
        hint = "a run folder keeps the id of its W&B run: go on with it by --resume" if resume == "auto" else ""
        raise SettingError("WANDB_RESUME", expected=f"one of {', '.join(RESUME)}", got=repr(resume), hint=hint)
    return Variables(
        mode=_mode(value("WANDB_MODE"), value("WANDB_DISABLED")),
        project=value("WANDB_PROJECT"),
        entity=value("WANDB_ENTITY"),
        id=value("WANDB_RUN_ID"),
        name=value("WANDB_NAME"),
        group=value("WANDB_RUN_GROUP"),
        job_type=value("WANDB_JOB_TYPE"),
        tags=tuple(tag.strip() for tag in (value("WANDB_TAGS") or "").split(",") if tag.strip()),
        resume=resume,
    )


def mode_variable(environment: Mapping[str, str]) -> str:
    """The name of the variable that decides the mode: WANDB_DISABLED where it is true, else WANDB_MODE.

    >>> mode_variable({"WANDB_MODE": "online", "WANDB_DISABLED": "true"})
    'WANDB_DISABLED'
    """
    return "WANDB_DISABLED" if environment.get("WANDB_DISABLED", "").strip().lower() in TRUE else "WANDB_MODE"


def _mode(mode: str | None, disabled: str | None) -> Mode | None:
    """The mode that WANDB_MODE names, or off where WANDB_DISABLED says so."""
    if disabled is not None and disabled.lower() not in TRUE + FALSE:
        raise SettingError("WANDB_DISABLED", expected="true or false", got=repr(disabled))
    if disabled is not None and disabled.lower() in TRUE:
        return "off"
    if mode is not None and mode not in MODES:
        raise SettingError("WANDB_MODE", expected=f"one of {', '.join(MODES)}", got=repr(mode))
    return MODES[mode] if mode is not None else None
