"""
Which events other systems may hear of: each app offers some of those it announces, in its module
`webhook_events`.

What goes out names the record and no more; whoever wants to know more asks the API with their own
rights. Events about patients, crews' papers and sealed values are not offered.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.db import models

from common.events import Announcement, Event, handle_announced
from common.querysets import ScopedQuerySet

TEST = "webhook.test"
Holds = Callable[[str], bool]
Rows = Callable[[Any, Holds], ScopedQuerySet]
Taker = Callable[["Offer", int, Announcement], None]
Sees = Callable[[Any, str], bool]


@dataclass(frozen=True)
class Record:
    """
    A kind of record that events are about, and how the API knows it.

    `number` is the field it is known by to people, `path` its address with the fields that it
    names, `permission` what it takes to read it there, `scope` the field that holds what stands in
    `scope_prefix`, or nothing where all rows are of that one scope.
    """

    kind: str
    model: type[models.Model]
    number: str
    path: str
    permission: str
    scope_prefix: str
    scope: str = ""
    visible: Rows | None = None

    def rows_for(self, user: Any, holds: Holds) -> Any:
        """The rows that somebody may see who holds these permissions."""
        if not holds(self.permission):
            return self.model._default_manager.none()
        if self.visible is not None:
            return self.visible(user, holds)
        rows: Any = self.model._default_manager.all()
        return rows.visible_to(user)

    def facts_of(self, pk: int) -> dict[str, Any] | None:
        """Number, address and scope of a row; None for one that is gone or has no number yet."""
        names = {self.number, *_names(self.path), *([self.scope] if self.scope else [])}
        row = self.model._default_manager.filter(pk=pk).values(*names).first()
        if row is None or row[self.number] in (None, ""):
            return None
        return {
            "number": str(row[self.number]),
            "path": self.path.format(**row),
            "scope": self.scope_prefix + (str(row[self.scope]) if self.scope else ""),
        }


@dataclass(frozen=True)
class Offer:
    """One type of event that can be subscribed to; `key` is the payload's field with the record."""

    name: str
    event: type[Event]
    record: Record
    key: str
    summary: str


_offers: dict[str, Offer] = {}
_by_event: dict[str, Offer] = {}
_takers: list[Taker] = []
_scopes: dict[str, Sees] = {}


def offer(record: Record, key: str, events: Iterable[tuple[str, type[Event], str]]) -> None:
    """
    Offer events about one kind of record: what follows its kind in their type, the event, a line.

    Raises ValueError for a type or an event that is offered already.
    """
    for word, event, summary in events:
        made = Offer(f"{record.kind}.{word}", event, record, key, summary)
        if made.name in _offers or event.name in _by_event:
            raise ValueError(f"{made.name} or {event.name} is offered twice")
        _offers[made.name] = _by_event[event.name] = made
        handle_announced(event, hand_on)


def offers() -> list[Offer]:
    """Everything on offer, by type."""
    return [_offers[key] for key in sorted(_offers)]


def offer_of(event_type: str) -> Offer | None:
    """The offer of a type, where there is one (still)."""
    return _offers.get(event_type)


def patterns_of(event_type: str) -> list[str]:
    """What a subscription may list to hear of a type: itself, all of its record, everything."""
    return [event_type, f"{event_type.partition('.')[0]}.*", "*"]


def is_known_pattern(pattern: str) -> bool:
    """Whether a pattern stands for anything on offer."""
    return any(pattern in patterns_of(each) for each in _offers)


def offer_scope(prefix: str, sees: Sees) -> None:
    """
    Say who may name a scope that begins so: `sees` is asked with the person and what follows.

    Raises ValueError for a prefix that somebody answers for already.
    """
    if prefix in _scopes:
        raise ValueError(f"{prefix} is answered for twice")
    _scopes[prefix] = sees


def is_seen_scope(scope: str, user: Any) -> bool:
    """
    Whether a scope is of an operator or client that exists and that somebody may see.

    One that nobody answers for is seen by nobody.
    """
    head, colon, key = scope.partition(":")
    sees = _scopes.get(head + colon)
    return not colon or (sees is not None and sees(user, key))


def takes_offers(taker: Taker) -> Taker:
    """Register who queues messages; called once for each delivery of an event on offer."""
    _takers.append(taker)
    return taker


def hand_on(event: Event, announcement: Announcement) -> None:
    """Tell those who queue messages of an event that is on offer."""
    made = _by_event[event.name]
    for taker in _takers:
        taker(made, getattr(event, made.key), announcement)


def _names(path: str) -> list[str]:
    return [part.partition("}")[0] for part in path.split("{")[1:]]
