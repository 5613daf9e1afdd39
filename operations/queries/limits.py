"""What is wrong with a trip as it is expected now, as far as the desk itself can tell."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import pairwise

from aircraft.queries.availability import resource_of
from common.booking import Resource, conflicts
from contacts.hours import Openness, attendance
from contacts.models import FBO
from operations.itinerary import Finding
from operations.models import DutyPeriod, DutyStatus, LegStatus, Trip, TripLeg
from operations.schedule import MAX_DUTY, MIN_REST


def limits_broken(trip: Trip, *, start: datetime, end: datetime) -> list[Finding]:
    """
    Everything wrong with the times of a trip that is expected to last from `start` to `end`.

    The ledger, the customer's latest arrival, duty and rest, and whether anybody is at the airport.
    """
    legs = list(
        trip.legs.exclude(status=LegStatus.CANCELLED)
        .select_related("origin", "destination", "diverted_to")
        .order_by("sequence")
    )
    duties = list(
        DutyPeriod.objects.live()
        .filter(trip=trip)
        .select_related("person")
        .order_by("person_id", "report_at")
    )
    return [
        *_aircraft_taken(trip, start, end),
        *_people_taken(duties),
        *_late(legs),
        *_tired(duties),
        *_closed(legs),
    ]


def newly_broken(before: Iterable[Finding], after: Iterable[Finding]) -> list[Finding]:
    """What is wrong after a change and was not before it, or not so that it stands in the way."""
    known = Counter(_fault(one) for one in before)
    fresh = []
    for one in after:
        known[_fault(one)] -= 1
        if known[_fault(one)] < 0:
            fresh.append(one)
    return fresh


def _fault(one: Finding) -> tuple[str, int | None, str, bool]:
    return one.code, one.leg, one.subject, one.is_blocking


def _aircraft_taken(trip: Trip, start: datetime, end: datetime) -> Iterator[Finding]:
    for other in conflicts([resource_of(trip.aircraft)], start=start, end=end, source=trip):
        yield Finding(
            code="TRIP-AIRCRAFT-TAKEN",
            message=f"{trip.aircraft} is taken from {_z(other.period.lower)}.",
            subject=f"{other.source_type}:{other.source_id}",
            is_blocking=True,
        )


def _people_taken(duties: list[DutyPeriod]) -> Iterator[Finding]:
    for duty in duties:
        if duty.status == DutyStatus.ENDED:
            continue
        person = Resource("person", duty.person_id)
        for other in conflicts([person], start=duty.report_at, end=duty.end_at, source=duty):
            yield Finding(
                code="TRIP-PERSON-TAKEN",
                message=f"{duty.person.full_name} is wanted elsewhere from"
                f" {_z(other.period.lower)}.",
                subject=f"{duty.person_id}:{other.source_type}:{other.source_id}",
                is_blocking=True,
            )


def _late(legs: list[TripLeg]) -> Iterator[Finding]:
    for leg in legs:
        if leg.latest_arrival_at is not None and leg.estimated_in_at > leg.latest_arrival_at:
            minutes = round((leg.estimated_in_at - leg.latest_arrival_at).total_seconds() / 60)
            yield Finding(
                code="TRIP-LATE-ARRIVAL",
                message=f"Leg {leg.sequence} arrives {minutes} min after the latest arrival"
                f" asked for, {_z(leg.latest_arrival_at)}.",
                leg=leg.sequence,
            )


def _tired(duties: list[DutyPeriod]) -> Iterator[Finding]:
    for duty in duties:
        length = duty.end_at - duty.report_at
        if length > MAX_DUTY:
            yield Finding(
                code="TRIP-DUTY-LENGTH",
                message=f"{duty.person.full_name} is on duty for {_hm(length.total_seconds())},"
                f" more than {_hm(MAX_DUTY.total_seconds())}.",
                subject=f"{duty.person_id}:{duty.pk}",
            )
    for before, after in pairwise(duties):
        rest = after.report_at - before.end_at
        if before.person_id == after.person_id and rest < MIN_REST:
            yield Finding(
                code="TRIP-REST",
                message=f"{before.person.full_name} rests for {_hm(rest.total_seconds())},"
                f" less than {_hm(MIN_REST.total_seconds())}.",
                subject=f"{before.person_id}:{after.pk}",
            )


def _closed(legs: list[TripLeg]) -> Iterator[Finding]:
    """An airport out of use, or one where every FBO with known hours is away at the arrival."""
    places = {leg.diverted_to_id or leg.destination_id for leg in legs}
    fbos: dict[int, list[FBO]] = {}
    for fbo in FBO.objects.in_use().filter(airport__in=places).select_related("airport"):
        fbos.setdefault(fbo.airport_id, []).append(fbo)
    for leg in legs:
        place = leg.diverted_to or leg.destination
        if leg.actual_in_at is not None:
            continue
        if not place.is_active or place.kind == "closed":
            yield Finding(
                code="TRIP-AIRPORT-CLOSED",
                message=f"{place} is out of use.",
                leg=leg.sequence,
                is_blocking=True,
            )
            continue
        found = {
            attendance(
                fbo.hours_kind,
                fbo.hours,
                place.timezone,
                notice_min=fbo.notice_min,
                at=leg.estimated_in_at,
            ).openness
            for fbo in fbos.get(place.pk, [])
        }
        if found == {Openness.CLOSED}:
            yield Finding(
                code="TRIP-AIRPORT-CLOSED",
                message=f"Nobody is at {place} at {_z(leg.estimated_in_at)}.",
                leg=leg.sequence,
            )


def _z(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%MZ}"


def _hm(seconds: float) -> str:
    return f"{int(seconds) // 3600} h {int(seconds) % 3600 // 60:02d} min"
