"""Hold an aircraft for an offer, book an accepted one, make a trip by hand, confirm, let go."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from django.db import transaction

from aircraft.models import Aircraft
from aircraft.services.records import lock_aircraft
from common import audit, booking
from common.exceptions import InvalidInput
from common.lifecycle import locked, move, require_move
from common.numbering import next_number
from common.outbox import announce
from contacts.models import Contact
from operations.events import TripBooked, TripEnded, TripHeld
from operations.exceptions import HoldExpired, QuoteNotBookable, TripMoved
from operations.itinerary import PlannedGround, PlannedLeg
from operations.models import (
    LegStatus,
    Quote,
    QuoteStatus,
    QuoteVersion,
    RequestedLeg,
    Trip,
    TripKind,
    TripStatus,
)
from operations.queries.declines import declines_before_trip, declines_seen_of
from operations.queries.offers import is_superseded
from operations.services.access import refuse_patient_of
from operations.services.gates import Moment, ask
from operations.services.ledger import hold_aircraft_of, lock_trip, take_turns
from operations.services.offers import require_acknowledged, require_seen
from operations.services.service_items import call_off_services, list_services
from operations.services.trip_changes import trip_changed
from operations.services.trip_legs import (
    is_as_offered,
    is_helicopter,
    itinerary_of,
    known_places,
    require_helicopter,
    write_legs,
)

OFFERED = (QuoteStatus.SENT, QuoteStatus.VIEWED, QuoteStatus.ACCEPTED)
CLOSED = (
    QuoteStatus.DECLINED,
    QuoteStatus.EXPIRED,
    QuoteStatus.SUPERSEDED,
    QuoteStatus.WITHDRAWN,
)


@transaction.atomic
def create_from_quote(
    quote: Quote, *, acknowledged_declines: Sequence[int] = (), actor: Any, at: datetime
) -> Trip:
    """
    Book the version that the customer accepted: trip, legs, aircraft and what is to be arranged.

    A hold for that very version becomes the trip; one for another version is let go. Raises
    QuoteNotBookable, DeclinesNotAcknowledged, DoubleBooked, TransitionNotAllowed.
    """
    quote, version = _locked_quote(quote)
    if version is None:
        raise QuoteNotBookable(quote=quote.number, reason="no version was accepted")
    require_move(quote, QuoteStatus.BOOKED)
    _check_version(quote, version, at)
    seen = acknowledged_declines
    require_acknowledged(quote, [*declines_seen_of(version), *seen], at=at)
    held = Trip.objects.filter(quote=quote).select_related("aircraft").first()
    if held is not None and held.quote_version_id == version.pk:
        return _confirm(held, quote, seen, actor=actor, at=at)
    if held is not None:
        _let_go(held, because="Another version was accepted.", actor=actor, at=at)
    trip = _trip_of(quote, version, actor=actor, at=at)
    move(trip, TripStatus.CONFIRMED, actor=actor, at=at)
    move(quote, QuoteStatus.BOOKED, actor=actor, at=at)
    _booked(trip, "trip.booked", seen, actor=actor, at=at)
    announce(TripBooked(trip_id=trip.pk))
    return trip


@transaction.atomic
def hold_aircraft(
    version: QuoteVersion, *, until: datetime | None = None, actor: Any, at: datetime
) -> Trip:
    """
    Keep the aircraft of an offer for the customer until they answer, as a tentative trip.

    Raises QuoteNotBookable when it is not on offer or something is held already, DoubleBooked,
    InvalidInput.
    """
    quote, version = _locked_version(version)
    if quote.status not in OFFERED or version.sent_at is None:
        raise QuoteNotBookable(quote=quote.number, reason="that version is not on offer")
    if quote.status == QuoteStatus.ACCEPTED and quote.accepted_version_id != version.pk:
        raise QuoteNotBookable(quote=quote.number, reason="another version was accepted")
    if is_superseded(version, quote):
        raise QuoteNotBookable(quote=quote.number, reason="a newer version took its place")
    if Trip.objects.filter(quote=quote).exists():
        raise QuoteNotBookable(quote=quote.number, reason="an aircraft is already held for it")
    _check_version(quote, version, at)
    expires = until or version.valid_until
    if not at < expires <= version.valid_until:
        raise InvalidInput("/until", "Not between now and the end of the offer.")
    trip = _trip_of(quote, version, expires_at=expires, actor=actor, at=at)
    _booked(trip, "trip.held", (), actor=actor, at=at)
    announce(TripHeld(trip_id=trip.pk))
    return trip


@transaction.atomic
def create_trip(
    *,
    aircraft: Aircraft,
    customer: Contact,
    title: str,
    kind: str,
    legs: Sequence[PlannedLeg],
    ground: Sequence[PlannedGround] = (),
    acknowledged_declines: Sequence[int] = (),
    actor: Any,
    at: datetime,
    **fields: Any,
) -> Trip:
    """
    Make a trip by hand: a ferry or training flight, or a charter that was never quoted.

    Raises DoubleBooked, InvalidInput, AircraftRetired, DeclinesNotAcknowledged.
    """
    aircraft = lock_aircraft(aircraft)
    _check_sequence(legs, at)
    if kind == TripKind.AIR_AMBULANCE and fields.get("requirement") is None:
        raise InvalidInput("/requirement", "An ambulance flight needs the patient's requirement.")
    refuse_patient_of(fields.get("requirement"), title=title, notes=fields.get("notes"))
    trip = Trip(
        aircraft=aircraft,
        customer=customer,
        title=title,
        kind=kind,
        coordinator=actor,
        **fields,
    )
    require_helicopter(trip)
    _saved(trip, legs, at=at)
    write_legs(trip, legs, ground)
    require_seen(declines_before_trip(trip, at=at), acknowledged_declines)
    _held(trip)
    move(trip, TripStatus.CONFIRMED, actor=actor, at=at)
    _booked(trip, "trip.created", acknowledged_declines, actor=actor, at=at)
    announce(TripBooked(trip_id=trip.pk))
    return trip


@transaction.atomic
def confirm_trip(
    trip: Trip, *, acknowledged_declines: Sequence[int] = (), actor: Any, at: datetime
) -> Trip:
    """
    Turn a hold into a booking; with a quote behind it, its accepted version must be the one held.

    Raises HoldExpired, QuoteNotBookable, DeclinesNotAcknowledged, TransitionNotAllowed.
    """
    seen = acknowledged_declines
    if trip.quote_id is None:
        trip = lock_trip(trip)
        require_seen(declines_before_trip(trip, at=at), seen)
        return _confirm(trip, None, seen, actor=actor, at=at)
    quote, version = _locked_quote(Quote.objects.get(pk=trip.quote_id))
    require_move(trip, TripStatus.CONFIRMED)
    if version is None or version.pk != trip.quote_version_id:
        raise QuoteNotBookable(quote=quote.number, reason="the version held was not accepted")
    require_move(quote, QuoteStatus.BOOKED)
    require_acknowledged(quote, [*declines_seen_of(version), *seen], at=at)
    return _confirm(trip, quote, seen, actor=actor, at=at)


@transaction.atomic
def begin_planning(trip: Trip, *, actor: Any, at: datetime) -> Trip:
    """Begin to plan a confirmed trip: crew, services, papers."""
    trip = lock_trip(trip)
    move(trip, TripStatus.PLANNING, actor=actor, at=at)
    audit.record("trip.planning", trip, actor=actor, at=at)
    return trip


@transaction.atomic
def release_hold(trip: Trip, *, because: str, actor: Any, at: datetime) -> Trip:
    """Give a held aircraft back. Raises TransitionNotAllowed unless the trip is tentative."""
    trip = lock_trip(trip)
    if trip.status != TripStatus.TENTATIVE:
        require_move(trip, TripStatus.TENTATIVE)
    return _let_go(trip, because=because, actor=actor, at=at)


def release_holds_of_closed(quote_id: int, *, at: datetime) -> int:
    """Give back what is held for a quote that nobody can accept any more."""
    held = Trip.objects.filter(quote=quote_id, status=TripStatus.TENTATIVE)
    done = 0
    for trip in held.select_related("aircraft").order_by("pk"):
        with transaction.atomic():
            lock_aircraft(trip.aircraft, even_retired=True)
            quote = locked(Quote.objects.get(pk=quote_id))
            row = lock_trip(trip)
            if quote.status in CLOSED and row.status == TripStatus.TENTATIVE:
                _let_go(row, because=f"{quote} is {quote.status}.", actor=None, at=at)
                done += 1
    return done


def expire_holds(*, at: datetime) -> int:
    """
    Give back what is held beyond its time; each in a transaction of its own.

    One whose aircraft is being changed waits for the next sweep and holds up no other.
    """
    due = Trip.objects.filter(status=TripStatus.TENTATIVE, hold_expires_at__lte=at)
    done = 0
    for trip in due.select_related("aircraft").order_by("hold_expires_at", "pk")[:200]:
        with suppress(TripMoved), transaction.atomic():
            row = lock_trip(trip)
            if row.status == TripStatus.TENTATIVE and (row.hold_expires_at or at) <= at:
                _let_go(row, because="The hold ended.", actor=None, at=at)
                done += 1
    return done


def _locked_quote(quote: Quote) -> tuple[Quote, QuoteVersion | None]:
    """Lock the aircraft of what was accepted and of what is held, the quote and the version."""
    fresh = Quote.objects.select_related("accepted_version").get(pk=quote.pk)
    version = fresh.accepted_version
    held = Trip.objects.filter(quote=fresh).values_list("aircraft_id", flat=True)
    wanted = {*held, *([version.aircraft_id] if version else [])}
    for aircraft in Aircraft.objects.filter(pk__in=wanted).order_by("pk"):
        lock_aircraft(aircraft)
    row = locked(fresh)
    if row.accepted_version_id != (version.pk if version else None):
        raise QuoteNotBookable(quote=row.number, reason="it is being answered at this moment")
    return row, locked(version) if version else None


def _locked_version(version: QuoteVersion) -> tuple[Quote, QuoteVersion]:
    lock_aircraft(version.aircraft)
    quote = locked(version.quote)
    return quote, locked(version)


def _check_version(quote: Quote, version: QuoteVersion, at: datetime) -> None:
    def refuse(reason: str) -> QuoteNotBookable:
        return QuoteNotBookable(quote=quote.number, reason=reason)

    plan = itinerary_of(version)
    if version.quote_id != quote.pk:
        raise refuse("the accepted version belongs to another quote")
    if plan.aircraft_id != version.aircraft_id:
        raise refuse("its plan is for another aircraft")
    if plan.start_at <= at:
        raise refuse("its departure is over")
    if not known_places(plan.legs):
        raise refuse("an airport of its plan is no longer on file")


def _trip_of(
    quote: Quote,
    version: QuoteVersion,
    *,
    expires_at: datetime | None = None,
    actor: Any,
    at: datetime,
) -> Trip:
    plan = itinerary_of(version)
    trip = Trip(
        kind=quote.kind,
        quote=quote,
        quote_version=version,
        customer_id=quote.customer_id,
        title=quote.title,
        aircraft=version.aircraft,
        requirement_id=quote.requirement_id,
        # Crews are assigned to hospitals with helicopters only.
        is_hospital_based=quote.is_hospital_based and is_helicopter(version.aircraft),
        coordinator=actor,
        hold_expires_at=expires_at,
    )
    _saved(trip, plan.legs, at=at)
    requested = RequestedLeg.objects.filter(quote=quote)
    latest = {leg.sequence: leg.latest_arrival_at for leg in requested if leg.latest_arrival_at}
    write_legs(trip, plan.legs, plan.ground, latest=latest)
    _held(trip)
    return trip


def _saved(trip: Trip, legs: Sequence[PlannedLeg], *, at: datetime) -> Trip:
    trip.start_at, trip.end_at = legs[0].out_at, legs[-1].in_at
    trip.number = next_number("TR", year=at.year)
    trip.save()
    return trip


def _held(trip: Trip) -> None:
    take_turns(trip)
    hold_aircraft_of(trip, is_fact=False)


def _confirm(
    trip: Trip, quote: Quote | None, seen: Sequence[int], *, actor: Any, at: datetime
) -> Trip:
    trip = lock_trip(trip)
    require_move(trip, TripStatus.CONFIRMED)
    if trip.hold_expires_at is not None and trip.hold_expires_at <= at:
        raise HoldExpired(trip=trip.number, at=trip.hold_expires_at)
    held_for = trip.quote_version
    if held_for is not None and not is_as_offered(trip, held_for):
        reason = "what is held was changed since it was offered; change it back, or hold it anew"
        raise QuoteNotBookable(quote=str(held_for), reason=reason)
    trip.hold_expires_at = None
    move(trip, TripStatus.CONFIRMED, actor=actor, at=at)
    if quote is not None:
        move(quote, QuoteStatus.BOOKED, actor=actor, at=at)
    _booked(trip, "trip.confirmed", seen, actor=actor, at=at)
    announce(TripBooked(trip_id=trip.pk))
    return trip


def _let_go(trip: Trip, *, because: str, actor: Any, at: datetime) -> Trip:
    """End a tentative trip; its quote may be held or booked again."""
    trip = lock_trip(trip)
    held_for = trip.quote.number if trip.quote else ""
    booking.release(trip)
    for leg in trip.legs.exclude(status=LegStatus.CANCELLED).order_by("sequence"):
        move(leg, LegStatus.CANCELLED, actor=actor, at=at, reason=because)
    call_off_services(trip, because=because, actor=actor, at=at)
    trip.quote = trip.quote_version = None
    move(trip, TripStatus.CANCELLED, actor=actor, at=at, reason=because)
    audit.record("trip.hold_ended", trip, actor=actor, at=at, reason=because, quote=held_for)
    announce(TripEnded(trip_id=trip.pk))
    return trip


def _booked(trip: Trip, deed: str, declines: Sequence[int], *, actor: Any, at: datetime) -> None:
    list_services(trip)
    told: dict[str, Any] = {"declines": sorted(set(declines))} if declines else {}
    audit.record(deed, trip, actor=actor, at=at, **told)
    trip_changed(trip, deed.removeprefix("trip."), actor=actor, at=at)
    ask(Moment.BOOKING, trip, actor=actor, at=at)


def _check_sequence(legs: Sequence[PlannedLeg], at: datetime) -> None:
    """Flights follow each other in time and place. Raises InvalidInput."""
    if not legs:
        raise InvalidInput("/legs", "A trip has at least one flight.")
    if legs[0].out_at <= at:
        raise InvalidInput("/legs/0/out_at", "The departure is over.")
    for number, leg in enumerate(legs):
        if not leg.out_at <= leg.off_at < leg.on_at <= leg.in_at:
            raise InvalidInput(f"/legs/{number}", "Times are not in order.")
        if number and leg.out_at < legs[number - 1].in_at:
            raise InvalidInput(f"/legs/{number}/out_at", "Before the flight before has arrived.")
        if number and leg.origin.airport_id != legs[number - 1].destination.airport_id:
            raise InvalidInput(f"/legs/{number}/origin", "Not where the flight before ends.")
