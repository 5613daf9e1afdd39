"""When each operation of a day may be flown: what clients, the center and the rules allow."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from dispatcher.planning.model import Period, WindowSet
from dispatcher.queries.day_rows import OPERATION, DayRows
from dispatcher.queries.screened import Screened
from dispatcher.starts import common, free_of, spans, within
from flight_operations.models import FlightOperation

BEFORE_PROMISE = timedelta(minutes=30)
AFTER_PROMISE = timedelta(minutes=60)
A_DAY = timedelta(days=1)


def asked_windows(rows: DayRows, now: datetime) -> tuple[Period, ...]:
    """
    Where the starts to ask the rules about lie: all that is left of the day.

    Not only where the client agrees: another time may be what would serve an operation.
    """
    opening = Period(max(rows.span[0], now), rows.span[1])
    return (opening,) if opening.start < opening.end else ()


def wanted_windows(operation: FlightOperation, rows: DayRows, now: datetime) -> tuple[Period, ...]:
    """What client, center and crew agree to, from now on."""
    asked = asked_windows(rows, now)
    if not asked:
        return ()
    free = free_of(asked[0], _crew_taken(operation, rows))
    agreed = common(within(_client_windows(operation, rows), asked[0]), free)
    promised = _promised(operation, rows)
    return agreed if promised is None else common(agreed, (promised,))


def _client_windows(operation: FlightOperation, rows: DayRows) -> tuple[Period, ...]:
    """The client's own slots before the deadline; without any, around the planned time."""
    demand = rows.demand(operation)
    around = timedelta(minutes=rows.center.flexibility_min)
    if demand is None or not (demand.windows or demand.earliest_at or demand.deadline_at):
        first, last = operation.planned_start_at - around, operation.planned_end_at + around
        return (Period(first, last),)
    opens, closes = rows.span
    last = demand.deadline_at or closes + A_DAY
    first = demand.earliest_at or min(opens, last) - A_DAY
    if not demand.windows:
        return (Period(first, last),)
    slots = sorted(Period(each.lower, each.upper) for each in demand.windows)
    return common(slots, (Period(first, max(first, last)),))


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
        WindowSet("client", _client_windows(operation, rows)),
        WindowSet("hours", (opening,)),
    ]
    taken = _crew_taken(operation, rows)
    if taken:
        sets.append(WindowSet("crew", free_of(opening, taken)))
    promised = _promised(operation, rows)
    if promised is not None:
        sets.append(WindowSet("promised", (promised,)))
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


def _promised(operation: FlightOperation, rows: DayRows) -> Period | None:
    demand = rows.demand(operation)
    if demand is None or demand.promised_at is None:
        return None
    duration = operation.planned_end_at - operation.planned_start_at
    told = demand.promised_at
    return Period(told - BEFORE_PROMISE, told + AFTER_PROMISE + duration)
