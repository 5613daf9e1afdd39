"""What a customer asks for, and refusals of requests."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.gis.geos import Point
from django.db import transaction
from django.db.models import Max

from airports.models import Airport
from common.audit import record
from common.exceptions import InvalidInput
from common.lifecycle import locked, move, require_move
from common.numbering import next_number
from common.outbox import announce
from contacts.models import Contact
from contacts.models.contact import is_same_contact
from contacts.services.contacts import usable
from operations.events import DeclineRecorded, QuoteClosed, QuoteRequested
from operations.exceptions import RequestSettled
from operations.models import (
    Decline,
    DeclineBy,
    DeclineReason,
    MedicalRequirement,
    Patient,
    Quote,
    QuoteStatus,
    RequestedLeg,
)
from operations.services.access import refuse_names, refuse_patient_of

CHANGEABLE = (
    QuoteStatus.REQUESTED,
    QuoteStatus.PRICED,
    QuoteStatus.EXPIRED,
    QuoteStatus.DECLINED,
)
TEXTS = ("title", "notes")
# What may take the place of another request.
STANDING = (
    QuoteStatus.REQUESTED,
    QuoteStatus.PRICED,
    QuoteStatus.SENT,
    QuoteStatus.VIEWED,
    QuoteStatus.ACCEPTED,
    QuoteStatus.BOOKED,
)


@dataclass(frozen=True)
class WantedLeg:
    """One journey as the customer asks for it."""

    origin: Airport
    destination: Airport
    earliest_departure_at: datetime
    latest_arrival_at: datetime | None = None
    has_patient: bool = False
    passengers: int = 0
    baggage_kg: int = 0
    pickup: Contact | None = None
    dropoff: Contact | None = None


@transaction.atomic
def request_quote(
    *, customer: Contact, legs: Sequence[WantedLeg], actor: Any, at: datetime, **values: Any
) -> Quote:
    """
    Take down a request. Raises InvalidInput, ContactMerged, ContactInactive.
    """
    _check_legs(legs, at)
    _check_names(values.get("requirement"), values)
    quote = Quote.objects.create(
        customer=usable(customer),
        requested_at=at,
        **values,
        number=next_number("QT", year=at.year),
    )
    _write_legs(quote, legs)
    record("quote.requested", quote, actor=actor, at=at)
    announce(QuoteRequested(quote_id=quote.pk))
    return quote


@transaction.atomic
def change_request(
    quote: Quote,
    *,
    changes: Mapping[str, Any],
    legs: Sequence[WantedLeg] | None = None,
    version: int | None = None,
    actor: Any,
    at: datetime,
) -> Quote:
    """
    Change what is asked for, while no offer is with the customer; a list of legs replaces theirs.

    Offers priced before no longer answer the request. Raises RequestSettled, StaleVersion,
    InvalidInput.
    """
    quote = locked(quote, version=version)
    if quote.status not in CHANGEABLE:
        raise RequestSettled(quote=quote.number, status=quote.status)
    for name, value in changes.items():
        setattr(quote, name, usable(value) if name == "customer" else value)
    _check_names(quote.requirement, {name: getattr(quote, name) for name in TEXTS})
    if legs is not None:
        _check_legs(legs, at)
        quote.requested_legs.all().delete()
        _write_legs(quote, legs)
    # An offer may have been priced by a later clock while this waited for the quote.
    priced_at = quote.versions.aggregate(last=Max("priced_at"))["last"]
    quote.request_changed_at = max(at, priced_at or at)
    quote.save()
    fields = sorted([*changes, *([] if legs is None else ["legs"])])
    record("quote.changed", quote, actor=actor, at=at, fields=fields)
    return quote


@transaction.atomic
def withdraw_quote(quote: Quote, *, reason: str, actor: Any, at: datetime) -> Quote:
    """Take a request or an offer back. Raises TransitionNotAllowed, InvalidInput."""
    quote = locked(quote)
    refuse_patient_of(quote.requirement, reason=reason)
    move(quote, QuoteStatus.WITHDRAWN, actor=actor, at=at, reason=reason)
    record("quote.withdrawn", quote, actor=actor, at=at, reason=reason)
    announce(QuoteClosed(quote_id=quote.pk))
    return quote


@transaction.atomic
def supersede_quote(quote: Quote, *, by: Quote, actor: Any, at: datetime) -> Quote:
    """
    Close a request that the customer made again as another one; its offers no longer stand.

    Locks both quotes by key. Raises InvalidInput, TransitionNotAllowed.
    """
    rows = {row.pk: locked(row) for row in sorted((quote, by), key=lambda row: row.pk)}
    quote, by = rows[quote.pk], rows[by.pk]
    require_move(quote, QuoteStatus.SUPERSEDED)
    if by.pk == quote.pk or not is_same_contact(by.customer, quote.customer):
        raise InvalidInput("/by", "Another request of the same customer.")
    if by.status not in STANDING:
        raise InvalidInput("/by", f"{by.number} is {by.status}.")
    reason = f"{by.number} took its place."
    move(quote, QuoteStatus.SUPERSEDED, actor=actor, at=at, reason=reason)
    record("quote.superseded", quote, actor=actor, at=at, reason=reason, by=by.number)
    announce(QuoteClosed(quote_id=quote.pk))
    return quote


@transaction.atomic
def decline_quote(
    quote: Quote,
    *,
    by: DeclineBy | str,
    reason: DeclineReason | str,
    remarks: str = "",
    operator_name: str = "",
    actor: Any,
    at: datetime,
) -> Quote:
    """
    Close a request that is not flown and keep why; by another operator it stays open for us.

    Raises TransitionNotAllowed.
    """
    quote = locked(quote)
    if by != DeclineBy.OTHER_OPERATOR:
        move(quote, QuoteStatus.DECLINED, actor=actor, at=at, reason=str(reason))
        announce(QuoteClosed(quote_id=quote.pk))
    record_decline(
        quote=quote,
        by=by,
        reason=reason,
        remarks=remarks,
        operator_name=operator_name,
        actor=actor,
        at=at,
    )
    return quote


@transaction.atomic
def record_decline(
    *,
    by: DeclineBy | str,
    reason: DeclineReason | str,
    quote: Quote | None = None,
    patient: Patient | None = None,
    point: Point | None = None,
    declined_at: datetime | None = None,
    remarks: str = "",
    operator_name: str = "",
    actor: Any,
    at: datetime,
) -> Decline:
    """
    Keep that a request was refused, where and why; place and patient are the quote's unless given.

    Raises InvalidInput for a place nobody knows or a time to come.
    """
    when = declined_at or at
    if when > at:
        raise InvalidInput("/declined_at", "That is still to come.")
    place = point or _first_place(quote)
    if place is None:
        raise InvalidInput("/point", "Where it was; the quote has no legs.")
    patient = _patient_of(quote, patient, remarks)
    decline = Decline.objects.create(
        quote=quote,
        patient=patient,
        by=by,
        reason=reason,
        remarks=remarks,
        operator_name=operator_name,
        point=place,
        declined_at=when,
        recorded_by=actor if getattr(actor, "pk", None) else None,
    )
    record("decline.recorded", decline, actor=actor, at=at, by=str(by))
    announce(DeclineRecorded(decline_id=decline.pk))
    return decline


def _patient_of(quote: Quote | None, patient: Patient | None, remarks: str) -> Patient | None:
    """The patient given, else the quote's; raises InvalidInput where the remarks name them."""
    if patient is None and quote is not None and quote.requirement is not None:
        patient = quote.requirement.patient
    if patient is not None:
        refuse_names(patient, remarks, pointer="/remarks")
    return patient


