"""Weights & Biases as a sink: the W&B run of a run folder."""

import logging
import netrc
import os
import secrets
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import wandb

from equilab.runs.evaluations import Findings
from equilab.runs.sinks.sink import Sink

logger = logging.getLogger("equilab.training")
FINISH_SECONDS = 120  # how long the end of a run waits for a W&B server that does not answer


class WandbSink(Sink):
    """A W&B run of its own, started or gone on with, beside others of the same process.

    folder: of the run, which also holds W&B's files. config: settings. name: of the W&B run. mode: online needs an API
    key, and falls back to offline, with a message. project: W&B project.
    """

    def __init__(
        self, folder: Path, *, config: dict[str, Any], name: str, mode: Literal["offline", "online"], project: str
    ):
        self._set: list[str] = []  # variables that this sink set, to be taken back
        if mode == "online" and not _logged_in(wandb.setup().settings.base_url):
            logger.warning("W&B: not logged in (wandb login), so this run is kept offline in %s", folder / "wandb")
            mode = "offline"
        if mode == "offline":
            self._default("WANDB_ERROR_REPORTING", "false")  # offline runs would post telemetry
            self._default("WANDB_DATA_DIR", os.fspath(folder.absolute() / "wandb"))
        (folder / "wandb").mkdir(exist_ok=True)
        identity = folder / "wandb" / "id"
        resumed = identity.exists()
        if not resumed:
            identity.write_text(secrets.token_hex(4), encoding="utf-8")
        self._run = wandb.init(
            project=project,
            name=name,
            id=identity.read_text(encoding="utf-8"),
            resume="allow" if resumed else None,
            reinit="create_new",
            dir=folder,
            config=config,
            mode=mode,
            settings=wandb.Settings(
                silent=True,
                console="off",
                x_disable_stats=True,
                disable_git=True,
                disable_code=True,
                finish_timeout=FINISH_SECONDS,
            ),
        )
        self._run.define_metric("step")
        self._run.define_metric("*", step_metric="step")
        if mode == "online":
            logger.info("W&B: %s", self._run.url)

    def log(self, step: int, findings: Findings, pictures: dict[str, Path]) -> None:
        row: dict[str, Any] = {"step": step, **findings.values}
        row |= {key: wandb.Image(os.fspath(path)) for key, path in pictures.items()}
        row |= {
            key: wandb.Table(columns=[*table.header], data=[[*cells] for cells in table.rows])
            for key, table in findings.tables.items()
        }
        self._run.log(row)

    def close(self, exit_code: int) -> None:
        self._run.finish(exit_code=exit_code)
        for key in self._set:
            os.environ.pop(key, None)

    def _default(self, key: str, value: str) -> None:
        """Sets a variable that has no value yet, until the sink is closed."""
        if key not in os.environ:
            os.environ[key] = value
            self._set.append(key)


def _logged_in(server: str) -> bool:
    """Whether W&B finds an API key: in the environment, or in the netrc file for this server, which is not called."""
    if os.environ.get("WANDB_API_KEY"):
        return True
    try:
        return netrc.netrc(os.environ.get("NETRC")).authenticators(urlsplit(server).hostname or "") is not None
    except (OSError, netrc.NetrcParseError):
        return False
