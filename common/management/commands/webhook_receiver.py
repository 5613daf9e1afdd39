import json
import os
import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable
from getpass import getpass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from common.console import ConsoleCommand, Misuse
from common.webhooks.signing import is_signed, key_of

MAX_BODY = 1_000_000
MAX_SECRET = 1000
VARIABLE = "WEBHOOK_SECRET"


class Receiver(BaseHTTPRequestHandler):
    """Answers each POST, and hands what came to `told`; knows duplicates by their `webhook-id`."""

    key: bytes
    tolerance_s: int
    status: int
    known: set[str]
    told: Any

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit() and int(length) <= MAX_BODY):
            self._answer(413 if length.isdigit() else 411)
            return
        body = self.rfile.read(int(length))
        fault = self._fault(body)
        identity = self.headers.get("webhook-id", "")
        heard = {
            "id": identity,
            "verified": not fault,
            "fault": fault,
            "duplicate": not fault and identity in self.known,
            "answered": 400 if fault else self.status,
            "body": _read(body),
        }
        if not fault and self.status < 300:
            self.known.add(identity)
        self._answer(heard["answered"])
        self.told(heard)

    def log_message(self, *words: object) -> None:
        """Says what came in one line of its own."""

    def _fault(self, body: bytes) -> str:
        moment = self.headers.get("webhook-timestamp", "")
        if not (moment.isascii() and moment.isdigit() and len(moment) < 12):
            return "no timestamp"
        if abs(time.time() - int(moment)) > self.tolerance_s:
            return "timestamp too far from now"
        identity = self.headers.get("webhook-id", "")
        signatures = self.headers.get("webhook-signature", "")
        good = is_signed(self.key, signatures, identity=identity, moment=int(moment), body=body)
        return "" if good else "wrong signature"

    def _answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()


def _read(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return body.decode("utf-8", "replace")[:1000]


class Command(ConsoleCommand):
    # It answers line by line as messages come, not with one document.
    has_json = False
    help = (
        "Run a receiver of webhooks on this machine: checks each signature, says what came, and"
        " answers. For trying out a subscription; with DEBUG on, messages may be sent to it at"
        f" http://127.0.0.1:{settings.WEBHOOK_RECEIVER_PORT}/. The subscription's secret is read"
        f" from {VARIABLE} or the standard input: of a command line everybody could read it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--port",
            type=int,
            default=settings.WEBHOOK_RECEIVER_PORT,
            help=f"Port to listen on ({settings.WEBHOOK_RECEIVER_PORT}).",
        )
        parser.add_argument("--host", default="127.0.0.1", help="Address to listen on.")
        parser.add_argument("--status", type=int, default=204, help="What to answer, e.g. 500.")
        parser.add_argument("--json", action="store_true", help="One JSON object a line.")
        parser.add_argument("--count", type=int, default=0, help="End after so many; 0: never.")
        parser.add_argument(
            "--tolerance", type=int, default=300, help="Seconds a timestamp may be off."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Listen until it is interrupted, or until enough came."""
        server = self._server(options)
        host, port = server.server_address[:2]
        if not options["json"]:
            self.stdout.write(f"listening on http://{host!s}:{port}/")
        try:
            server.serve_forever(0.05)
        except KeyboardInterrupt:
            self.stdout.write("")
        finally:
            server.server_close()

    def _server(self, options: dict[str, Any]) -> ThreadingHTTPServer:
        if not 200 <= options["status"] <= 599:
            raise Misuse("--status is between 200 and 599.")
        try:
            key = key_of(_secret())
        except ValueError as error:
            raise Misuse(f"{VARIABLE}: {error}") from error
        teller = Teller(self.stdout, as_json=options["json"], count=options["count"])
        settings_of = {
            "key": key,
            "tolerance_s": options["tolerance"],
            "status": options["status"],
            "known": set(),
            "told": staticmethod(teller.tell),
        }
        handler = type("Listening", (Receiver,), settings_of)
        try:
            server = ThreadingHTTPServer((options["host"], options["port"]), handler)
        except OSError as error:
            raise CommandError(f"Port {options['port']}: {error.strerror}.") from error
        server.daemon_threads = True
        teller.enough = server.shutdown
        return server


def _secret() -> str:
    """As the subscription showed it: of the environment, or a line of the standard input."""
    if given := os.environ.get(VARIABLE, ""):
        return given
    if sys.stdin.isatty():
        return getpass("Secret: ").strip()
    return sys.stdin.readline(MAX_SECRET).strip()


class Teller:
    """Says what came, one line each, and ends the server when enough did."""

    def __init__(self, out: Any, *, as_json: bool, count: int) -> None:
        self.out, self.as_json, self.count = out, as_json, count
        self.came = 0
        self.enough: Callable[[], None] | None = None

    def tell(self, heard: dict[str, Any]) -> None:
        """Write one line at once, for whoever reads along."""
        self.came += 1
        self.out.write(json.dumps(heard) if self.as_json else _line(heard))
        self.out.flush()
        if self.came == self.count and self.enough is not None:
            self.enough()


def _line(heard: dict[str, Any]) -> str:
    word = "ok" if heard["verified"] else f"REFUSED ({heard['fault']})"
    again = " again" if heard["duplicate"] else ""
    body = heard["body"] if isinstance(heard["body"], dict) else {}
    thing = body.get("object") or {}
    what = f"{body.get('type', '?')} #{body.get('sequence', '?')} {thing.get('number', '')}"
    return f"{word}{again} {heard['id']} {what.strip()} -> {heard['answered']}"
