"""Where a drone was flown last, on its page."""

from datetime import datetime

from common.compliance.findings import Color
from common.desk.links import page_of
from common.desk.more import More, adds_to
from common.desk.standing import Fact, Group
from common.desk.wording import age, clock
from flight_operations.models import FlightOperation, OperationStatus
from rpas.models import RPASAircraft
from users.models import User


@adds_to("rpas.rpasaircraft")
def where_it_is(aircraft: RPASAircraft, user: User, now: datetime) -> More:
    """The last operation that took off, among those the reader sees, and its last position."""
    rows = FlightOperation.objects.visible_to(user).on_aircraft(aircraft.pk)
    flown = rows.filter(actual_start_at__isnull=False).select_related("last_position")
    last = flown.order_by("-planned_start_at", "-pk").first()
    if last is None or not user.has_perm("flight_operations.view_flightoperation"):
        return More()
    zone, is_up = aircraft.operator.timezone, last.status == OperationStatus.ACTIVE
    facts = [
        Fact(
            label="In the air" if is_up else "Flown last",
            value=f"{last}, took off {clock(last.actual_start_at, zone)}",
            link=page_of(last, user),
            color=Color.AMBER if is_up else None,
        )
    ]
    seen = getattr(last, "last_position", None)
    if seen is not None and seen.position is not None:
        lon, lat = seen.position.coords
        heard = age(seen.recorded_at, now) if seen.recorded_at else ""
        facts.append(Fact(label="Last position", value=f"{lat:.4f}, {lon:.4f}", detail=heard))
    return More(groups=(Group(title="Where it is", facts=tuple(facts)),))
