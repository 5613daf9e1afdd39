"""What the three stand-ins share: a threaded server, keys, faults, hosted pages, notifications."""

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any
from urllib.parse import parse_qs, urlsplit
from urllib.request import Request as Outgoing
from urllib.request import urlopen

_LETTERS = str.maketrans("0123456789", "ABCDEFGHKM")
Answer = tuple[int, Any]
Route = tuple[str, "re.Pattern[str]", Callable[..., Answer]]


@dataclass
class Call:
    """One request as it came."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    raw: bytes
    body: Any = None


@dataclass
class Fault:
    """
    What goes wrong with the next requests that fit.

    `error` answers 500 and does nothing; `lost` does the work and closes without an answer;
    `dropped` closes without doing anything; `slow` does the work and waits `seconds`; `limited`
    answers 429.
    """

    kind: str
    path: str = "."
    times: int = 1
    seconds: float = 0.0


@dataclass
class Subscription:
    """Where notifications go, and how they are signed."""

    url: str
    secret: str = ""
    webhook_id: str = ""


@dataclass
class Ledger:
    """Everything a stand-in knows."""

    objects: dict[str, dict[str, Any]] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    answers: dict[str, tuple[str, Answer]] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    subscriptions: list[Subscription] = field(default_factory=list)


class StandIn:
    """One provider on a port of its own; a context manager that starts and stops it."""

    name = ""

    def __init__(self, *, port: int = 0, delivers: bool = False) -> None:
        self.kept = Ledger()
        self.delivers = delivers
        self.lock = threading.RLock()
        self.clock: Callable[[], float] = time.time
        self._numbers = count(1)
        self._http = ThreadingHTTPServer(("127.0.0.1", port), _handler(self))
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> "StandIn":
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._http.shutdown()
        self._http.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    def routes(self) -> list[Route]:
        """(method, pattern, function) in the order they are tried."""
        raise NotImplementedError

    def key_of(self, call: Call) -> str:
        """The idempotency key of a request, or nothing."""
        raise NotImplementedError

    def sign(self, body: bytes, target: Subscription) -> dict[str, str]:
        """The headers that a notification is signed with."""
        raise NotImplementedError

    def parse(self, call: Call) -> Any:
        """The body of a request."""
        return json.loads(call.raw) if call.raw.strip() else {}

    def problem(self, status: int, code: str, text: str = "") -> Answer:
        """An error as this provider writes it."""
        raise NotImplementedError

    def authorized(self, call: Call) -> bool:
        return bool(call.headers.get("authorization"))

    def new_id(self, prefix: str) -> str:
        # Letters: a long row of digits could be taken for a card number.
        number = f"{next(self._numbers):05d}{int(self.clock()) % 1_000_000:06d}"
        return prefix + number.translate(_LETTERS)

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.clock(), UTC)

    def fail(self, kind: str, path: str = ".", *, times: int = 1, seconds: float = 0) -> None:
        """Let the next requests whose path fits go wrong."""
        self.kept.faults.append(Fault(kind, path, times, seconds))

    def calls_to(self, path: str) -> list[Call]:
        return [call for call in self.kept.calls if re.search(path, call.path)]

    def answer(self, call: Call) -> tuple[Answer, str]:
        """Do what a request asks for; returns the answer and what goes wrong with it."""
        with self.lock:
            self.kept.calls.append(call)
            fault = self._fault(call)
        if fault.kind == "error":
            return self.problem(500, "api_error"), ""
        if fault.kind == "limited":
            return self.problem(429, "rate_limit"), ""
        if fault.kind == "dropped":
            return (0, None), "close"
        if not self.authorized(call):
            return self.problem(401, "unauthorized"), ""
        with self.lock:
            found = self._once(call)
        if fault.kind == "slow":
            time.sleep(fault.seconds)
        return found, "close" if fault.kind == "lost" else ""

    def publish(self, event: dict[str, Any]) -> None:
        """Keep an event, and send it where the stand-in delivers by itself."""
        self.kept.events.append(event)
        if self.delivers:
            threading.Thread(target=self.send, args=(event,), daemon=True).start()

    def send(self, event: dict[str, Any]) -> list[int]:
        """Send an event to every subscription now; returns what they answered."""
        body = json.dumps(event).encode()
        return [self.post(target, body) for target in list(self.kept.subscriptions)]

    def post(self, target: Subscription, body: bytes) -> int:
        """POST one signed notification; 0 where nobody answered. Tried for half a minute."""
        for _ in range(30):
            headers = {"Content-Type": "application/json", **self.sign(body, target)}
            try:
                asked = Outgoing(target.url, data=body, headers=headers, method="POST")  # noqa: S310
                with urlopen(asked, timeout=10) as response:  # noqa: S310 - our own address
                    return int(response.status)
            except OSError as error:
                status = int(getattr(error, "code", 0) or 0)
                if not self.delivers or 400 <= status < 500:
                    return status
                time.sleep(1)
        return 0

    def _fault(self, call: Call) -> Fault:
        for fault in self.kept.faults:
            if fault.times > 0 and re.search(fault.path, call.path):
                fault.times -= 1
                return fault
        return Fault("none")

    def _once(self, call: Call) -> Answer:
        call.body = self.parse(call)
        key = self.key_of(call) if call.method == "POST" else ""
        fingerprint = f"{call.path}\n{json.dumps(call.body, sort_keys=True)}"
        if key and key in self.kept.answers:
            before, kept = self.kept.answers[key]
            return kept if before == fingerprint else self.problem(400, "key_reused")
        for method, pattern, function in self.routes():
            match = pattern.fullmatch(call.path)
            if method == call.method and match:
                found = function(call, **match.groupdict())
                found = (found[0], json.loads(json.dumps(found[1])))
                if key and found[0] < 500:
                    self.kept.answers[key] = (fingerprint, found)
                return found
        return self.problem(404, "not_found", call.path)


def route(method: str, pattern: str, function: Callable[..., Answer]) -> Route:
    return method, re.compile(pattern), function


def pages(found: list[Any], size: int) -> Iterator[list[Any]]:
    for start in range(0, len(found), size):
        yield found[start : start + size]


def _handler(stand_in: StandIn) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            parts = urlsplit(self.path)
            query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            call = Call(self.command, parts.path, query, headers, raw)
            if parts.path.startswith("/pay/"):
                self._page(call)
                return
            (status, body), fault = stand_in.answer(call)
            if fault == "close":
                self.close_connection = True
                return
            self._write(status, json.dumps(body).encode(), {"Content-Type": "application/json"})

        def _page(self, call: Call) -> None:
            status, text, location = stand_in.hosted_page(call)  # type: ignore[attr-defined]
            more = {"Location": location} if location else {}
            self._write(status, text.encode(), {"Content-Type": "text/html", **more})

        def _write(self, status: int, body: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PATCH = do_DELETE = _serve  # noqa: N815 - named by the base class

        def log_message(self, *given: Any) -> None:
            pass

    return Handler


PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Stand-in</title>
<h1>{name} stand-in</h1><p>{what}: {amount}</p>
<form method="post"><button name="answer" value="pay">Pay</button>
<button name="answer" value="decline">Decline</button></form></html>"""
