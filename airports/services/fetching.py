"""
Ask an outside source, guardedly: known hosts, public addresses, no redirects, bounded in size and
time; and remember how it went, so that a source in trouble is left alone for a while.
"""

import ipaddress
import socket
import time
import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import httpx
from django.conf import settings
from django.db.models import F

from airports.exceptions import SourceRefused, SourceUnavailable
from airports.models import SourceState

CONNECT_TIMEOUT_S = 5.0
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=1)
MOST_DOUBLINGS = 7
GZIP_MAGIC = b"\x1f\x8b"
CHUNK_BYTES = 65_536
LONGEST_ERROR = 300
# How many read time-outs a whole body may take.
WHOLE_BODY_FACTOR = 6


@dataclass(frozen=True)
class Answer:
    """What a source answered: its body, or nothing when nothing has changed since."""

    body: bytes
    etag: str = ""
    last_modified: str = ""
    is_unchanged: bool = False


def fetch(
    name: str,
    url: str,
    *,
    at: datetime,
    parameters: dict[str, str] | None = None,
    is_whole: bool = False,
) -> Answer:
    """
    Ask a source for what is new, unless its circuit is open. Call it outside a transaction.

    A query with parameters, or one that `is_whole`, is asked whatever version was seen before.

    Raises SourceRefused for an address that is not allowed, SourceUnavailable when there is no
    usable answer (or it is too early to ask again). What we hold is not touched by either.
    """
    state, _ = SourceState.objects.get_or_create(name=name, defaults={"url": url})
    if state.retry_at is not None and state.retry_at > at:
        raise SourceUnavailable(
            source=name, reason=f"not asked again before {state.retry_at:%H:%M} UTC"
        )
    try:
        is_new = is_whole or bool(parameters) or state.url != url
        answer = _ask(url, parameters, None if is_new else state)
    except (httpx.HTTPError, OSError, zlib.error, _TooLarge, _BadStatus) as fault:
        _note_failure(state, at, str(fault) or type(fault).__name__)
        raise SourceUnavailable(source=name, reason=str(fault)[:200] or "no answer") from fault
    SourceState.objects.filter(pk=name).update(checked_at=at, url=url)
    return answer


def note_success(name: str, answer: Answer, *, at: datetime, row_count: int) -> None:
    """Remember that the answer was taken in: the circuit closes, its version is not asked again."""
    fresh = (
        {}
        if answer.is_unchanged
        else {
            "etag": answer.etag[:200],
            "last_modified": answer.last_modified[:80],
            "changed_at": at,
            "row_count": row_count,
        }
    )
    SourceState.objects.filter(pk=name).update(
        succeeded_at=at, failures=0, retry_at=None, last_error="", **fresh
    )


def note_unusable(name: str, reason: str, *, at: datetime) -> SourceUnavailable:
    """Remember that an answer came but could not be used; returns the refusal to raise."""
    _note_failure(SourceState.objects.get(pk=name), at, reason)
    return SourceUnavailable(source=name, reason=reason[:200])


def allowed_hosts() -> set[str]:
    """The hosts of the configured sources; no other is ever asked."""
    urls = (
        settings.METAR_SOURCE_URL,
        settings.TAF_SOURCE_URL,
        settings.METAR_CACHE_URL,
        settings.AIRPORTS_SOURCE_URL,
        settings.RUNWAYS_SOURCE_URL,
        settings.FREQUENCIES_SOURCE_URL,
    )
    return {host for host in (urlsplit(url).hostname for url in urls) if host}


def checked_address(url: str) -> str:
    """
    Resolve the host of an allowed address, once; the answer is what gets connected to.

    Raises SourceRefused for another scheme, an unknown host, or an address inside a network that
    is not public, unless the host is trusted by the settings.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https") or parts.username or parts.password:
        raise SourceRefused(url=url[:200], reason="only plain http and https addresses")
    if host not in allowed_hosts():
        raise SourceRefused(url=url[:200], reason="the host is not among the configured sources")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(entry[4][0]) for entry in found]
    if host not in settings.TRUSTED_PRIVATE_HOSTS:
        for address in addresses:
            if not ipaddress.ip_address(address.split("%", 1)[0]).is_global:
                raise SourceRefused(url=url[:200], reason="the host is not on the public internet")
    return addresses[0]


class _TooLarge(Exception):
    """The body is larger than allowed."""


class _BadStatus(Exception):
    """The answer is neither 200, 204 nor 304."""


def _ask(url: str, parameters: dict[str, str] | None, known: SourceState | None) -> Answer:
    address = checked_address(url)
    parts = urlsplit(url)
    headers = {"Host": parts.netloc, "User-Agent": "windsock", "Accept-Encoding": "identity"}
    if known is not None and known.etag:
        headers["If-None-Match"] = known.etag
    if known is not None and known.last_modified:
        headers["If-Modified-Since"] = known.last_modified
    # Connected to by the address that was checked, so that a second look-up cannot lead elsewhere.
    pinned = httpx.URL(url).copy_with(host=address)
    timeout = httpx.Timeout(settings.SOURCE_TIMEOUT_S, connect=CONNECT_TIMEOUT_S)
    with (
        httpx.Client(timeout=timeout, follow_redirects=False, trust_env=False) as client,
        client.stream(
            "GET",
            pinned,
            params=parameters,
            headers=headers,
            extensions={"sni_hostname": parts.hostname},
        ) as response,
    ):
        return _answer(response)


def _answer(response: httpx.Response) -> Answer:
    if response.status_code == httpx.codes.NOT_MODIFIED:
        return Answer(b"", is_unchanged=True)
    if response.status_code not in (httpx.codes.OK, httpx.codes.NO_CONTENT):
        raise _BadStatus(f"status {response.status_code}")
    limit = settings.SOURCE_MAX_BYTES
    deadline_s = settings.SOURCE_TIMEOUT_S * WHOLE_BODY_FACTOR
    started = time.monotonic()
    body = bytearray()
    for chunk in response.iter_raw(CHUNK_BYTES):
        body += chunk
        if len(body) > limit:
            raise _TooLarge(f"more than {limit} bytes")
        # The read time-out starts again with every drop; an endless trickle ends here.
        if time.monotonic() - started > deadline_s:
            raise _TooLarge(f"more than {deadline_s:.0f} seconds")
    return Answer(
        unzipped(bytes(body), limit),
        etag=response.headers.get("ETag", ""),
        last_modified=response.headers.get("Last-Modified", ""),
    )


def unzipped(body: bytes, limit: int) -> bytes:
    """Unpack a gzip body, never to more than the limit; anything else comes back as it is."""
    if not body.startswith(GZIP_MAGIC):
        return body
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    plain = unpacker.decompress(body, limit + 1)
    if len(plain) > limit:
        raise _TooLarge(f"more than {limit} bytes when unpacked")
    if not unpacker.eof:
        raise zlib.error("the compressed body is cut off")
    return plain


def _note_failure(state: SourceState, at: datetime, error: str) -> None:
    doublings = min(state.failures, MOST_DOUBLINGS)
    wait = min(FIRST_WAIT * 2**doublings, LONGEST_WAIT)
    SourceState.objects.filter(pk=state.pk).update(
        checked_at=at,
        failures=F("failures") + 1,
        retry_at=at + wait,
        last_error=error[:LONGEST_ERROR],
    )
