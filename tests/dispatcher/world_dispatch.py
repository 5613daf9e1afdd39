"""One record of every kind of dispatch at one operator, for tests of every route."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from common.geo import point
from dispatcher.models import (
    Assignment,
    DispatchCenter,
    DispatchSchedule,
    OperationDemand,
    ResourceProfile,
)
from flight_operations.models import FlightOperation
from rpas.models import RPASOperator

OPENS = datetime(2026, 3, 14, 22, 0, tzinfo=UTC)


def dispatch_rows(operator: RPASOperator, operation: FlightOperation) -> dict[str, tuple[str, Any]]:
    """The key in the address of one row of every kind that belongs to an operator."""
    center = DispatchCenter.objects.create(
        operator=operator,
        code=f"DC-{operator.pk}",
        name="Desk",
        point=point(lat=-33.8, lon=151.2),
        opens_at=time(6),
        closes_at=time(18),
    )
    schedule = DispatchSchedule.objects.create(
        center=center,
        day=date(2026, 3, 15),
        opens_at=OPENS,
        closes_at=OPENS + timedelta(hours=12),
    )
    row = Assignment.objects.create(
        schedule=schedule,
        operation=operation,
        aircraft=operation.aircraft,
        pilot=operation.pilot_in_command,
        start_at=operation.planned_start_at,
        end_at=operation.planned_end_at,
        occupied_from=operation.planned_start_at,
        occupied_until=operation.planned_end_at,
    )
    profile = ResourceProfile.objects.create(center=center, aircraft=operation.aircraft)
    demand = OperationDemand.objects.create(operation=operation)
    return {
        "dispatcher/centers": ("code", center.code),
        "dispatcher/schedules": ("id", schedule.pk),
        "dispatcher/assignments": ("id", row.pk),
        "dispatcher/resources": ("id", profile.pk),
        "dispatcher/demands": ("id", demand.pk),
    }
