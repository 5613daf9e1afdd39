"""When each operation of a day may be flown: what clients, the center and the rules allow."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from dispatcher.models import OperationDemand
from dispatcher.planning.model import Period, WindowSet
from dispatcher.queries.day_rows import OPERATION, DayRows
from dispatcher.queries.screened import Screened
from dispatcher.starts import common, free_of, spans, within
from flight_operations.models import FlightOperation

BEFORE_PROMISE = timedelta(minutes=30)
AFTER_PROMISE = timedelta(minutes=60)


def asked_windows(operation: FlightOperation, rows: DayRows, now: datetime) -> tuple[Period, ...]:
    """Where the starts to ask the rules about lie: what client and center allow, from now on."""
    opening = Period(max(rows.span[0], now), rows.span[1])
    if opening.start >= opening.end:
        return ()
    free = free_of(opening, _crew_taken(operation, rows))
    return common(within(_client_windows(operation, rows), opening), free)


def _client_windows(operation: FlightOperation, rows: DayRows) -> tuple[Period, ...]:
    demand = rows.demand(operation)
    if demand is not None and demand.windows:
        return tuple(sorted(Period(each.lower, each.upper) for each in demand.windows))
    around = timedelta(minutes=rows.center.flexibility_min)
    first, last = operation.planned_start_at - around, operation.planned_end_at + around
    if demand is None:
        return (Period(first, last),)
    if demand.earliest_at is None and demand.deadline_at is None:
        return (Period(first, last),)
    opens, closes = rows.span
    return (Period(demand.earliest_at or opens, demand.deadline_at or closes),)


def _crew_taken(operation: FlightOperation, rows: DayRows) -> list[Period]:
    """When observers and other crew of an operation are taken by something else."""
    crew = {member.user_id for member in operation.crew.all()}
    return [
        Period(row.period.lower, row.period.upper)
        for row in rows.bookings
        if row.resource_kind == "person"
        and row.resource_id in crew
        and (row.source_type, row.source_id) != (OPERATION, operation.pk)
    ]


def window_sets(
    operation: FlightOperation,
    rows: DayRows,
    windows: Mapping[int, Sequence[Period]],
    screened: Screened,
) -> tuple[WindowSet, ...]:
    """Every circumstance that narrows the hours of an operation, each by itself."""
    if operation.pk not in windows:
        return ()
    opening = Period(*rows.span)
    sets = [
        WindowSet("client", within(_client_windows(operation, rows), opening)),
        WindowSet("hours", (opening,)),
    ]
    taken = _crew_taken(operation, rows)
    if taken:
        sets.append(WindowSet("crew", free_of(opening, taken)))
    sets += _promised(rows.demand(operation), operation)
    answer = screened.answers.get(operation.pk)
    if answer is not None:
        duration = operation.planned_end_at - operation.planned_start_at
        starts = screened.starts[operation.pk]
        sets += [
            WindowSet(
                head, spans(starts, refused, windows[operation.pk], duration), is_movable=False
            )
            for head, refused in sorted(answer.refused.items())
        ]
    return tuple(sets)


def _promised(demand: OperationDemand | None, operation: FlightOperation) -> list[WindowSet]:
    if demand is None or demand.promised_at is None:
        return []
    duration = operation.planned_end_at - operation.planned_start_at
    told = demand.promised_at
    period = Period(told - BEFORE_PROMISE, told + AFTER_PROMISE + duration)
    return [WindowSet("promised", (period,))]
