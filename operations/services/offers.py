"""
An offer with the customer: sent, viewed, accepted or run out.

One order of locks: aircraft, quote, version. Whoever holds the quote first decides: of an
acceptance, an expiry and a newer version one wins and the others are refused.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from aircraft.services.records import lock_aircraft
from common.audit import record
from common.exceptions import InvalidInput
from common.lifecycle import locked, move, require_move
from common.outbox import announce
from operations.events import QuoteAccepted, QuoteClosed, QuoteSent, QuoteViewed
from operations.exceptions import (
    ContentDiffers,
    DeclinesNotAcknowledged,
    OfferClosed,
    OfferExpired,
    OfferNotSent,
    OfferOutdated,
    OfferSent,
    OfferStillValid,
    OfferSuperseded,
    RequestNotServed,
)
from operations.links import digest_of, new_salt, token_of
from operations.models import Decline, DeclineBy, Quote, QuoteStatus, QuoteVersion
from operations.queries.declines import declines_before
from operations.queries.journeys import care_hash
from operations.queries.offers import hash_of, is_superseded
from operations.services.access import refuse_patient_of
from operations.services.offer_gate import require_permitted
from operations.services.requests import decline_quote

OFFERED = (QuoteStatus.SENT, QuoteStatus.VIEWED)


@transaction.atomic
def send_version(
    version: QuoteVersion,
    *,
    to: str = "",
    acknowledged_declines: Sequence[int] = (),
    unserved_reason: str = "",
    actor: Any,
    at: datetime,
) -> QuoteVersion:
    """
    Give an offer to the customer: from now on it never changes, and older links say so.

    `links.token_of(version.link_salt)` is the token of its link. Raises OfferSent, OfferSuperseded,
    OfferOutdated, OfferExpired, AircraftRetired, RequestNotServed unless a reason is given,
    DeclinesNotAcknowledged, NotLegal, TransitionNotAllowed.
    """
    lock_aircraft(version.aircraft)
    quote = locked(version.quote)
    version = locked(version)
    _check_sendable(version, quote, at)
    require_move(quote, QuoteStatus.SENT)
    _require_served(version, quote, unserved_reason)
    require_acknowledged(quote, acknowledged_declines, at=at)
    require_permitted(version, at=at)
    version.quote = quote
    version.acknowledged_declines = sorted(set(acknowledged_declines))
    version.content_hash = hash_of(version, version.lines.all())
    version.link_salt = new_salt()
    version.link_digest = digest_of(token_of(version.link_salt))
    version.sent_at, version.sent_by = at, actor
    version.sent_to = to or quote.requester_email
    version.save()
    move(quote, QuoteStatus.SENT, actor=actor, at=at)
    told = {"reason": version.unserved_reason, "hash": version.content_hash}
    record("quote.sent", version, actor=actor, at=at, **told)
    announce(QuoteSent(quote_id=quote.pk, version_id=version.pk))
    return version


@transaction.atomic
def record_view(version: QuoteVersion, *, at: datetime) -> QuoteVersion:
    """Note that the customer opened an offer; the first time counts."""
    quote = locked(version.quote)
    version = locked(version)
    if version.viewed_at is not None:
        return version
    version.viewed_at = at
    version.save(update_fields=["viewed_at", "updated_at"])
    if quote.status == QuoteStatus.SENT and not is_superseded(version, quote):
        move(quote, QuoteStatus.VIEWED, actor=None, at=at)
        announce(QuoteViewed(quote_id=quote.pk, version_id=version.pk))
    return version


@transaction.atomic
def accept_version(
    version: QuoteVersion,
    *,
    content_hash: str,
    name: str,
    note: str = "",
    address: str | None = None,
    acknowledged_declines: Sequence[int] | None = None,
    actor: Any,
    at: datetime,
) -> QuoteVersion:
    """
    Accept exactly the offer whose content hash is given, once.

    `actor` is None for the customer, who is shown no refusals: whoever books what they accepted is
    asked about them. Who records an answer for them (`acknowledged_declines` given) acknowledges
    refusals that came up since the offer was sent. Raises OfferNotSent, ContentDiffers,
    OfferSuperseded, OfferClosed, OfferExpired, DeclinesNotAcknowledged.
    """
    quote = locked(version.quote)
    version = locked(version)
    _check_answerable(version, quote, at)
    refuse_patient_of(quote.requirement, note=note)
    if content_hash != version.content_hash:
        raise ContentDiffers(offer=str(version))
    late = sorted(set(acknowledged_declines or ()))
    if acknowledged_declines is not None:
        require_acknowledged(quote, [*version.acknowledged_declines, *late], at=at)
    _answer(version, name=name, note=note, address=address, at=at)
    quote.accepted_version = version
    move(quote, QuoteStatus.ACCEPTED, actor=actor, at=at)
    told: dict[str, Any] = {"declines": late} if late else {}
    record("quote.accepted", version, actor=actor, at=at, hash=version.content_hash, **told)
    announce(QuoteAccepted(quote_id=quote.pk, version_id=version.pk))
    return version


@transaction.atomic
def decline_offer(
    version: QuoteVersion,
    *,
    reason: str,
    name: str = "",
    note: str = "",
    address: str | None = None,
    at: datetime,
) -> QuoteVersion:
    """
    Take the customer's no to an offer, once, and keep why.

    Raises OfferNotSent, OfferSuperseded, OfferClosed, OfferExpired.
    """
    quote = locked(version.quote)
    version = locked(version)
    _check_answerable(version, quote, at)
    refuse_patient_of(quote.requirement, note=note)
    _answer(version, name=name, note=note, address=address, at=at)
    decline_quote(quote, by=DeclineBy.CUSTOMER, reason=reason, remarks=note, actor=None, at=at)
    return version


@transaction.atomic
def expire_quote(quote: Quote, *, at: datetime) -> Quote:
    """Close an offer that ran out. Raises OfferClosed, OfferStillValid."""
    quote = locked(quote)
    if quote.status not in OFFERED:
        raise OfferClosed(offer=quote.number, status=quote.status)
    version = quote.versions.sent().latest("sequence")
    if version.valid_until > at:
        raise OfferStillValid(offer=str(version), until=version.valid_until)
    move(quote, QuoteStatus.EXPIRED, actor=None, at=at)
    record("quote.expired", version, actor=None, at=at)
    announce(QuoteClosed(quote_id=quote.pk))
    return quote


def require_acknowledged(quote: Quote, acknowledged: Sequence[int], *, at: datetime) -> None:
    """Raise DeclinesNotAcknowledged, naming them, while somebody has not seen all refusals."""
    require_seen(declines_before(quote, at=at), acknowledged)


def require_seen(declines: Iterable[Decline], acknowledged: Sequence[int]) -> None:
    """Raise DeclinesNotAcknowledged, naming those of the refusals that nobody acknowledged."""
    known = set(acknowledged)
    open_ones = [row.pk for row in declines if row.pk not in known]
    if open_ones:
        raise DeclinesNotAcknowledged(declines=sorted(open_ones))


def _require_served(version: QuoteVersion, quote: Quote, reason: str) -> None:
    refuse_patient_of(quote.requirement, unserved_reason=reason)
    if version.unserved and not reason:
        raise RequestNotServed(offer=str(version), findings=version.unserved)
    version.unserved_reason = reason if version.unserved else ""


def _check_sendable(version: QuoteVersion, quote: Quote, at: datetime) -> None:
    if version.sent_at is not None:
        raise OfferSent(offer=str(version))
    if is_superseded(version, quote):
        raise OfferSuperseded(offer=str(version))
    changed = quote.request_changed_at
    if changed is not None and version.priced_at <= changed:
        raise OfferOutdated(offer=str(version))
    # Offers without a patient, and those kept before this was noted, name nothing.
    care = version.price_inputs.get("care")
    if care and care != care_hash(quote.requirement):
        raise OfferOutdated(offer=str(version))
    if version.valid_until <= at:
        raise OfferExpired(offer=str(version), until=version.valid_until)


def _check_answerable(version: QuoteVersion, quote: Quote, at: datetime) -> None:
    if version.sent_at is None:
        raise OfferNotSent(offer=str(version))
    if version.pk != quote.accepted_version_id and is_superseded(version, quote):
        raise OfferSuperseded(offer=str(version))
    if quote.status == QuoteStatus.EXPIRED or version.valid_until <= at:
        raise OfferExpired(offer=str(version), until=version.valid_until)
    if quote.status not in OFFERED:
        raise OfferClosed(offer=str(version), status=quote.status)


def _answer(
    version: QuoteVersion, *, name: str, note: str, address: str | None, at: datetime
) -> None:
    if not name.strip() and address is None:
        raise InvalidInput("/name", "Who answered.")
    version.answered_at, version.answered_by = at, name.strip()
    version.answered_from, version.answer_note = address, note
    version.viewed_at = version.viewed_at or at
    version.save()
