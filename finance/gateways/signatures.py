"""Signatures of notifications: compared in constant time, over the very bytes that came."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from finance.gateways.base import TOLERANCE, NotAuthentic

MOST_SIGNATURES = 16


def check_stripe(body: bytes, header: str, secret: str, at: datetime) -> None:
    """
    Stripe's scheme v1: HMAC-SHA256 over "timestamp.body"; several while a secret is rolled.

    The SDK's own check takes a timestamp from the future; this one does not. Raises NotAuthentic.
    """
    if not secret:
        raise NotAuthentic("no secret is kept for this account")
    moment, given = _stripe_parts(header)
    signed = str(moment).encode() + b"." + body
    expected = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest().encode()
    # Each is compared, whichever fits: how long it takes says nothing.
    fits = [hmac.compare_digest(expected, each.encode()) for each in given]
    if not any(fits):
        raise NotAuthentic("the signature does not fit")
    check_time(moment, at)


def check_square(body: bytes, header: str, key: str, url: str) -> None:
    """
    Square's scheme: base64 of HMAC-SHA256 over the notification address and the body.

    Raises NotAuthentic; ValueError where the account keeps no key or no address.
    """
    if not key or not url:
        raise ValueError("the key or the address of notifications is empty")
    digest = hmac.new(key.encode(), url.encode() + body, hashlib.sha256).digest()
    if not body or not hmac.compare_digest(base64.b64encode(digest), header.encode()):
        raise NotAuthentic("the signature does not fit")


def check_time(moment: int, at: datetime) -> None:
    """Raise NotAuthentic for a time further than the tolerance from now, either way."""
    if abs(at.timestamp() - moment) > TOLERANCE.total_seconds():
        raise NotAuthentic("signed too long ago, or in the future")


def moment_of(text: str) -> datetime:
    """An ISO 8601 time with an offset, in UTC. Raises NotAuthentic."""
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        raise NotAuthentic("not a time") from None
    if found.tzinfo is None:
        raise NotAuthentic("a time without an offset")
    return found.astimezone(UTC)


def parsed(body: bytes) -> dict[str, Any]:
    """The JSON object of a notification. Raises NotAuthentic for anything else."""
    try:
        found = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        raise NotAuthentic("not JSON") from None
    if not isinstance(found, dict):
        raise NotAuthentic("not an object")
    return found


def header_of(headers: Mapping[str, str], name: str, *, most: int = 1000) -> str:
    """A header, or NotAuthentic where it is missing or far too long."""
    value = headers.get(name) or ""
    if not value or len(value) > most:
        raise NotAuthentic(f"{name} is missing")
    return value


def _stripe_parts(header: str) -> tuple[int, list[str]]:
    pairs = [part.strip().partition("=") for part in header[:4000].split(",")]
    times = [value for name, _, value in pairs if name == "t"]
    given = [value for name, _, value in pairs if name == "v1" and value.isascii()]
    if len(times) != 1 or not times[0].isascii() or not times[0].isdigit() or len(times[0]) > 12:
        raise NotAuthentic("no time in the signature")
    if not 0 < len(given) <= MOST_SIGNATURES:
        raise NotAuthentic("no signature of the scheme v1")
    return int(times[0]), given
