"""Who may send positions of which flight: one query per batch."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from django.db.models import FilteredRelation, Q, QuerySet

from common.statements import execute_prepared, raw_cursor
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
    station_id: int | None = None
    station_aircraft_id: int | None = None
    station_token_id: int | None = None
    source_id: int | None = None

    @property
    def limits_key(self) -> tuple[int, int, int]:
        """What identifies the limits that hold now."""
        return self.operation_id, self.version, self.plan_version


_FIELDS = {
    "operation_id": "pk",
    "number": "number",
    "status": "status",
    "version": "version",
    "plan_version": "plan__version",
    "started_at": "actual_start_at",
    "ended_at": "actual_end_at",
    "aircraft_id": "aircraft_id",
}
_STATION_FIELDS = {
    "station_id": "station__pk",
    "station_aircraft_id": "station__aircraft_id",
    "station_token_id": "station__api_token_id",
    "source_id": "station__telemetry_source__pk",
}
# Stand for the values of a request while the statement is made; no real value looks like them.
_NUMBER, _DEVICE, _USER_ID = "<number>", "<device>", -987_654_321


def telemetry_target(number: str, *, device: str, user: Any) -> TelemetryTarget:
    """
    Find the operation and the operator's active ground station of that device id, if any.

    Raises FlightOperation.DoesNotExist for what the user may not see.
    """
    statement, stand_ins = _statement(bool(user.is_superuser))
    values = {_NUMBER: number, _DEVICE: device, _USER_ID: user.pk}
    with raw_cursor() as cursor:
        execute_prepared(cursor, statement, [values.get(each, each) for each in stand_ins])
        row = cursor.fetchone()
    return _target({**_FIELDS, **_STATION_FIELDS}, row)


@cache
def _statement(is_superuser: bool) -> tuple[str, tuple[Any, ...]]:
    """
    The ORM's own statement for `visible_to`, made once a process.

    Making it takes the ORM longer than judging and storing a hundred positions. Nothing but these
    three values and the superuser's exemption may change it; a test compares both ways.
    """
    user = User(pk=_USER_ID, is_superuser=is_superuser, is_active=True)
    statement, parameters = target_rows(_NUMBER, device=_DEVICE, user=user).query.sql_with_params()
    if {_NUMBER, _DEVICE} - set(parameters) or (_USER_ID in parameters) == is_superuser:
        raise RuntimeError("The statement does not hold the values it is to be run with.")
    return statement, parameters


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
