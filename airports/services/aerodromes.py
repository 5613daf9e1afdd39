from datetime import datetime
from typing import Any

from django.db import transaction

from airports.events import AirportsChanged
from airports.models import Airport, ControlSource
from airports.queries.aerodromes import DEPENDENCY
from common.audit import record
from common.compliance.service import touch
from common.lifecycle import locked
from common.outbox import announce


@transaction.atomic
def set_tower(
    airport: Airport,
    *,
    is_controlled: bool | None,
    tower_hours: dict[str, Any] | None,
    reason: str,
    actor: Any,
    at: datetime,
) -> Airport:
    """
    Say by hand whether an aerodrome is controlled and when its tower works.

    Imports leave it alone from then on; None for both hands it back to them.
    """
    airport = locked(airport)
    airport.is_controlled = is_controlled
    airport.tower_hours = tower_hours
    airport.control_source = "" if is_controlled is None else ControlSource.MANUAL
    airport.save(update_fields=["is_controlled", "tower_hours", "control_source", "updated_at"])
    record("airport.tower_set", airport, actor=actor, at=at, reason=reason)
    touch(DEPENDENCY, because=f"tower of {airport}")
    announce(AirportsChanged(source="manual", idents=[airport.ident], change_count=1))
    return airport
