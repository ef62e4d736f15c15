"""A finished or interrupted run, sent to a W&B server from its record."""

import os
from dataclasses import replace
from typing import NamedTuple

from equilab.errors import SettingError
from equilab.runs.lock import locked
from equilab.runs.record import Record
from equilab.runs.sinks.wandb_plan import plan_training
from equilab.runs.sinks.wandb_variables import mode_variable, read_variables


class Uploaded(NamedTuple):
    """What a W&B server got. rows: of the record. sent: of them those that it lacked. url: of the W&B run."""

    rows: int
    sent: int
    url: str


def upload(record: Record, *, id: str | None = None, project: str | None = None) -> Uploaded:
    """Brings a W&B server to what a record says, each row once; only what the server lacks is sent.

    record: of a run that no process trains. id: of the W&B run, a new one or one that holds this run; default: that of
    WANDB_RUN_ID, of the folder's W&B run before, or the run's key. project: default: in the same order, then that of
    the settings.
    Raises SettingError without a login and for a variable that forbids it, BusyError while a process trains in the
    folder, DataError for a W&B run that holds another training or more rows than the record, ConnectionError where W&B
    fails.
    """
    from equilab.runs.sinks.wandb_sink import WandbSink, is_logged_in  # a second

    variables = read_variables(os.environ)
    if variables.mode in ("offline", "off"):
        name = mode_variable(os.environ)
        raise SettingError(name, expected="online, to upload", got=os.environ[name], hint="unset it")
    if not is_logged_in():
        raise SettingError("WANDB_API_KEY", expected="a login at W&B", got="none", hint="wandb login")
    with locked(record.folder):
        plan = plan_training(record, "online")
        plan = replace(
            plan,
            id=id or plan.id,
            project=project or plan.project,
            resume=variables.resume or "allow",
            may_count=False,
            system_metrics=False,  # of this process, which is not the training
            console=False,
        )
        sink = WandbSink(record, plan, whole=True)
        sink.close(0 if record.is_finished else 1)
    return Uploaded(len(record.rows), max(0, len(record.rows) - sink.start), sink.url)
