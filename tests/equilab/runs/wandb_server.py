"""A W&B server for tests, on the loopback address: it answers the real client and keeps what it is sent."""

import gzip
import json
import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

API_KEY = "a" * 40


@dataclass
class Received:
    """What clients sent, and the operations that this server does not know (it answers them with nothing)."""

    address: str = ""
    config: dict[str, Any] = field(default_factory=dict)
    history: dict[int, dict[str, Any]] = field(default_factory=dict)  # rows by their line number
    files: dict[str, bytes] = field(default_factory=dict)  # uploaded files by their path in the run
    finished: list[int] = field(default_factory=list)  # exit codes of finished runs
    unknown: list[str] = field(default_factory=list)

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The rows in order, without W&B's own fields."""
        ordered = (self.history[line] for line in sorted(self.history))
        return [{key: value for key, value in row.items() if not key.startswith("_")} for row in ordered]

    def answer(self, operation: str, variables: dict[str, Any]) -> dict[str, Any]:
        """The data of a GraphQL answer."""
        project = {"id": "project", "name": "equilab", "entity": {"id": "entity", "name": "tester"}}
        viewer = {"id": "viewer", "entity": "tester", "username": "tester", "email": "", "flags": "{}"}
        artifact = {
            "id": "artifact",
            "state": "PENDING",
            "artifactSequence": {"id": "sequence", "latestArtifact": None},
        }
        match operation:
            case "Viewer":
                return {"viewer": viewer | {"teams": {"edges": []}}}
            case "UpsertBucket":
                self.config |= json.loads(variables["config"] or "{}")
                bucket = {key: variables.get(key) for key in ("name", "displayName", "description", "config")}
                bucket |= {"id": "bucket", "sweepName": None, "historyLineCount": 0, "project": project}
                return {"upsertBucket": {"bucket": bucket, "inserted": True}}
            case "CreateRunFiles":
                files = [{"name": name, "uploadUrl": f"{self.address}/upload/{name}"} for name in variables["files"]]
                return {"createRunFiles": {"runID": "bucket", "uploadHeaders": [], "files": files}}
            case "ServerFeaturesQuery":
                return {"serverInfo": {"features": []}}
            case "ArtifactType":
                return {"project": {"artifact": None}}
            case "CreateArtifact":
                return {"createArtifact": {"artifact": artifact}}
            case "CreateArtifactManifest" | "UpdateArtifactManifest":
                file = {"id": "file", "name": "manifest", "displayName": "manifest", "uploadHeaders": []}
                file |= {"uploadUrl": f"{self.address}/upload/artifact_manifest.json"}
                name = operation[0].lower() + operation[1:]
                return {name: {"artifactManifest": {"id": "manifest", "file": file}}}
            case "CreateArtifactFiles":
                nodes = [
                    {
                        "name": spec["name"],
                        "displayName": spec["name"],
                        "uploadUrl": f"{self.address}/upload/artifact/{spec['name']}",
                        "uploadHeaders": [],
                        "uploadMultipartUrls": None,
                        "storagePath": f"wandb_artifacts/{spec['name']}",
                        "artifact": {"id": "artifact"},
                    }
                    for spec in variables["input"]["artifactFiles"]
                ]
                return {"createArtifactFiles": {"files": {"edges": [{"node": node} for node in nodes]}}}
            case "CommitArtifact":
                return {"commitArtifact": {"artifact": {"id": "artifact", "digest": "digest"}}}
        self.unknown.append(f"{operation} {json.dumps(variables)[:300]}")
        return {}

    def stream(self, content: dict[str, Any]) -> None:
        """One message of a run's file stream: rows of its history, and its exit code at the end."""
        part = content.get("files", {}).get("wandb-history.jsonl", {"offset": 0, "content": []})
        for line, row in enumerate(part["content"], part["offset"]):
            self.history[line] = json.loads(row)
        if content.get("complete"):
            self.finished.append(content["exitcode"])


@contextmanager
def wandb_server() -> Iterator[Received]:
    """A server that listens on a free port of 127.0.0.1 until the end of the block."""
    received = Received()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

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
            received.unknown.append(f"GET {self.path}")
            self.reply({})

        def do_PUT(self) -> None:
            received.files[self.path.removeprefix("/upload/")] = self.content()
            self.reply({})

        def do_POST(self) -> None:
            body = self.content()
            if self.path == "/graphql":
                asked = json.loads(body)
                found = re.search(r"(?:query|mutation)\s+(\w+)", asked["query"])
                operation = found[1] if found else asked["query"]
                self.reply({"data": received.answer(operation, asked.get("variables") or {})})
            else:
                if self.path.endswith("/file_stream"):
                    received.stream(json.loads(body))
                self.reply({"exitcode": None, "limits": {}})

        def log_message(self, format: str, *args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: object, client_address: object) -> None:
            if not isinstance(sys.exception(), ConnectionError):  # a client that ends drops its connections
                received.unknown.append(f"{client_address}: {sys.exception()!r}")

    server = Server(("127.0.0.1", 0), Handler)
    received.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield received
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
