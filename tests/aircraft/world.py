"""One record of every kind of the crewed fleet, for tests of every route."""

from typing import Any

from aircraft.models import MaintenanceLog
from tests.aircraft import factories as crewed
from tests.users.factories import UserFactory


def crewed_rows() -> dict[str, tuple[str, Any]]:
    """The key in the address of one row of every kind; whoever works here shares the fleet."""
    tail = crewed.AircraftFactory()
    log = MaintenanceLog.objects.create(
        aircraft=tail,
        completed_on=crewed.TODAY,
        time_in_service_min=tail.time_in_service_min,
        cycles=tail.cycles,
        landings=tail.landings,
        work_done="Tire replaced",
        released_name="R. Okafor",
        released_license="3541208",
        recorded_by=UserFactory(),
        recorded_at=crewed.NOW,
    )
    return {
        "aircraft/aircraft": ("tail_number", tail.tail_number),
        "aircraft/types": ("designator", tail.aircraft_type.designator),
        "aircraft/directives": ("source_id", crewed.DirectiveFactory().source_id),
        "aircraft/tasks": ("id", crewed.TaskFactory(aircraft=tail).pk),
        "aircraft/maintenance": ("id", log.pk),
        "aircraft/visits": ("number", crewed.VisitFactory(aircraft=tail).number),
        "aircraft/defects": ("number", crewed.DefectFactory(aircraft=tail).number),
        "aircraft/flight-hours": ("id", crewed.HoursFactory(aircraft=tail).pk),
    }
