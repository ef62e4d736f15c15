"""Weights & Biases as a sink: the W&B run of a run folder, brought to what the record says, each row once."""

import logging
import netrc
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

import wandb
from wandb.errors import UsageError

from equilab.errors import DataError, SettingError
from equilab.files import make_folder
from equilab.runs.evaluations import Columns, Findings
from equilab.runs.record import Record
from equilab.runs.sinks.matrix_picture import is_matrix, matrix_picture
from equilab.runs.sinks.sink import Sink
from equilab.runs.sinks.wandb_layout import Layout, short_config
from equilab.runs.sinks.wandb_plan import Identity, Plan
from equilab.runs.sinks.wandb_rows import Row, rows_of
from equilab.runs.sinks.wandb_server_state import refuse_foreign_run

logger = logging.getLogger("equilab.training")
FINISH_SECONDS = 120  # how long the end of a run waits for a W&B server that does not answer
MOST_OF_ONE_KEY = 99  # folders of one run, each with a W&B run of its own
_ENVIRONMENT = threading.Lock()  # os.environ belongs to all threads


class WandbSink(Sink):
    """A W&B run of its own, started or gone on with, beside others of the same process, which it leaves alone.

    The place of a row in metrics.jsonl is its `_step` on the server. What the server has is not sent again, what it
    lacks is sent first: a sink that is opened and closed brings a server to the record. A row that a crash undid stays
    as it arrived; the resumed run, which is bit-identical, repeats it but for its times.
    record: of the run folder, which also holds W&B's files. plan: how the run is opened. whole: whether the record is
    all that there will be, so that a server cannot have more rows; default False.
    Raises ConnectionError where W&B fails, DataError for a W&B run that it refuses, that holds another training or has
    rows which the whole record lacks, SettingError for one that is active in this process.
    """

    def __init__(self, record: Record, plan: Plan, *, whole: bool = False):
        self._folder, self._layout, self._defined = record.folder, Layout(record.declared), set[str]()
        make_folder(record.folder / "wandb")
        self._offline, self._whole = plan.mode == "offline", whole
        self._run = self._open(record, plan)
        self.start = self._run.starting_step  # rows that the server has
        self._last = dict(self._run.summary)  # of the server, before anything is sent
        self.place = len(record.rows)  # of the next row in metrics.jsonl
        self.url = "" if self._offline else self._run.url  # of the page
        with self._or_end():
            if whole and self.start > self.place:
                self._refuse(f"at most the {self.place} rows of the record", f"{self.start} rows")
            self._bring(record)

    def _bring(self, record: Record) -> None:
        """Sends what the server lacks of the rows of a record, and their last values as the summary."""
        self._run.define_metric("step", hidden=True)
        for name in self._layout.headline.values():
            self._define(name)
        if 0 < self.start <= len(record.rows):
            self._check(self.start - 1, record.rows[self.start - 1]["step"])
        for place, row in rows_of(record, self.start):
            self._send(place, row)
        if record.rows and not self._offline:
            self._run.summary.update(self._layout.summary(record.last()))

    def _open(self, record: Record, plan: Plan) -> Any:
        """The W&B run of a plan, with the record's settings; its identity is kept in the folder."""
        if wandb.run is not None and wandb.run.id == plan.id:
            raise SettingError("WANDB_RUN_ID", expected="a run that is not active in this process", got=plan.id)
        before = Identity.read(record.folder)
        try:
            run = self._accepted(record, plan)
        except DataError:  # of a refusal; after a lost connection the run may exist
            if before is None:
                Identity.remove(record.folder)
            else:
                before.write(record.folder)
            raise
        if plan.resume != "never" and not (run.resumed and plan.keeps_name):
            run.name = plan.name
        run.config.update(short_config(record, commit=plan.commit), allow_val_change=True)
        Identity(run.id, run.project, plan.entity or (None if self._offline else run.entity)).write(record.folder)
        return run

    def _accepted(self, record: Record, plan: Plan) -> Any:
        """The W&B run of the first id that the server takes; DataError for none, and for one of another training."""
        for count in range(1, MOST_OF_ONE_KEY + 1):
            tried = plan if count == 1 else replace(plan, id=f"{plan.id}-{count}")
            if not self._offline and tried.resume != "never":
                refuse_foreign_run(record, tried, whole=self._whole)
            Identity(tried.id, tried.project, tried.entity).write(record.folder)  # a process killed in between resumes
            try:
                run = self._init(record, tried)
            except UsageError as error:
                if plan.may_count and "already exists" in str(error):
                    continue
                raise DataError(f"W&B run {tried.id}", expected="one that W&B opens", got=str(error)) from error
            found = run.config.get("key", "none" if run.starting_step > 0 else record.key)
            if found == record.key:
                return run
            run.finish()
            raise DataError(f"W&B run {run.id}", expected=f"a run of key {record.key}, or a new id", got=f"key {found}")
        raise DataError(plan.id, expected=f"at most {MOST_OF_ONE_KEY} W&B runs of one key", got="more")

    def _init(self, record: Record, plan: Plan) -> Any:
        commit = record.environment.get("commit") if plan.commit else None
        settings = wandb.Settings(
            silent=True,
            console="auto" if plan.console else "off",
            x_disable_stats=not plan.system_metrics,
            disable_git=commit is None,
            git_commit=commit if isinstance(commit, str) else None,
            disable_code=True,
            finish_timeout=FINISH_SECONDS,
            finish_timeout_raises=True,
        )
        with self._surroundings(), as_connection_errors():
            return wandb.init(
                project=plan.project,
                entity=plan.entity,
                name=plan.name if plan.resume == "never" else None,  # one that exists may have been renamed
                id=plan.id,
                group=plan.group,
                job_type=plan.job_type,
                tags=plan.tags,
                resume=None if self._offline else plan.resume,
                reinit="create_new",
                dir=record.folder,
                mode=plan.mode,
                settings=settings,
            )

    def log(self, step: int, findings: Findings, pictures: dict[str, Path]) -> None:
        place, self.place = self.place, self.place + 1
        with self._or_end():
            if place >= self.start:
                self._send(place, Row(step, findings.values, findings.tables, pictures))
            elif place == self.start - 1:
                self._check(place, step)

    def close(self, exit_code: int) -> None:
        with as_connection_errors():
            self._run.finish(exit_code=exit_code)

    def _check(self, place: int, step: int) -> None:
        """Raises DataError where the newest row of the server is of another step than the record's at its place."""
        found = self._last.get("step", step)
        if found != step and self._last.get("_step") == place:
            self._refuse(f"row {place} at step {step}", found)

    def _refuse(self, expected: str, got: object) -> NoReturn:
        hint = f"send the record to a new run: equilab upload {self._folder} --id NEW"
        raise DataError(f"W&B run {self._run.id}", expected=expected, got=got, hint=hint)

    def _send(self, place: int, row: Row) -> None:
        """One row at its place, with matrices as pictures beside their tables; floors and ceilings to the summary."""
        found: dict[str, Any] = dict(self._layout.curves(row.values))
        found |= {key: wandb.Image(os.fspath(path)) for key, path in row.pictures.items()}
        for key, table in row.tables.items():
            found[key] = wandb.Table(columns=[*table.header], data=[[*cells] for cells in table.rows])
            if is_matrix(Columns(*table)):
                found[f"{key}_picture"] = wandb.Image(matrix_picture(table, key))
        for key in found:
            self._define(key)
        with self._surroundings():
            if references := {key: row.values[key] for key in row.values if key in self._layout.references}:
                self._run.summary.update(references)
            self._run.log({"step": row.step} | found, step=place, commit=True)

    def _define(self, key: str) -> None:
        """The updates of the model as the axis of a key, on its first appearance."""
        if key not in self._defined:
            hidden = key.startswith("metric/") and not key.endswith("_picture") and self._layout.is_part(key)
            self._run.define_metric(key, step_metric="step", hidden=hidden)
            self._defined.add(key)

    @contextmanager
    def _or_end(self) -> Iterator[None]:
        """Ends the W&B run at an error, after which nobody closes this sink."""
        try:
            yield
        except Exception:
            self.close(1)
            raise

    @contextmanager
    def _surroundings(self) -> Iterator[None]:
        """An offline run's files in its folder and no error reports, by variables that last as long as a call of W&B's.

        A variable that has a value keeps it.
        """
        wanted = {"WANDB_DATA_DIR": os.fspath(self._folder.absolute() / "wandb"), "WANDB_ERROR_REPORTING": "false"}
        if not self._offline:
            yield
            return
        with _ENVIRONMENT:
            new = {name: value for name, value in wanted.items() if name not in os.environ}
            os.environ.update(new)
            try:
                yield
            finally:
                for name in new:
                    os.environ.pop(name, None)


