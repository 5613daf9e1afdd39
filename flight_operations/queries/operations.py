from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from common.compliance.states import with_state
from common.time import day_bounds
from flight_operations.models import FlightOperation
from rpas.models import RPASOperator

SUBJECT = "flight_operations.flightoperation"


def with_compliance(rows: QuerySet, *, now: datetime) -> QuerySet:
    """Add `compliance` (cached color) and `is_compliance_stale`, as `with_state` says."""
    return with_state(rows, SUBJECT, now=now)


def daily_board(operator: RPASOperator, *, day: date, now: datetime) -> QuerySet[FlightOperation]:
    """All operations an operator planned for one local day, in order of departure."""
    start, end = day_bounds(day, ZoneInfo(operator.timezone))
    rows = FlightOperation.objects.filter(operator=operator).planned_between(start, end)
    rows = rows.select_related("operator", "aircraft", "pilot_in_command")
    return with_compliance(rows, now=now).order_by("planned_start_at", "pk")


def board_of(user: Any, *, day: date, now: datetime) -> QuerySet[FlightOperation]:
    """The day's operations of every operator the user belongs to, each in its own zone's day."""
    wanted = FlightOperation.objects.none()
    for operator in RPASOperator.objects.visible_to(user).order_by("pk")[:50]:
        start, end = day_bounds(day, ZoneInfo(operator.timezone))
        wanted |= FlightOperation.objects.filter(operator=operator).planned_between(start, end)
    rows = wanted.select_related("operator", "aircraft", "pilot_in_command")
    return with_compliance(rows, now=now).order_by("planned_start_at", "pk")
