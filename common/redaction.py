"""
The last net under the logs: what a request has seen of sealed values is blotted out of its lines.

Nothing logs such values on purpose. An exception that quotes one, from a library or from us, would.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date
from typing import Any

MARK = "[withheld]"
# Shorter ones are words of every other line, and name nobody.
SHORTEST = 3
MOST = 500

_seen: ContextVar[dict[str, None] | None] = ContextVar("windsock_withheld", default=None)


@contextmanager
def withholding() -> Iterator[None]:
    """Begin with nothing to withhold, and forget it afterwards: the length of a request or task."""
    token = _seen.set({})
    try:
        yield
    finally:
        _seen.reset(token)


def withhold(value: Any) -> None:
    """Keep a value, and its words, out of what is logged from here on."""
    seen = _seen.get()
    if seen is None:
        seen = {}
        _seen.set(seen)
    text = value.isoformat() if isinstance(value, date) else str(value)
    for part in {text, *(text.split() if len(text) <= 200 else ())}:
        if len(part) >= SHORTEST:
            seen[part] = None
    while len(seen) > MOST:
        del seen[next(iter(seen))]


def names_withheld(text: str) -> bool:
    """Whether a text repeats, as whole words, something that is withheld."""
    return any(
        re.search(rf"(?<!\w){re.escape(part)}(?!\w)", text, re.IGNORECASE)
        for part in _seen.get() or ()
    )


def redact_event(logger: Any, method: str, event: dict[str, Any]) -> dict[str, Any]:
    """A structlog processor: the values of a line, its traceback too, without what is withheld."""
    return {name: _redacted_value(value) for name, value in event.items()} if _seen.get() else event


def _redacted_value(value: Any) -> Any:
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, dict):
        return {_redacted_value(name): _redacted_value(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_redacted_value(inner) for inner in value]
    text = value if isinstance(value, str) else repr(value)
    cleaned = redacted(text)
    return value if cleaned == text else cleaned


def redacted(text: str) -> str:
    """The text with everything withheld blotted out, also where it stands escaped."""
    for part in sorted(_seen.get() or (), key=len, reverse=True):
        escaped = part.encode("unicode_escape").decode()
        for form in {part, escaped}:
            text = text.replace(form, MARK)
    return text
