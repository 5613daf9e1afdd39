"""How many operations of a center are under way at once, whichever day's plan they stand in."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from django.db.models import Exists, OuterRef, Q

from dispatcher.models import Assignment, DispatchCenter
from dispatcher.planning.board import concurrent
from dispatcher.planning.model import Period
from dispatcher.queries.responsible import with_center
from flight_operations.models import UPCOMING, FlightOperation, OperationStatus

BOOKED = tuple(each for each in UPCOMING if each != OperationStatus.DRAFT)


class Flight(NamedTuple):
    """An operation of a center, and when it is under way."""

    operation_id: int
    period: Period


def flights_between(
    center: DispatchCenter, start: datetime, end: datetime, *, at: datetime
) -> list[Flight]:
    """
    What a center has under way in a span, two statements.

    What is proposed counts when it is proposed, else when it is booked; what is in the air lasts
    until `at` at least.
    """
    proposed = Assignment.objects.proposed().filter(schedule__center=center)
    found = [
        Flight(pk, Period(first, last))
        for pk, first, last in proposed.filter(start_at__lt=end, end_at__gt=start)
        .order_by("pk")
        .values_list("operation_id", "start_at", "end_at")
    ]
    in_air = Q(status=OperationStatus.ACTIVE)
    booked = FlightOperation.objects.filter(
        in_air | Q(status__in=BOOKED, planned_end_at__gt=start),
        ~Exists(proposed.filter(operation=OuterRef("pk"))),
        operator=center.operator_id,
        planned_start_at__lt=end,
    )
    rows = with_center(booked).filter(center_id=center.pk).order_by("pk")
    for pk, first, last, status in rows.values_list(
        "pk", "planned_start_at", "planned_end_at", "status"
    ):
        down = max(last, at) if status == OperationStatus.ACTIVE else last
        if down > start:
            found.append(Flight(pk, Period(first, down)))
    return found


def at_once(row: Assignment, flights: Iterable[Flight]) -> int:
    """How many of some flights and a row's are under way at one moment, at most, while it flies."""
    spans = [
        (max(period.start, row.start_at), min(period.end, row.end_at))
        for pk, period in flights
        if pk != row.operation_id and period.start < row.end_at and period.end > row.start_at
    ]
    return 1 + concurrent((round(a.timestamp()), round(b.timestamp())) for a, b in spans)


def is_booked_then(row: Assignment) -> bool:
    """Whether the operation is booked for all of the row's time already, whoever flies it."""
    operation = row.operation
    return (
        operation.status in BOOKED
        and operation.planned_start_at <= row.start_at
        and row.end_at <= operation.planned_end_at
    )
