"""One record of every kind of the trip side of the desk, for tests of every route."""

from datetime import timedelta
from typing import Any

from operations.models import CrewLogEntry, GroundLeg
from operations.services.calendars import issue_feed
from tests.operations import factories as desk
from tests.users.factories import UserFactory


def trip_rows() -> dict[str, tuple[str, Any]]:
    """The key in the address of one row of every kind; whoever works here shares the trips."""
    trip = desk.TripFactory(legs=1)
    leg = trip.legs.get()
    line = desk.CrewLineFactory(leg=leg)
    road = GroundLeg.objects.create(
        trip=trip,
        leg=leg,
        is_pickup=True,
        distance_km=12,
        planned_start_at=leg.planned_out_at - timedelta(minutes=40),
        planned_end_at=leg.planned_out_at - timedelta(minutes=10),
    )
    entry = CrewLogEntry.objects.create(
        person=line.person,
        leg=leg,
        role="pic",
        aircraft_type="B350",
        tail_number=trip.aircraft.tail_number,
        off_at=leg.planned_off_at,
        on_at=leg.planned_on_at,
        flight_min=50,
        block_min=60,
        recorded_by=UserFactory(),
        recorded_at=desk.NOW,
    )
    feed, _secret = issue_feed(actor=line.person, at=desk.NOW)
    return {
        "operations/calendars": ("id", feed.pk),
        "operations/trips": ("number", trip.number),
        "operations/legs": ("id", leg.pk),
        "operations/ground-legs": ("id", road.pk),
        "operations/services": ("id", desk.ServiceItemFactory(trip=trip, leg=leg).pk),
        "operations/crew": ("id", line.pk),
        "operations/duty-periods": ("id", line.duty_id),
        "operations/control-duties": ("id", desk.ControlDutyFactory().pk),
        "operations/occurrences": ("number", desk.OccurrenceFactory().number),
        "operations/crew-log": ("id", entry.pk),
    }
