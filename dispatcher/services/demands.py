"""Write down what an operation asks of the plan."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from common import audit
from common.exceptions import InvalidInput
from common.lifecycle import locked
from dispatcher.exceptions import OperationNotPlannable
from dispatcher.models import OperationDemand
from flight_operations.models import UPCOMING, FlightOperation

MOST_WINDOWS = 50
FARTHEST = timedelta(days=366)


@transaction.atomic
def set_demand(
    operation: FlightOperation,
    *,
    actor: Any,
    at: datetime,
    version: int | None = None,
    **fields: Any,
) -> OperationDemand:
    """
    Say how urgent an operation is, when it may be flown and with what.

    What is not named stays as it was. Raises InvalidInput, OperationNotPlannable, StaleVersion.
    """
    operation = locked(operation)
    if operation.status not in UPCOMING:
        raise OperationNotPlannable(operation=operation.number, status=str(operation.status))
    demand = OperationDemand.objects.filter(operation=operation).first()
    if demand is None:
        demand = OperationDemand(operation=operation)
    else:
        demand = locked(demand, version=version)
    _apply(demand, fields)
    demand.save()
    audit.record(
        "operation.demand_set",
        operation,
        actor=actor,
        at=at,
        scope=operation.scope,
        fields=sorted(fields),
    )
    return demand


def _apply(demand: OperationDemand, fields: Mapping[str, Any]) -> None:
    for name, value in fields.items():
        setattr(demand, name, value)
    center = demand.center
    if center is not None and center.operator_id != demand.operation.operator_id:
        raise InvalidInput("/center", "The center works for another operator.")
    _require_near(demand)
    start, end = demand.earliest_at, demand.deadline_at
    if start is not None and end is not None and end <= start:
        raise InvalidInput("/deadline_at", "The deadline must be after the earliest time.")
    if len(demand.windows) > MOST_WINDOWS:
        raise InvalidInput("/windows", f"At most {MOST_WINDOWS}.")
    before = None
    for index, window in enumerate(sorted(demand.windows)):
        if window.upper <= window.lower:
            raise InvalidInput(f"/windows/{index}", "The end must be after the start.")
        if before is not None and window.lower < before:
            raise InvalidInput(f"/windows/{index}", "Two windows overlap.")
        before = window.upper


def _require_near(demand: OperationDemand) -> None:
    """Refuse a time so far from the flight that it can only be a slip, such as another century."""
    around = demand.operation.planned_start_at
    told = {name: getattr(demand, name) for name in ("earliest_at", "deadline_at", "promised_at")}
    for index, window in enumerate(demand.windows):
        told |= {f"windows/{index}/0": window.lower, f"windows/{index}/1": window.upper}
    for name, moment in told.items():
        if moment is not None and abs(moment - around) > FARTHEST:
            days = FARTHEST.days
            raise InvalidInput(f"/{name}", f"More than {days} days from the operation's own time.")