@contextmanager
def as_connection_errors() -> Iterator[None]:
    """ConnectionError in place of whatever the client raises for a server, but for a run that it refuses."""
    try:
        yield
    except UsageError:
        raise
    except Exception as error:  # of many classes, not all of them W&B's own
        raise ConnectionError(f"W&B: {error}") from error


def is_logged_in() -> bool:
    """Whether W&B finds a login for its server, which is not called.

    It is an API key or the file of an identity token, in the environment or in W&B's settings (`wandb.login` puts it
    there), or an API key in the netrc file.
    """
    settings = wandb.setup().settings
    given = (os.environ.get("WANDB_API_KEY"), os.environ.get("WANDB_IDENTITY_TOKEN_FILE"))
    if any((*given, settings.api_key, settings.identity_token_file)):
        return True
    try:
        found = netrc.netrc(netrc_file()).authenticators(urlsplit(settings.base_url).netloc)
        return found is not None and bool(found[2])
    except (OSError, netrc.NetrcParseError):
        return False


def netrc_file() -> Path:
    """The file in which W&B looks for API keys by server: that of NETRC, else ~/.netrc, else ~/_netrc of Windows."""
    if given := os.environ.get("NETRC"):
        return Path(given).expanduser()
    usual, of_windows = Path("~/.netrc").expanduser(), Path("~/_netrc").expanduser()
    return of_windows if of_windows.exists() and not usual.exists() else usual