def _first_place(quote: Quote | None) -> Point | None:
    if quote is None:
        return None
    first = quote.requested_legs.order_by("sequence").select_related("origin").first()
    return None if first is None else first.origin.point


def _check_legs(legs: Sequence[WantedLeg], at: datetime) -> None:
    for index, leg in enumerate(legs):
        if leg.origin == leg.destination:
            raise InvalidInput(f"/legs/{index}/destination", "It ends where it begins.")
        end = leg.latest_arrival_at
        if end is not None and end <= leg.earliest_departure_at:
            raise InvalidInput(f"/legs/{index}/latest_arrival_at", "Not after the departure.")
        if leg.earliest_departure_at < at:
            raise InvalidInput(f"/legs/{index}/earliest_departure_at", "That is over.")


def _check_names(requirement: MedicalRequirement | None, values: Mapping[str, Any]) -> None:
    """Calendars, offers and lists show them to whoever may not know the patient's name."""
    if requirement is not None:
        for name in TEXTS:
            refuse_names(requirement.patient, values.get(name) or "", pointer=f"/{name}")


def _write_legs(quote: Quote, legs: Sequence[WantedLeg]) -> None:
    RequestedLeg.objects.bulk_create(
        [
            RequestedLeg(
                quote=quote,
                sequence=sequence,
                origin=leg.origin,
                destination=leg.destination,
                earliest_departure_at=leg.earliest_departure_at,
                latest_arrival_at=leg.latest_arrival_at,
                has_patient=leg.has_patient,
                passengers=leg.passengers,
                baggage_kg=leg.baggage_kg,
                pickup=leg.pickup and usable(leg.pickup),
                dropoff=leg.dropoff and usable(leg.dropoff),
            )
            for sequence, leg in enumerate(legs, start=1)
        ]
    )
