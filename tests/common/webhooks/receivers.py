"""A real server on this machine that behaves as receivers do, and its own check of signatures."""

import base64
import hashlib
import hmac
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Heard:
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Local:
    """What a server heard; `script` says how it behaves at a path that is not built in."""

    port: int = 0
    heard: list[Heard] = field(default_factory=list)
    script: Callable[["Handler"], None] | None = None
    release: threading.Event = field(default_factory=threading.Event)

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}/{path}"


class Handler(BaseHTTPRequestHandler):
    local: Local
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.local.heard.append(Heard(self.path, headers, body))
        if self.local.script is not None:
            self.local.script(self)
            return
        behavior = getattr(self, self.path.strip("/").replace("-", "_"), None)
        if behavior is None:
            self.answer(204)
        else:
            behavior()

    def answer(self, code: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def trouble(self) -> None:
        self.answer(500, b"no\x00 such\r\n  thing\x1b[31m")

    def gone(self) -> None:
        self.answer(410)

    def away(self) -> None:
        self.answer(302, Location="/fine")

    def busy(self) -> None:
        self.answer(503, Retry_After="120")

    def huge(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(10**12))
        self.end_headers()
        try:
            for _ in range(2000):
                self.wfile.write(b"x" * 65536)
        except OSError:
            self.close_connection = True

    def closes(self) -> None:
        self.close_connection = True

    def hangs(self) -> None:
        self.local.release.wait(30)
        self.close_connection = True

    def trickles(self) -> None:
        """One byte of a header at a time, each well within any time for a single read."""
        try:
            for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 5000:
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
                time.sleep(0.05)
        except OSError:
            self.close_connection = True

    def hangs_up(self) -> None:
        """A body that trickles, after which the receiver means to hang up."""
        self.drip(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")

    def is_old(self) -> None:
        self.drip(b"HTTP/1.0 200 OK\r\n\r\n")

    def drip(self, head: bytes) -> None:
        self.close_connection = True
        with suppress(OSError):
            self.wfile.write(head)
            for _ in range(100):
                self.wfile.write(b"x")
                time.sleep(0.05)

    def nonsense(self) -> None:
        self.wfile.write(b"hello\r\n\r\n")
        self.close_connection = True

    def log_message(self, *words: object) -> None:
        """Says nothing."""


@contextmanager
def local_server(script: Callable[[Handler], None] | None = None) -> Iterator[Local]:
    """The server as long as the block lasts."""
    local = Local(script=script)
    handler = type("Bound", (Handler,), {"local": local})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    local.port = server.server_port
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield local
    finally:
        local.release.set()
        server.shutdown()
        server.server_close()


def verifies(heard: Heard, *secrets: str) -> bool:
    """Whether a message carries exactly the signatures of these secrets; independent of ours."""
    content = b".".join(
        [heard.headers["webhook-id"].encode(), heard.headers["webhook-timestamp"].encode()]
    )
    wanted = []
    for secret in secrets:
        key = base64.b64decode(secret.split("_", 1)[1])
        digest = hmac.digest(key, content + b"." + heard.body, hashlib.sha256)
        wanted.append(f"v1,{base64.b64encode(digest).decode()}")
    return heard.headers["webhook-signature"] == " ".join(wanted)
