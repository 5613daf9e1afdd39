"""What other systems may hear of the crewed fleet."""

from aircraft import events
from aircraft.models import Aircraft, Defect
from aircraft.models.scoping import FLEET_SCOPE
from common.webhooks.offers import Record, offer

AIRCRAFT = Record(
    kind="aircraft",
    model=Aircraft,
    number="tail_number",
    path="/api/aircraft/aircraft/{tail_number}/",
    permission="aircraft.view_aircraft",
    scope_prefix=FLEET_SCOPE,
)
DEFECT = Record(
    kind="defect",
    model=Defect,
    number="number",
    path="/api/aircraft/defects/{number}/",
    permission="aircraft.view_defect",
    scope_prefix=FLEET_SCOPE,
)

offer(
    AIRCRAFT,
    "aircraft_id",
    [
        ("changed", events.AircraftChanged, "An aircraft's record, limits or papers changed."),
        ("grounded", events.AircraftGrounded, "An aircraft may no longer fly."),
        ("released", events.AircraftReleased, "What grounded an aircraft is over."),
        ("hours_recorded", events.HoursRecorded, "Flight hours were recorded or corrected."),
        ("maintenance_due", events.MaintenanceDue, "Maintenance is near a limit or past it."),
        ("maintenance_booked", events.MaintenanceBooked, "A stay in maintenance was booked."),
        ("maintenance_completed", events.MaintenanceCompleted, "Released to service after work."),
    ],
)
offer(
    DEFECT,
    "defect_id",
    [
        ("raised", events.DefectRaised, "A defect was found; the aircraft may not fly."),
        ("changed", events.DefectChanged, "A defect was deferred, rectified or certified."),
    ],
)
