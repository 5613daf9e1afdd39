"""The steps of a quote on its page: the verbs of the API, by the same services and grants."""

from datetime import datetime
from typing import Any

from django import forms

from common.desk.steps import LONGEST, Said, Step, in_status, plain, reasoned
from common.exceptions import InvalidInput
from operations.models import Decline, Quote, QuoteVersion
from operations.models import QuoteStatus as Status
from operations.queries.declines import declines_before
from operations.services import offers, requests, trips

_OUT = (Status.SENT, Status.VIEWED)


def versions_of(quote: Quote) -> list[QuoteVersion]:
    """The offers of the quote on screen, newest first, read once; 1 query."""
    known = quote.__dict__.setdefault("_desk", {})
    if "versions" not in known:
        rows = quote.versions.select_related("aircraft").defer("itinerary", "price_inputs")
        known["versions"] = list(rows.order_by("-sequence")[:20])
    versions: list[QuoteVersion] = known["versions"]
    return versions


def declines_seen(quote: Quote, at: datetime) -> list[Decline]:
    """Earlier refusals that matter to the quote on screen, read once."""
    known = quote.__dict__.setdefault("_desk", {})
    if "declines" not in known:
        known["declines"] = list(declines_before(quote, at=at)[:100])
    found: list[Decline] = known["declines"]
    return found


def _newest(quote: Quote) -> QuoteVersion:
    version = quote.versions.select_related("aircraft", "quote").order_by("-sequence").first()
    if version is None:
        raise InvalidInput("", "Nothing is priced yet.")
    return version


def _acknowledged(quote: Quote, said: Said, at: datetime) -> list[int]:
    """All earlier refusals, where the person says that they have seen them."""
    if not said.fields.get("has_seen_refusals"):
        return []
    return [row.pk for row in declines_before(quote, at=at)]


def _send(quote: Quote, said: Said, *, actor: Any, at: datetime) -> Any:
    return offers.send_version(
        _newest(quote),
        to=said.fields.get("to", ""),
        unserved_reason=said.fields.get("unserved_reason", ""),
        acknowledged_declines=_acknowledged(quote, said, at),
        actor=actor,
        at=at,
    )


def _accept(quote: Quote, said: Said, *, actor: Any, at: datetime) -> Any:
    version = _newest(quote)
    return offers.accept_version(
        version,
        content_hash=version.content_hash,
        name=said.fields["name"],
        note=said.fields.get("note", ""),
        acknowledged_declines=_acknowledged(quote, said, at),
        actor=actor,
        at=at,
    )


def _expire(quote: Quote, said: Said, *, actor: Any, at: datetime) -> Any:
    return offers.expire_quote(quote, at=at)


def _can_send(quote: Quote, at: datetime) -> str | None:
    if quote.status == Status.REQUESTED:
        return "the request is to be priced first."
    return "" if quote.status == Status.PRICED else None


def _can_accept(quote: Quote, at: datetime) -> str | None:
    if quote.status not in _OUT:
        return None
    return "" if versions_of(quote)[0].valid_until > at else "the offer ran out."


def _can_book(quote: Quote, at: datetime) -> str | None:
    if quote.status in _OUT:
        return "the customer has not accepted it."
    return "" if quote.status == Status.ACCEPTED else None


def _can_expire(quote: Quote, at: datetime) -> str | None:
    if quote.status not in _OUT:
        return None
    return "" if versions_of(quote)[0].valid_until <= at else None


def _seen() -> forms.Field:
    label = "I have seen the refusals of this flight that are on the page"
    return forms.BooleanField(label=label, required=False)


def _to() -> forms.Field:
    label = "Address, where it is not the requester's"
    return forms.EmailField(label=label, required=False)


def _unserved() -> forms.Field:
    label = "Why it is offered although it does not give all that was asked for"
    return forms.CharField(label=label, required=False, max_length=500)


def _name() -> forms.Field:
    return forms.CharField(label="Who said yes", max_length=200)


def _note() -> forms.Field:
    area = forms.Textarea(attrs={"rows": 2})
    return forms.CharField(label="Note", required=False, max_length=LONGEST, widget=area)


def _step(verb: str, label: str, done: str, perform: Any, **more: Any) -> Step:
    """A step that is called as its grant is."""
    key = more.pop("key", verb)
    permission = f"operations.{verb}_quote"
    return Step(key=key, label=label, permission=permission, perform=perform, done=done, **more)


STEPS = (
    _step("book", "Book the trip", "booked", plain(trips.create_from_quote), when=_can_book,
          is_final=True, explained="Makes the trip and takes the aircraft."),
    _step("accept", "Record the customer's yes", "accepted", _accept, when=_can_accept,
          is_final=True, fields={"name": _name, "note": _note, "has_seen_refusals": _seen}),
    _step("send", "Send the newest offer", "sent", _send, when=_can_send, is_final=True,
          explained="From then on the offer cannot be changed.",
          fields={"to": _to, "unserved_reason": _unserved, "has_seen_refusals": _seen}),
    _step("withdraw", "Close the offer that ran out", "closed", _expire, key="expire",
          when=_can_expire),
    _step("withdraw", "Withdraw", "withdrawn", reasoned(requests.withdraw_quote),
          when=in_status(Status.REQUESTED, Status.PRICED, *_OUT, Status.ACCEPTED),
          asks="Why", is_final=True),
)  # fmt: skip
