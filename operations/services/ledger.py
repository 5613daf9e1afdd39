"""
What a trip holds in the one time ledger: its aircraft, and its people by their duties.

One order for all: aircraft, quote, quote version, trip, legs, then the turns in the ledger
(aircraft before people, people by key). Whoever holds the trip's row is alone with all below it.
"""

from datetime import datetime

from django.db import models

from aircraft.queries.availability import resource_of
from aircraft.services.records import lock_aircraft
from common import booking
from common.booking import Resource
from common.lifecycle import locked
from operations.exceptions import TripMoved
from operations.models import DutyPeriod, DutyStatus, Trip, TripLeg

PERSON = "person"
OPEN_DUTY = (DutyStatus.PLANNED, DutyStatus.REPORTED, DutyStatus.EXTENDED)


def person_resource(person_id: int) -> Resource:
    """A person as the time ledger names them, for drone operations and trips alike."""
    return Resource(PERSON, person_id, "A member of the crew")


def lock_trip(trip: Trip, *, version: int | None = None) -> Trip:
    """Lock the aircraft, then the trip. Raises StaleVersion, TripMoved."""
    aircraft = lock_aircraft(trip.aircraft, even_retired=True)
    row = locked(trip, version=version)
    if row.aircraft_id != aircraft.pk:
        raise TripMoved(trip=row.number)
    row.aircraft = aircraft
    return row


def lock_leg(leg: TripLeg, *, version: int | None = None) -> tuple[Trip, TripLeg]:
    """Lock the aircraft, the trip and one of its legs."""
    trip = lock_trip(Trip.objects.select_related("aircraft").get(pk=leg.trip_id))
    row = locked(leg, version=version)
    row.trip = trip
    return trip, row


def take_turns(trip: Trip, *person_ids: int) -> None:
    """Wait for one's turn with everybody and everything that the trip holds or is about to."""
    people = DutyPeriod.objects.filter(trip=trip, status__in=OPEN_DUTY)
    wanted = {*person_ids, *people.values_list("person_id", flat=True)}
    booking.take_turns([resource_of(trip.aircraft), *map(person_resource, wanted)])


def hold(
    resource: Resource,
    source: models.Model,
    *,
    start: datetime,
    end: datetime,
    purpose: str,
    is_fact: bool,
) -> bool:
    """
    Take a resource for a period and say whether all of it could be had.

    A plan is refused where somebody else comes first (DoubleBooked). A fact is not: an aircraft in
    the air is late whoever waits for it, so it holds what others leave of the period: from the end
    of whoever has begun until the next begins, nothing when that is no time at all.
    """
    if not is_fact:
        booking.book([resource], start=start, end=end, source=source, purpose=purpose)
        return True
    others = booking.conflicts([resource], start=start, end=end, source=source)
    if not others:
        booking.book([resource], start=start, end=end, source=source, purpose=purpose)
        return True
    for other in others:
        if other.period.lower > start:
            end = other.period.lower
            break
        start = max(start, other.period.upper or end)
    if start < end:
        booking.book([resource], start=start, end=end, source=source, purpose=purpose)
    else:
        booking.release(source)
    return False


def hold_aircraft_of(trip: Trip, *, is_fact: bool) -> bool:
    """Take the aircraft for the whole trip, as now expected."""
    return hold(
        resource_of(trip.aircraft),
        trip,
        start=trip.start_at,
        end=trip.end_at,
        purpose=trip.number,
        is_fact=is_fact,
    )


def hold_person_of(duty: DutyPeriod, *, is_fact: bool) -> bool:
    """Take the person from reporting to the end of the duty."""
    return hold(
        person_resource(duty.person_id),
        duty,
        start=duty.report_at,
        end=duty.end_at,
        purpose=duty.trip.number,
        is_fact=is_fact,
    )
