"""Who is asking, from where, under which request id: set by middleware, read by the records."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace

import pghistory


@dataclass(frozen=True)
class RequestContext:
    """Facts of the request or task in hand; empty outside one."""

    request_id: str = ""
    address: str | None = None
    user_id: int | None = None
    # What acts for the user, such as a machine's token; empty for the person at a screen.
    through: str = ""


_EMPTY = RequestContext()
_current: ContextVar[RequestContext] = ContextVar("windsock_request", default=_EMPTY)


def current() -> RequestContext:
    """The context of the request in hand, or an empty one."""
    return _current.get()


def enter(context: RequestContext) -> None:
    """Replace the context for the rest of this request or task."""
    _current.set(context)


def set_user(user_id: int | None, *, through: str = "") -> None:
    """Note who turned out to be asking, and through what, once authentication knows."""
    _current.set(replace(_current.get(), user_id=user_id, through=through))


@contextmanager
def request_context(context: RequestContext) -> Iterator[None]:
    """Hold a context for the length of a block."""
    token = _current.set(context)
    try:
        yield
    finally:
        _current.reset(token)


@contextmanager
def unnamed() -> Iterator[None]:
    """
    Hold no context for the length of a block, for what somebody says in confidence.

    Audit and row history of the block lead to no user, request or address. One request has one
    entry of row history, so its other versions lose theirs with it.
    """
    pghistory.context(user=None, request_id="", through="")
    with request_context(_EMPTY):
        yield
