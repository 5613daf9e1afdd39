"""What other systems may hear of the drone fleet."""

from typing import Any

from common.webhooks.offers import Record, offer, offer_scope
from rpas import events
from rpas.models import F2DefectEntry, RPASAircraft, RPASOperator

DRONE = Record(
    kind="drone",
    model=RPASAircraft,
    number="registration",
    path="/api/rpas/aircraft/{registration}/",
    permission="rpas.view_rpasaircraft",
    scope_prefix="rpas_operator:",
    scope="operator_id",
)
DEFECT = Record(
    kind="drone_defect",
    model=F2DefectEntry,
    number="aircraft__registration",
    path="/api/rpas/defects/{id}/",
    permission="rpas.view_f2defectentry",
    scope_prefix="rpas_operator:",
    scope="aircraft__operator_id",
)


def _sees_operator(user: Any, key: str) -> bool:
    # Written as the API writes it: `3`, neither `03` nor `3 `.
    seen = RPASOperator.objects.visible_to(user).values_list("pk", flat=True)
    return key in map(str, seen)


offer_scope("rpas_operator:", _sees_operator)
offer(
    DRONE,
    "aircraft_id",
    [
        ("changed", events.AircraftChanged, "A drone's record, limits or batteries changed."),
        ("grounded", events.AircraftGrounded, "A drone may no longer fly."),
        ("released", events.AircraftReleased, "What grounded a drone is over."),
        ("maintenance_due", events.MaintenanceDue, "Maintenance of a drone is near or due."),
        ("maintenance_completed", events.MaintenanceCompleted, "Maintenance was signed for."),
    ],
)
offer(
    DEFECT,
    "defect_id",
    [
        ("raised", events.DefectRaised, "A defect was found on a drone."),
        ("rectified", events.DefectRectified, "A defect of a drone was put right."),
    ],
)
