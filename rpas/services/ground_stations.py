from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from common import audit
from common.lifecycle import locked
from rpas.exceptions import OtherOperator
from rpas.models import GroundStation, RPASAircraft, RPASOperator


@transaction.atomic
def register_ground_station(
    *, operator: RPASOperator, actor: Any, at: datetime, **values: Any
) -> GroundStation:
    """Add a remote pilot station that will send telemetry. Raises OtherOperator."""
    _check_own(values.get("aircraft"), operator)
    station = GroundStation.objects.create(operator=operator, **values)
    audit.record("ground_station.registered", station, actor=actor, at=at, scope=operator.scope)
    return station


@transaction.atomic
def update_ground_station(
    station: GroundStation,
    *,
    changes: Mapping[str, Any],
    version: int | None,
    actor: Any,
    at: datetime,
) -> GroundStation:
    """Change a station, its aircraft or its token. Raises StaleVersion, OtherOperator."""
    station = locked(station, version=version)
    _check_own(changes.get("aircraft"), station.operator)
    for name, value in changes.items():
        setattr(station, name, value)
    station.save(update_fields=[*changes, "updated_at"])
    audit.record(
        "ground_station.updated",
        station,
        actor=actor,
        at=at,
        scope=station.operator.scope,
        fields=sorted(changes),
    )
    return station


def _check_own(aircraft: RPASAircraft | None, operator: RPASOperator) -> None:
    if aircraft is not None and aircraft.operator_id != operator.pk:
        raise OtherOperator(record=aircraft.registration)
