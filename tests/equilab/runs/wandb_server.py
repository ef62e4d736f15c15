"""A W&B server for tests, on the loopback address: it answers the real client and keeps what it is sent."""

import gzip
import json
import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from wandb_state import Received, StoredRun

API_KEY = "a" * 40
ENTITY, PROJECT, SWEEP = "tester", "equilab", "sweep1"


def answer(received: Received, operation: str, variables: dict[str, Any]) -> dict[str, Any]:
    """The data of a GraphQL answer."""
    owner = {"id": "entity", "name": variables.get("entity") or ENTITY}
    project = {"id": "project", "name": variables.get("project") or PROJECT, "entity": owner}
    match operation:
        case "Viewer":
            viewer = {"id": "viewer", "entity": ENTITY, "username": ENTITY, "email": "", "flags": "{}"}
            return {"viewer": viewer | {"teams": {"edges": []}}}
        case "GetDefaultEntity":
            return {"viewer": {"id": "viewer", "entity": ENTITY}}
        case "Run" | "RunHistoryKeys":  # of the public API
            run = received.runs.get(variables["name"])
            return {"project": project | {"run": run and run.shown()}}
        case "ServerFeaturesQuery":
            return {"serverInfo": {"features": []}}
        case "OrganizationCoreWeaveOrganizationID":  # asked with the system metrics
            return {"entity": None}
        case "RunResumeStatus":
            run = received.runs.get(variables["name"])
            return {"model": project | {"bucket": run and run.status()}}
        case "UpsertBucket":
            return {"upsertBucket": upsert(received, variables, project)}
        case "CreateRunFiles":
            where = f"{received.address}/upload/{variables['run']}"
            files = [{"name": name, "uploadUrl": f"{where}/{name}"} for name in variables["files"]]
            return {"createRunFiles": {"runID": variables["run"], "uploadHeaders": [], "files": files}}
        case "CreateAgent" | "Heartbeat" | "Sweep" | "SweepWithRuns" | "UpsertSweep" | "GetSweepState":
            return answer_agent(received, operation, variables, project)
    if "Artifact" in operation:
        return answer_artifact(received, operation, variables)
    received.unknown.append(f"{operation} {json.dumps(variables)[:300]}")
    return {}


def upsert(received: Received, variables: dict[str, Any], project: dict[str, Any]) -> dict[str, Any]:
    """A run is created, or gets other settings."""
    name = variables["name"] or variables["id"]
    inserted = name not in received.runs
    run = received.runs.setdefault(name, StoredRun(name))
    run.about |= {key: value for key, value in variables.items() if value is not None}
    run.config |= json.loads(variables.get("config") or "{}")
    bucket = {key: variables.get(key) for key in ("displayName", "description", "config")}
    bucket |= {"id": name, "name": name, "sweepName": variables.get("sweep"), "project": project}
    bucket["historyLineCount"] = run.status()["historyLineCount"]
    return {"bucket": bucket, "inserted": inserted}


def answer_agent(
    received: Received, operation: str, variables: dict[str, Any], project: dict[str, Any]
) -> dict[str, Any]:
    """Answers to `wandb sweep` and `wandb agent`: each trial of `received.trials` once, then the end."""
    match operation:
        case "UpsertSweep":
            received.sweep = variables["config"]
            return {"upsertSweep": {"sweep": {"name": SWEEP, "project": project}, "configValidationWarnings": []}}
        case "CreateAgent":
            return {"createAgent": {"agent": {"id": "agent"}}}
        case "Heartbeat":
            command: dict[str, Any] = {"type": "exit"}
            if json.loads(variables["runState"] or "{}"):
                command = {}
            elif received.trials:
                trial = received.trials.pop(0)
                arguments = {key: {"value": value} for key, value in trial.items() if key != "id"}
                command = {"type": "run", "run_id": trial["id"], "program": "train", "args": arguments}
            return {"agentHeartbeat": {"agent": {"id": "agent"}, "commands": json.dumps([command] if command else [])}}
    found = {"id": SWEEP, "name": SWEEP, "state": "RUNNING", "config": received.sweep, "runs": {"edges": []}}
    return {"project": project | {"sweep": found}}


