"""Who may send positions of which flight: one query per batch."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import FilteredRelation, Q, QuerySet

from common.statements import PreparedQuery
from flight_operations.models import FlightOperation
from users.models import User


@dataclass(frozen=True, slots=True)
class TelemetryTarget:
    """An operation as one of its operator's ground stations, or an imported log, speaks for it."""

    operation_id: int
    number: str
    status: str
    version: int
    plan_version: int
    started_at: datetime | None
    ended_at: datetime | None
    aircraft_id: int
    operator_id: int
    station_id: int | None = None
    station_aircraft_id: int | None = None
    station_token_id: int | None = None
    source_id: int | None = None

    @property
    def limits_key(self) -> tuple[int, int, int]:
        """What identifies the limits that hold now."""
        return self.operation_id, self.version, self.plan_version

    @property
    def scope(self) -> str:
        """Whose flight it is, as compliance and live boards name it."""
        return f"rpas_operator:{self.operator_id}"


_FIELDS = {
    "operation_id": "pk",
    "number": "number",
    "status": "status",
    "version": "version",
    "plan_version": "plan__version",
    "started_at": "actual_start_at",
    "ended_at": "actual_end_at",
    "aircraft_id": "aircraft_id",
    "operator_id": "operator_id",
}
_STATION_FIELDS = {
    "station_id": "station__pk",
    "station_aircraft_id": "station__aircraft_id",
    "station_token_id": "station__api_token_id",
    "source_id": "station__telemetry_source__pk",
}


def telemetry_target(number: str, *, device: str, user: Any) -> TelemetryTarget:
    """
    Find the operation and the operator's active ground station of that device id, if any.

    Raises FlightOperation.DoesNotExist for what the user may not see.
    """
    if user.is_superuser:
        rows = _FOR_SUPERUSER.rows(number=number, device=device)
    else:
        rows = _FOR_MEMBER.rows(number=number, device=device, user_id=user.pk)
    return _target({**_FIELDS, **_STATION_FIELDS}, rows[0] if rows else None)


def target_rows(number: str, *, device: str, user: Any) -> QuerySet[Any]:
    """The operation with its station, as rows of values, if the user may see it."""
    station = FilteredRelation(
        "operator__ground_stations",
        condition=Q(
            operator__ground_stations__device_id=device, operator__ground_stations__is_active=True
        ),
    )
    rows = FlightOperation.objects.visible_to(user).filter(number=number)
    fields = (*_FIELDS.values(), *_STATION_FIELDS.values())
    return rows.annotate(station=station).order_by().values_list(*fields)[:1]


def _rows_of_member(number: str, device: str, user_id: int) -> QuerySet[Any]:
    return target_rows(number, device=device, user=User(pk=user_id))


def _rows_of_superuser(number: str, device: str) -> QuerySet[Any]:
    return target_rows(number, device=device, user=User(is_superuser=True))


# Whom `visible_to` lets see what may depend on nothing but these; a test compares both ways.
_FOR_MEMBER = PreparedQuery(
    _rows_of_member, keeps_plan=True, number="<number>", device="<device>", user_id=-987_654_321
)
_FOR_SUPERUSER = PreparedQuery(
    _rows_of_superuser, keeps_plan=True, number="<number>", device="<device>"
)


def import_target(operation_id: int, *, source_id: int) -> TelemetryTarget:
    """The same for a log file that is being imported."""
    row = FlightOperation.objects.filter(pk=operation_id).values_list(*_FIELDS.values()).first()
    found = _target(_FIELDS, row)
    return TelemetryTarget(**{name: getattr(found, name) for name in _FIELDS}, source_id=source_id)


def _target(fields: dict[str, str], row: Any) -> TelemetryTarget:
    if row is None:
        raise FlightOperation.DoesNotExist
    found = dict(zip(fields, row, strict=True))
    found["plan_version"] = found["plan_version"] or 0
    return TelemetryTarget(**found)
