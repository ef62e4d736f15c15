"""The log of a run: metrics.jsonl is the record, Weights & Biases a sink that may fail without harm."""

import json
import logging
import math
import netrc
import os
import secrets
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from equilab.errors import DataError
from training.folder import WriteError
from training.keys import lookup

logger = logging.getLogger("equilab.training")
FINISH_SECONDS = 120  # how long the end of a run waits for a W&B server that does not answer


class Log:
    """Rows, pictures and tables of one run folder; a context manager.

    position: the length of metrics.jsonl, in bytes, that belongs to the checkpoint a run resumes from; what a killed
    process wrote after it is cut off. Raises DataError when the file is shorter than that, SettingError for a key that
    is not declared in training/keys.py, and WriteError when the disk does not take a row. Whatever W&B does wrong is
    reported once through `logging`, and the training goes on without it.
    """

    def __init__(
        self,
        folder: Path,
        *,
        config: dict[str, Any],
        name: str,
        wandb: Literal["offline", "online", "off"],
        project: str,
        position: int | None = None,
    ):
        path = folder / "metrics.jsonl"
        self._folder = folder
        length = path.stat().st_size if path.exists() else 0
        if length < (position or 0):
            raise DataError(
                f"{path}: has {length} bytes, the checkpoint was written at {position}; rows are lost: restore the "
                "file, or train again in another folder"
            )
        self._file = open(path, "ab")  # noqa: SIM115 - close() closes it
        self._file.truncate(position or 0)
        self._file.seek(0, os.SEEK_END)  # truncating does not move the position, which sync() tells
        self._wandb: Any = None
        self._environment = {key: os.environ.get(key) for key in ("WANDB_ERROR_REPORTING", "WANDB_DATA_DIR")}
        if wandb != "off":
            self._safely(lambda: self._open_wandb(wandb, config, name, project))

    def __enter__(self) -> "Log":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.close(exit_code=0 if kind is None else 1)

    def row(self, step: int, values: dict[str, float]) -> None:
        """One line of metrics.jsonl, {"step": step, key: value, ...}, and the same row to W&B.

        A value that is not finite is written as null: JSON has no other word for it.
        """
        for key in values:
            lookup(key)
        row = {"step": step} | {key: value if math.isfinite(value) else None for key, value in values.items()}
        self._write(self._file.name, lambda: (self._file.write(json.dumps(row).encode() + b"\n"), self._file.flush()))
        self._send(lambda: self._wandb.log(row))

    def picture(self, step: int, key: str, path: Path) -> None:
        """A PNG or GIF that lies in the run folder, to W&B; the folder itself is the record of pictures."""
        lookup(key)

        def send() -> None:
            import wandb

            self._wandb.log({"step": step, key: wandb.Image(os.fspath(path))})

        self._send(send)

    def table(self, step: int, key: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """A table, as tables/KEY.json in the run folder (the newest of each key) and to W&B."""
        lookup(key)
        path = self._folder / "tables" / f"{key.replace('/', '_')}.json"
        content = json.dumps({"step": step, "columns": columns, "rows": rows})
        self._write(path, lambda: (path.parent.mkdir(exist_ok=True), path.write_text(content, encoding="utf-8")))

        def send() -> None:
            import wandb

            self._wandb.log({"step": step, key: wandb.Table(columns=[*columns], data=[[*row] for row in rows])})

        self._send(send)

    def sync(self) -> int:
        """The length of metrics.jsonl in bytes, all of it on the disk."""
        self._write(self._file.name, lambda: (self._file.flush(), os.fsync(self._file.fileno())))
        return self._file.tell()

    def close(self, exit_code: int = 0) -> None:
        """Close the file, and the W&B run with this exit code."""
        try:
            self._write(self._file.name, self._file.close)
        finally:
            self._send(lambda: self._wandb.finish(exit_code=exit_code))
            self._wandb = None
            for key, value in self._environment.items():
                os.environ.pop(key, None)
                os.environ |= {} if value is None else {key: value}

    def _write(self, path: Path | str, work: Callable[[], object]) -> None:
        """Do this to a file; WriteError when the disk does not take it."""
        try:
            work()
        except OSError as error:
            raise WriteError(
                f"{path}: cannot be written ({error.strerror}); the checkpoints are intact. Make room and go on with "
                "the run"
            ) from error

    def _open_wandb(self, mode: str, config: dict[str, Any], name: str, project: str) -> None:
        """Start, or go on with, the W&B run of this folder; every key gets `step` as its x-axis."""
        import wandb

        if mode == "online" and not _logged_in(wandb.setup().settings.base_url):
            logger.warning(
                "W&B: not logged in (wandb login), so this run is kept offline in %s", self._folder / "wandb"
            )
            mode = "offline"
        if mode == "offline":
            os.environ.setdefault("WANDB_ERROR_REPORTING", "false")  # offline runs would post telemetry
            os.environ.setdefault("WANDB_DATA_DIR", os.fspath(self._folder.absolute() / "wandb"))
        (self._folder / "wandb").mkdir(exist_ok=True)
        identity = self._folder / "wandb" / "id"
        resumed = identity.exists()
        if not resumed:
            identity.write_text(secrets.token_hex(4), encoding="utf-8")
        self._wandb = wandb.init(
            project=project,
            name=name,
            id=identity.read_text(encoding="utf-8"),
            resume="allow" if resumed else None,
            dir=self._folder,
            config=config,
            mode="online" if mode == "online" else "offline",
            settings=wandb.Settings(
                silent=True,
                console="off",
                x_disable_stats=True,
                disable_git=True,
                disable_code=True,
                finish_timeout=FINISH_SECONDS,
            ),
        )
        self._wandb.define_metric("step")
        self._wandb.define_metric("*", step_metric="step")
        if mode == "online":
            logger.info("W&B: %s", self._wandb.url)

    def _send(self, work: Callable[[], object]) -> None:
        """Do this with the W&B run, if there is one."""
        if self._wandb is not None:
            self._safely(work)

    def _safely(self, work: Callable[[], object]) -> None:
        """Do what W&B is asked for; its failure ends W&B, not the training."""
        try:
            work()
        except Exception as error:  # a sink of somebody else's must not cost a training
            logger.warning(
                "W&B failed and is left out from here on (%s); metrics.jsonl goes on, and `wandb sync` can send what "
                "%s holds",
                error,
                self._folder / "wandb",
            )
            self._wandb = None


def _logged_in(server: str) -> bool:
    """Whether W&B finds an API key: in the environment, or in the netrc file for this server. Asks no server."""
    if os.environ.get("WANDB_API_KEY"):
        return True
    try:
        return netrc.netrc(os.environ.get("NETRC")).authenticators(urlsplit(server).hostname or "") is not None
    except (OSError, netrc.NetrcParseError):
        return False
