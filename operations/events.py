from dataclasses import dataclass
from typing import ClassVar

from common.events import Event


@dataclass(frozen=True, kw_only=True)
class QuoteRequested(Event):
    """A customer asked for a flight."""

    name: ClassVar[str] = "operations.quote_requested"
    quote_id: int


@dataclass(frozen=True, kw_only=True)
class QuotePriced(Event):
    """A version of an offer was priced, or a line of it was given another amount."""

    name: ClassVar[str] = "operations.quote_priced"
    quote_id: int
    version_id: int


@dataclass(frozen=True, kw_only=True)
class QuoteSent(Event):
    """An offer went to the customer; its link is made by `operations.links`."""

    name: ClassVar[str] = "operations.quote_sent"
    quote_id: int
    version_id: int


@dataclass(frozen=True, kw_only=True)
class QuoteViewed(Event):
    """The customer opened an offer for the first time."""

    name: ClassVar[str] = "operations.quote_viewed"
    quote_id: int
    version_id: int


@dataclass(frozen=True, kw_only=True)
class QuoteAccepted(Event):
    """A customer accepted one version of an offer."""

    name: ClassVar[str] = "operations.quote_accepted"
    quote_id: int
    version_id: int


@dataclass(frozen=True, kw_only=True)
class QuoteClosed(Event):
    """A quote was declined, withdrawn, or ran out."""

    name: ClassVar[str] = "operations.quote_closed"
    quote_id: int


@dataclass(frozen=True, kw_only=True)
class DeclineRecorded(Event):
    """A request was refused by us, the customer or another operator."""

    name: ClassVar[str] = "operations.decline_recorded"
    decline_id: int
