"""What a W&B server for tests keeps: runs with the lines of their files, uploads, and one sweep."""

import json
from dataclasses import dataclass, field
from typing import Any

HISTORY, EVENTS, CONSOLE, SUMMARY = "wandb-history.jsonl", "wandb-events.jsonl", "output.log", "wandb-summary.json"


@dataclass
class StoredRun:
    """One run of the server. As on the real one, a line that arrives again at its place replaces the one before."""

    id: str
    about: dict[str, Any] = field(default_factory=dict)  # the last value of each variable of its upserts
    config: dict[str, Any] = field(default_factory=dict)
    lines: dict[str, dict[int, str]] = field(default_factory=dict)  # by file and line number
    files: dict[str, bytes] = field(default_factory=dict)
    finished: list[int] = field(default_factory=list)  # exit codes
    replaced: list[int] = field(default_factory=list)  # lines of the history that arrived a second time

    @property
    def history(self) -> list[dict[str, Any]]:
        """The rows in order, with W&B's own fields."""
        lines = self.lines.get(HISTORY, {})
        return [json.loads(lines[line]) for line in sorted(lines)]

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The rows in order, without W&B's own fields."""
        return [{key: value for key, value in row.items() if not key.startswith("_")} for row in self.history]

    @property
    def summary(self) -> dict[str, Any]:
        """The last value of each key, in the order in which the client sends them."""
        lines = self.lines.get(SUMMARY, {})
        return json.loads(lines[max(lines)]) if lines else {}

    def stream(self, content: dict[str, Any]) -> None:
        """One message of the file stream: lines of files, and the exit code at the end."""
        for name, part in content.get("files", {}).items():
            kept = self.lines.setdefault(name, {})
            for line, text in enumerate(part["content"], part["offset"]):
                if name == HISTORY and line in kept:
                    self.replaced.append(line)
                kept[line] = text
        if content.get("complete"):
            self.finished.append(content["exitcode"])

    def shown(self) -> dict[str, Any]:
        """The run as the public API of a server shows it."""
        names = ("sweepName", "commit", "createdAt", "heartbeatAt", "description", "notes", "systemMetrics")
        nothing: dict[str, Any] = dict.fromkeys(names)
        last = max((row["_step"] for row in self.history), default=-1)
        return nothing | {
            "id": self.id,
            "projectId": "1",
            "name": self.id,
            "displayName": self.about.get("displayName"),
            "state": "finished" if self.finished else "running",
            "config": json.dumps(self.config),
            "summaryMetrics": json.dumps(self.summary),
            "historyKeys": {"lastStep": last, "keys": {}},
            "historyLineCount": len(self.history),
            "tags": self.about.get("tags") or [],
            "group": self.about.get("groupName"),
            "jobType": self.about.get("jobType"),
            "readOnly": False,
            "user": {"name": "tester", "username": "tester"},
        }

    def status(self) -> dict[str, Any]:
        """What a client that resumes the run is answered."""
        tails = {name: [lines[max(lines)]] if lines else [] for name, lines in self.lines.items()}
        return {
            "id": self.id,
            "name": self.id,
            "displayName": self.about.get("displayName"),
            "summaryMetrics": json.dumps(self.summary),
            "historyLineCount": len(self.lines.get(HISTORY, {})),
            "eventsLineCount": len(self.lines.get(EVENTS, {})),
            "logLineCount": len(self.lines.get(CONSOLE, {})),
            "historyTail": json.dumps(tails.get(HISTORY, [])),
            "eventsTail": json.dumps(tails.get(EVENTS, [])),
            "config": json.dumps(self.config),
            "tags": self.about.get("tags") or [],
            "wandbConfig": json.dumps({"t": self.config.get("_wandb", {}).get("value", {}).get("t", {})}),
        }


@dataclass
class Received:
    """What clients sent, and the operations that this server does not know (it answers them with nothing)."""

    address: str = ""
    runs: dict[str, StoredRun] = field(default_factory=dict)
    artifacts: dict[str, bytes] = field(default_factory=dict)
    sweep: str = ""  # YAML of the sweep
    trials: list[dict[str, Any]] = field(default_factory=list)  # parameters of the trials that no agent has taken yet
    unknown: list[str] = field(default_factory=list)

    @property
    def run(self) -> StoredRun:
        """The only run."""
        (found,) = self.runs.values()
        return found
