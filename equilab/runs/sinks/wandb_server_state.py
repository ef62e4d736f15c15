"""The state of a W&B run on its server, read before the run is opened: opening and closing would change it."""

import logging
from typing import NamedTuple

import wandb

from equilab.errors import DataError
from equilab.runs.record import Record
from equilab.runs.sinks.wandb_plan import Plan

_SECONDS = 20  # that the server may take for its answer
logger = logging.getLogger("equilab.training")


class ServerRun(NamedTuple):
    """A run of a server: the key in its config, the number of its rows, and the step of the newest one, if known."""

    key: str | None
    num_rows: int
    step: int | None


def server_run(plan: Plan) -> ServerRun | None:
    """The run of a plan's id on the server; None: there is none, or the server does not answer this question.

    What the server does not answer here is compared once the run is open.
    """
    path = "/".join(filter(None, (plan.entity, plan.project, plan.id)))
    try:
        run = wandb.Api(timeout=_SECONDS).run(path)
        key, step = run.config.get("key"), run.summary.get("step")
        return ServerRun(
            key if isinstance(key, str) else None, run.lastHistoryStep + 1, step if isinstance(step, int) else None
        )
    except Exception as error:  # of many classes: no such run, no rights, another version of the server
        logger.debug("W&B: %s cannot be read: %s", path, error)
        return None


def refuse_foreign_run(record: Record, plan: Plan, *, whole: bool) -> None:
    """DataError for a run of the server that holds another training, or rows that the record has not.

    record: of the run folder. plan: how its W&B run is to be opened. whole: whether the record is all that there will
    be, so that the server cannot have more rows.
    """
    found = server_run(plan)
    if found is None:
        return
    if found.key != record.key and (found.key is not None or found.num_rows > 0):
        got = f"key {found.key or 'none'}"
        raise DataError(f"W&B run {plan.id}", expected=f"a run of key {record.key}, or a new id", got=got)
    rows, hint = record.rows, f"send the record to a new run: equilab upload {record.folder} --id NEW"
    if found.num_rows > len(rows):
        if whole:
            expected = f"at most the {len(rows)} rows of the record"
            raise DataError(f"W&B run {plan.id}", expected=expected, got=f"{found.num_rows} rows", hint=hint)
    elif found.num_rows > 0 and found.step is not None and found.step != rows[found.num_rows - 1]["step"]:
        expected = f"row {found.num_rows - 1} at step {rows[found.num_rows - 1]['step']}"
        raise DataError(f"W&B run {plan.id}", expected=expected, got=found.step, hint=hint)