def answer_artifact(received: Received, operation: str, variables: dict[str, Any]) -> dict[str, Any]:
    """Answers to the upload of tables, which are artifacts."""
    where = f"{received.address}/artifact"
    match operation:
        case "ArtifactType":
            return {"project": {"artifact": None}}
        case "CreateArtifact":
            sequence = {"id": "sequence", "latestArtifact": None}
            return {"createArtifact": {"artifact": {"id": "1", "state": "PENDING", "artifactSequence": sequence}}}
        case "CreateArtifactManifest" | "UpdateArtifactManifest":
            file = {"id": "file", "name": "manifest", "displayName": "manifest", "uploadHeaders": []}
            file |= {"uploadUrl": f"{where}/manifest.json"}
            return {operation[0].lower() + operation[1:]: {"artifactManifest": {"id": "manifest", "file": file}}}
        case "CreateArtifactFiles":
            nodes = [
                {
                    "name": spec["name"],
                    "displayName": spec["name"],
                    "uploadUrl": f"{where}/{spec['name']}",
                    "uploadHeaders": [],
                    "uploadMultipartUrls": None,
                    "storagePath": f"wandb_artifacts/{spec['name']}",
                    "artifact": {"id": "1"},
                }
                for spec in variables["input"]["artifactFiles"]
            ]
            return {"createArtifactFiles": {"files": {"edges": [{"node": node} for node in nodes]}}}
        case "CommitArtifact":
            return {"commitArtifact": {"artifact": {"id": "1", "digest": "digest"}}}
    received.unknown.append(f"{operation} {json.dumps(variables)[:300]}")
    return {}


class Handler(BaseHTTPRequestHandler):
    """One connection of a client."""

    protocol_version = "HTTP/1.1"
    received: Received

    def content(self) -> bytes:
        if self.headers.get("Transfer-Encoding") == "chunked":
            parts = []
            while size := int(self.rfile.readline(), 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            body = b"".join(parts)
        else:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        return gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body

    def reply(self, value: dict[str, Any]) -> None:
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        self.received.unknown.append(f"GET {self.path}")
        self.reply({})

    def do_PUT(self) -> None:
        _, kind, place = self.path.split("/", 2)
        run, _, name = place.partition("/")
        kept = self.received.runs[run].files if kind == "upload" else self.received.artifacts
        kept[name if kind == "upload" else place] = self.content()
        self.reply({})

    def do_POST(self) -> None:
        body = self.content()
        if self.path == "/graphql":
            asked = json.loads(body)
            found = re.search(r"(?:query|mutation)\s+(\w+)", asked["query"])
            operation = found[1] if found else asked["query"]
            self.reply({"data": answer(self.received, operation, asked.get("variables") or {})})
        else:
            if self.path.endswith("/file_stream"):
                self.received.runs[self.path.split("/")[-2]].stream(json.loads(body))
            self.reply({"exitcode": None, "limits": {}})

    def log_message(self, format: str, *args: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    """The server, which keeps what goes wrong in it."""

    def handle_error(self, request: object, client_address: object) -> None:
        if not isinstance(sys.exception(), ConnectionError):  # a client that ends drops its connections
            self.RequestHandlerClass.received.unknown.append(f"{client_address}: {sys.exception()!r}")  # pyright: ignore


@contextmanager
def wandb_server(received: Received | None = None) -> Iterator[Received]:
    """A server that listens on a free port of 127.0.0.1 until the end of the block; `received`: of one before it."""
    received = received or Received()
    server = Server(("127.0.0.1", 0), type("Bound", (Handler,), {"received": received}))
    received.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield received
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
