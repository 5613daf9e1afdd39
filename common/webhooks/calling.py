"""
One signed message to one address.

Knows neither Django nor the database. No redirect is followed, no proxy of the environment is
asked, and a receiver is given up after a fixed time however slowly it trickles.
"""

import socket
import ssl
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from http.client import HTTPConnection, HTTPException, HTTPResponse
from threading import Timer
from time import perf_counter

import httpx
from msgspec import Struct

from common.webhooks.addresses import AddressPolicy, AddressRefused, Place, place_of
from common.webhooks.signing import headers_of

CONNECT_S, ANSWER_S = 5.0, 10.0
GONE = 410
MAX_ADDRESSES = 3
READ_BYTES = 2000
EXCERPT = 300
LONGEST_RETRY_AFTER_S = 3600


class Reply(Struct, frozen=True):
    """How a message ended: taken (sent), refused for good, or to be sent again (later)."""

    result: str
    said: str
    code: int | None = None
    excerpt: str = ""
    duration_ms: int = 0
    retry_after_s: int = 0


def call(
    url: str,
    keys: Sequence[bytes],
    identity: str,
    moment: int,
    body: bytes,
    *,
    policy: AddressPolicy | None = None,
) -> Reply:
    """
    Send one message, signed with each key.

    Whatever is neither a success nor `410 Gone` may be better the next time.
    """
    began = perf_counter()
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "windsock",
        **headers_of(keys, identity, moment, body),
    }
    try:
        code, excerpt, wait = _posted(place_of(url, policy), body, headers)
    except AddressRefused as refusal:
        return Reply("later", str(refusal), duration_ms=_since(began))
    except (OSError, HTTPException, ValueError) as fault:
        # Its words may name the address, and with it a key in its path.
        return Reply("later", type(fault).__name__, duration_ms=_since(began))
    result = "sent" if 200 <= code < 300 else "refused" if code == GONE else "later"
    return Reply(result, str(code), code, excerpt, _since(began), wait)


def _since(began: float) -> int:
    return round((perf_counter() - began) * 1000)


class _Line(HTTPConnection):
    """A connection to addresses that were looked up before, ended when its time is up."""

    def __init__(self, place: Place) -> None:
        super().__init__(place.host, place.port)
        self.place = place
        self.is_late = False
        self._wire: socket.socket | None = None
        self._clock = Timer(ANSWER_S, self._cut)
        self._clock.daemon = True

    def connect(self) -> None:
        """Connect to the first address that answers, and begin to count the time."""
        plain = _connected(self.place)
        self.sock = plain
        plain.settimeout(ANSWER_S)
        if self.place.is_tls:
            self.sock = _tls().wrap_socket(
                plain, server_hostname=self.place.host, do_handshake_on_connect=False
            )
        self._wire = self.sock
        self._clock.start()
        if isinstance(self.sock, ssl.SSLSocket):
            self.sock.do_handshake()

    def end(self) -> None:
        """
        Nothing more is read.

        Not part of `close`: an answer after which the receiver hangs up closes the connection
        before its body is read, and that takes its time, too.
        """
        self._clock.cancel()
        self.close()

    def _cut(self) -> None:
        self.is_late = True
        if self._wire is None:
            return
        with suppress(OSError):
            # That of ssl forgets its state while the other thread still reads.
            socket.socket.shutdown(self._wire, socket.SHUT_RDWR)


def _connected(place: Place) -> socket.socket:
    last: OSError | None = None
    for address in place.addresses[:MAX_ADDRESSES]:
        try:
            return socket.create_connection((address, place.port), CONNECT_S)
        except OSError as fault:
            last = fault
    raise last or OSError("no address")


@cache
def _tls() -> ssl.SSLContext:
    """The certificates everybody trusts, and those this machine was given for its own network."""
    context = httpx.create_ssl_context(trust_env=False)
    context.load_default_certs()
    return context


def _posted(place: Place, body: bytes, headers: dict[str, str]) -> tuple[int, str, int]:
    """Status, the beginning of the answer, and the seconds it asks to be left alone."""
    line = _Line(place)
    try:
        line.request("POST", place.target, body, {**headers, "Host": place.host_header})
        answer = line.getresponse()
        if line.is_late:
            # Cut off amid the headers, which reads like their end.
            raise TimeoutError
        return answer.status, _excerpt(answer), _retry_after(answer)
    except (OSError, HTTPException, ValueError) as fault:
        if line.is_late:
            raise TimeoutError from fault
        raise
    finally:
        line.end()


def _excerpt(answer: HTTPResponse) -> str:
    """The beginning of an answer, printable; one that breaks off after its status has said it."""
    try:
        text = answer.read(READ_BYTES).decode("utf-8", "replace")
    except (OSError, HTTPException, ValueError):
        return ""
    words = " ".join(text.split())
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in words)[
        :EXCERPT
    ]


def _retry_after(answer: HTTPResponse) -> int:
    text = answer.headers.get("Retry-After", "").strip()
    if not (text.isascii() and text.isdigit() and len(text) < 7):
        return 0
    return min(int(text), LONGEST_RETRY_AFTER_S)
