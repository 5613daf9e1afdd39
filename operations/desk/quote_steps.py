"""The steps of a quote on its page: the verbs of the API, by the same services and grants."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

from django import forms

from common.compliance.findings import Color
from common.desk.standing import Fact
from common.desk.steps import LONGEST, Said, Seen, Step, in_status, reasoned
from common.desk.wording import age, clock
from common.exceptions import ChangedSinceShown
from documents.wording import money
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


def _accepted(quote: Quote) -> QuoteVersion | None:
    """The offer that the customer accepted, however many came after it."""
    key = quote.accepted_version_id
    if key is None:
        return None
    of_screen = next((each for each in versions_of(quote) if each.pk == key), None)
    return of_screen or quote.versions.select_related("aircraft").filter(pk=key).first()


def declines_seen(quote: Quote, at: datetime) -> list[Decline]:
    """Earlier refusals that matter to the quote on screen, read once."""
    known = quote.__dict__.setdefault("_desk", {})
    if "declines" not in known:
        known["declines"] = list(declines_before(quote, at=at))
    found: list[Decline] = known["declines"]
    return found


def quote_zone(quote: Quote) -> str:
    """The zone of the first departure that is asked for; UTC while none is."""
    known = quote.__dict__.setdefault("_desk", {})
    if "zone" not in known:
        legs = quote.requested_legs.order_by("sequence")
        known["zone"] = legs.values_list("origin__timezone", flat=True).first() or "UTC"
    zone: str = known["zone"]
    return zone


def _mark(version: QuoteVersion, refusals: Iterable[Decline]) -> str:
    """One price of one version, with the refusals that are known."""
    known = ",".join(str(row.pk) for row in refusals)
    digest = sha256(known.encode()).hexdigest()[:16]
    return f"{version.pk}-{version.content_hash}-{digest}"


def _offer_shown(quote: Quote, at: datetime) -> Seen:
    """The offer that would be sent or accepted, as whoever does it must see it."""
    versions = versions_of(quote)
    if not versions:
        return Seen(mark="")
    version, zone, refusals = versions[0], quote_zone(quote), declines_seen(quote, at)
    until = f"{clock(version.valid_until, zone)}, {age(version.valid_until, at)}"
    facts = [
        Fact(label="Total", value=money(version.total, version.currency), detail="with tax"),
        Fact(label="Aircraft", value=str(version.aircraft)),
        Fact(label="Valid until", value=until),
        _addressee(version, quote),
        *(
            Fact(label="Does not give", value=each["message"], color=Color.AMBER)
            for each in version.unserved
        ),
    ]
    name = f"Version {version.sequence}"
    facts += _refused(quote, refusals)
    return Seen(mark=_mark(version, refusals), name=name, facts=tuple(facts))


def _refused(quote: Quote, refusals: Sequence[Decline]) -> list[Fact]:
    value = f"{len(refusals)}, on the page of {quote}"
    return [Fact(label="Refused before", value=value, color=Color.AMBER)] if refusals else []


def _booking_shown(quote: Quote, at: datetime) -> Seen:
    """What would be booked: whoever does it may be the first at the desk to see a refusal."""
    version, refusals = _accepted(quote), declines_seen(quote, at)
    if version is None:
        return Seen(mark="")
    facts = [
        Fact(label="Total", value=money(version.total, version.currency), detail="with tax"),
        Fact(label="Aircraft", value=str(version.aircraft)),
        *_refused(quote, refusals),
    ]
    name = f"Version {version.sequence}"
    return Seen(mark=_mark(version, refusals), name=name, facts=tuple(facts))


def _addressee(version: QuoteVersion, quote: Quote) -> Fact:
    if version.sent_at is not None:
        return Fact(label="Sent to", value=version.sent_to or "no address")
    return Fact(label="Goes to", value=quote.requester_email or "no address is on file")


def _shown_to(quote: Quote, said: Said, at: datetime) -> tuple[QuoteVersion, list[int]]:
    """
    The version that the person had before them, and the refusals that they say they have seen.

    The service locks and looks again; what came up in between is refused there.
    """
    version = quote.versions.select_related("aircraft", "quote").order_by("-sequence").first()
    refusals = list(declines_before(quote, at=at))
    if version is None or _mark(version, refusals) != said.seen:
        raise ChangedSinceShown
    has_seen = said.fields.get("has_seen_refusals")
    return version, [row.pk for row in refusals] if has_seen else []


def _send(quote: Quote, said: Said, *, actor: Any, at: datetime) -> Any:
    version, refusals = _shown_to(quote, said, at)
    return offers.send_version(
        version,
        to=said.fields.get("to", ""),
        unserved_reason=said.fields.get("unserved_reason", ""),
        acknowledged_declines=refusals,
        actor=actor,
        at=at,
    )


def _accept(quote: Quote, said: Said, *, actor: Any, at: datetime) -> Any:
    version, refusals = _shown_to(quote, said, at)
    return offers.accept_version(
        version,
        content_hash=said.seen.split("-")[1],
        name=said.fields["name"],
        note=said.fields.get("note", ""),
        acknowledged_declines=refusals,
        actor=actor,
        at=at,
    )


def _book(quote: Quote, said: Said, *, actor: Any, at: datetime) -> Any:
    has_seen = said.fields.get("has_seen_refusals")
    refusals = [row.pk for row in declines_seen(quote, at)] if has_seen else []
    return trips.create_from_quote(quote, acknowledged_declines=refusals, actor=actor, at=at)


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
    _step("book", "Book the trip", "booked", _book, when=_can_book, seen=_booking_shown,
          is_final=True, explained="Makes the trip and takes the aircraft.",
          fields={"has_seen_refusals": _seen}),
    _step("accept", "Record the customer's yes", "accepted", _accept, when=_can_accept,
          seen=_offer_shown, is_final=True,
          fields={"name": _name, "note": _note, "has_seen_refusals": _seen}),
    _step("send", "Send the newest offer", "sent", _send, when=_can_send, is_final=True,
          seen=_offer_shown,
          explained="From then on the offer cannot be changed.",
          fields={"to": _to, "unserved_reason": _unserved, "has_seen_refusals": _seen}),
    _step("withdraw", "Close the offer that ran out", "closed", _expire, key="expire",
          when=_can_expire),
    _step("withdraw", "Withdraw", "withdrawn", reasoned(requests.withdraw_quote),
          when=in_status(Status.REQUESTED, Status.PRICED, *_OUT, Status.ACCEPTED),
          asks="Why", is_final=True),
)  # fmt: skip
