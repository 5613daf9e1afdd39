"""Sending the flight in the air to another aerodrome."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib.gis.db.models.functions import Distance

from airports.models import Airport, AirportKind
from common.desk.fields import NamedField
from common.desk.standing import Fact
from common.desk.steps import Said, Seen, Step
from common.desk.wording import clock, listed
from common.exceptions import ChangedSinceShown
from operations.desk.trip_steps import leg_of, legs_of
from operations.models import LegStatus, Trip, TripLeg
from operations.services import movements, trip_ends

NEAR_KM = 400
MOST_NEAR = 20
LONGEST_MIN = int(movements.LONGEST_FLIGHT.total_seconds()) // 60
REMAINING = (
    (trip_ends.Remaining.REPLAN.value, "are flown from there"),
    (trip_ends.Remaining.CANCEL.value, "do not take place"),
)


def airborne(trip: Trip) -> TripLeg | None:
    """The flight of the trip on screen that is in the air and not diverted."""
    return next((leg for leg in legs_of(trip) if leg.status == LegStatus.OFF), None)


def mark_of(leg: TripLeg) -> str:
    """One flight to one place: diverted or landed meanwhile, it is another question."""
    return f"{leg.pk}-{leg.status}-{leg.destination_id}"


def _flight_shown(leg: TripLeg | None) -> Seen:
    if leg is None:
        return Seen(mark="")
    rows = leg.trip.legs.filter(status__in=trip_ends.UNFLOWN, sequence__gt=leg.sequence)
    later = rows.select_related("origin", "destination").order_by("sequence")
    rest = ", ".join(f"{each.sequence}. {each.origin} to {each.destination}" for each in later)
    due = clock(leg.estimated_in_at, leg.destination.timezone)
    return Seen(
        mark=mark_of(leg),
        name=f"leg {leg.sequence}, {leg.origin} to {leg.destination}",
        facts=(
            Fact(label="On blocks", value=f"{due} expected"),
            Fact(label="Flights after it", value=rest or "none"),
        ),
    )


def _near(leg: TripLeg) -> list[tuple[str, str]]:
    """The alternate first, then aerodromes near the destination with more than a strip; 1 query."""
    to = leg.destination
    rows = Airport.objects.in_use().within_km(to.point, NEAR_KM)
    rows = rows.filter(kind__in=[AirportKind.LARGE_AIRPORT, AirportKind.MEDIUM_AIRPORT])
    rows = rows.exclude(pk=to.pk).annotate(apart=Distance("point", to.point))
    found = [(row.ident, row.name) for row in rows.order_by("apart", "pk")[:MOST_NEAR]]
    if leg.alternate is None:
        return found
    first = (leg.alternate.ident, f"{leg.alternate.name}, the alternate")
    return [first, *(each for each in found if each[0] != first[0])]


def _asked(leg: TripLeg | None, user: Any) -> Mapping[str, forms.Field]:
    near = _near(leg) if leg is not None else []
    return {
        "airport": NamedField(
            Airport.objects.visible_to(user).named,
            what="aerodrome",
            likely=near,
            label="To, by ICAO or IATA code",
            help_text=listed([f"{ident} {name}" for ident, name in near]),
        ),
        "remaining": forms.ChoiceField(
            label="The flights after it", choices=REMAINING, widget=forms.RadioSelect
        ),
        "in_min": forms.IntegerField(
            label="On blocks there, in minutes from now",
            help_text="Left empty, it is expected when it was.",
            min_value=1,
            max_value=LONGEST_MIN,
            required=False,
        ),
    }


def _divert(leg: TripLeg, said: Said, *, actor: Any, at: datetime) -> TripLeg:
    if mark_of(leg) != said.seen:
        raise ChangedSinceShown
    given = dict(said.fields)
    minutes = given.pop("in_min", None)
    if minutes is not None:
        given["estimated_in_at"] = at + timedelta(minutes=minutes)
    return trip_ends.divert_leg(leg, **given, reason=said.reason, actor=actor, at=at)


def _told(leg: TripLeg) -> str:
    to = leg.diverted_to
    due = clock(leg.estimated_in_at, to.timezone if to else "UTC")
    return f"leg {leg.sequence} diverted to {to}, on blocks {due} expected"


def _divert_of(trip: Trip, said: Said, *, actor: Any, at: datetime) -> TripLeg:
    return _divert(leg_of(trip, said), said, actor=actor, at=at)


def _in_the_air(leg: TripLeg) -> TripLeg | None:
    return leg if leg.status == LegStatus.OFF else None


def _step(perform: Any, flight: Callable[[Any], TripLeg | None], label: str) -> Step:
    """The step of a record, from which `flight` takes the leg in the air."""
    return Step(
        key="divert",
        label=label,
        permission="operations.divert_trip",
        perform=perform,
        done="diverted",
        tells=_told,
        explained="Services at the old place are called off, those after it are looked at again, "
        "a release falls.",
        when=lambda row, at: "" if flight(row) is not None else None,
        asks="Why",
        is_final=True,
        offers=lambda row, user, at: _asked(flight(row), user),
        seen=lambda row, at: _flight_shown(flight(row)),
    )


DIVERT = _step(_divert_of, airborne, "Divert the flight in the air")
DIVERT_LEG = _step(_divert, _in_the_air, "Divert this flight")
