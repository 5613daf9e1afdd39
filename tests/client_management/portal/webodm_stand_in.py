"""A server that speaks as WebODM does, for as long as a test lasts."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

RESULT = b"II*\x00" + b"made of pictures" * 20
Answer = tuple[int, Any]


@dataclass
class WebODMState:
    """What the server holds; `failing` answers that many requests with 503 first."""

    projects: list[dict[str, Any]] = field(default_factory=list)
    tasks: list[dict[str, Any]] = field(default_factory=list)
    pictures: list[str] = field(default_factory=list)
    committed: list[str] = field(default_factory=list)
    failing: int = 0
    status: int = 10
    password: str = "secret"

    def answer(self, method: str, path: str, body: bytes, token: str) -> Answer:
        if self.failing:
            self.failing -= 1
            return 503, {}
        if path == "/api/token-auth/":
            is_right = f"password={self.password}".encode() in body
            return (200, {"token": "t"}) if is_right else (400, {})
        if token != "JWT t":
            return 401, {}
        end = path.rstrip("/").rpartition("/")[2]
        known = getattr(self, f"_{method.lower()}_{end.split('.')[0]}", None)
        return known(body) if known else (200, self._task())

    def _post_projects(self, body: bytes) -> Answer:
        name = re.search(rb"name=([^&]+)", body)
        self.projects.append({"id": len(self.projects) + 1, "name": name[1].decode()})
        return 201, self.projects[-1]

    def _get_projects(self, body: bytes) -> Answer:
        return 200, {"results": self.projects}

    def _post_tasks(self, body: bytes) -> Answer:
        self.tasks.append({"id": "uuid-1", **json.loads(body)})
        return 201, self.tasks[-1]

    def _get_tasks(self, body: bytes) -> Answer:
        return 200, self.tasks

    def _post_upload(self, body: bytes) -> Answer:
        self.pictures.append(re.search(rb'filename="([^"]+)"', body)[1].decode())
        return 200, {"success": True}

    def _post_commit(self, body: bytes) -> Answer:
        self.committed.append("uuid-1")
        return 200, {}

    def _post_cancel(self, body: bytes) -> Answer:
        self.status = 50
        return 200, {"success": True}

    def _get_orthophoto(self, body: bytes) -> Answer:
        return 200, RESULT

    def _task(self) -> dict[str, Any]:
        return {
            "status": self.status,
            "running_progress": 0.42,
            "last_error": "no features" if self.status == 30 else None,
            "available_assets": ["orthophoto.tif"] if self.status == 40 else [],
        }


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    state: WebODMState

    def log_message(self, *args: Any) -> None:
        """Say nothing."""

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        token = self.headers.get("Authorization", "")
        code, found = self.state.answer(self.command, self.path.split("?")[0], body, token)
        content = found if isinstance(found, bytes) else json.dumps(found).encode()
        self.send_response(code)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = _answer  # noqa: N815 - the library's names


@contextmanager
def webodm() -> Iterator[tuple[str, WebODMState]]:
    """The server's address and state."""
    state = WebODMState()
    handler = type("Handler", (_Handler,), {"state": state})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", state
    finally:
        server.shutdown()
        server.server_close()
