"""
Which planned operation passes a maintenance limit, given what is flown before it? Values only.

The verdict of an operation counts its own flight alone; here the work that is planned before it
counts, too, so that the operation that will pass a limit shows it today.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from msgspec import Struct

from rpas.airworthiness import DueItem, MaintenanceFacts, due_items

AMBER, RED = "amber", "red"
RANK = {"green": 0, AMBER: 1, RED: 2}


class PlannedOperation(Struct, frozen=True, kw_only=True):
    """An operation that is still to be flown, or in the air."""

    id: int
    number: str
    aircraft_id: int
    start_at: datetime
    end_at: datetime

    @property
    def minutes(self) -> int:
        """Rounded up: maintenance is due by whole minutes, and a part of one counts."""
        return -(-int((self.end_at - self.start_at).total_seconds()) // 60)


class Totals(Struct, frozen=True, kw_only=True):
    """What an aircraft has flown, and its maintenance items."""

    id: int
    registration: str
    time_in_service_min: int
    cycles: int
    flights: int
    maintenance: tuple[MaintenanceFacts, ...] = ()


class Crossing(Struct, frozen=True, kw_only=True):
    """
    A limit that one record comes near or passes.

    `is_by_earlier` when it keeps the limit by itself, and only the work planned before it does not
    leave enough; always of duty and flying, which count all work. `remaining` is in `unit`, after
    the operation.
    """

    type: str
    id: int
    number: str
    color: str
    text: str
    starts_at: datetime | None = None
    rule: str = ""
    unit: str = ""
    remaining: int | None = None
    is_by_earlier: bool = False
    is_stale: bool = False


def maintenance_crossings(
    operations: Sequence[PlannedOperation], fleet: Mapping[int, Totals], *, zone: ZoneInfo
) -> list[Crossing]:
    """
    Every maintenance limit that planned operations come near or pass, in order of their start.

    Operations of an aircraft count one after the other from what it has flown by now. An item that
    is near or exceeded already counts for each of them.
    """
    found = []
    lines: dict[int, list[PlannedOperation]] = defaultdict(list)
    for operation in sorted(operations, key=lambda each: (each.start_at, each.id)):
        lines[operation.aircraft_id].append(operation)
    for aircraft_id, line in lines.items():
        aircraft = fleet.get(aircraft_id)
        if aircraft is None:
            continue
        flown = 0
        for count, operation in enumerate(line, start=1):
            flown += operation.minutes
            found += _judged(aircraft, operation, zone, flown=flown, count=count)
    return sorted(found, key=lambda each: (str(each.starts_at), each.id, -RANK[each.color]))


def _judged(
    aircraft: Totals, operation: PlannedOperation, zone: ZoneInfo, *, flown: int, count: int
) -> list[Crossing]:
    alone = _due(aircraft, operation, zone, operation.minutes, 1)
    with_earlier = _due(aircraft, operation, zone, flown, count)
    found = []
    for before, after in zip(alone, with_earlier, strict=True):
        color = _color(after)
        if color:
            found.append(
                Crossing(
                    type="operation",
                    id=operation.id,
                    number=operation.number,
                    color=color,
                    text=_text(aircraft, after),
                    starts_at=operation.start_at,
                    rule="F2-MAINT",
                    unit=after.unit,
                    remaining=after.remaining,
                    is_by_earlier=RANK[color] > RANK[_color(before) or "green"],
                )
            )
    return found


def _due(
    aircraft: Totals, operation: PlannedOperation, zone: ZoneInfo, minutes: int, count: int
) -> list[DueItem]:
    return due_items(
        aircraft.maintenance,
        on=operation.start_at.astimezone(zone).date(),
        time_min=aircraft.time_in_service_min + minutes,
        cycles=aircraft.cycles + count,
        flights=aircraft.flights + count,
    )


def _color(item: DueItem) -> str:
    if item.is_exceeded:
        return RED
    return AMBER if item.is_near else ""


def _text(aircraft: Totals, item: DueItem) -> str:
    if item.unit == "condition":
        return f"{aircraft.registration}: {item.title} is due, {item.due}."
    how = "over" if item.is_exceeded else "left"
    what = f"{aircraft.registration}: {item.title} ({item.due})"
    return f"{what}, {abs(item.remaining)} {item.unit} {how}."


def worst(crossings: Sequence[Crossing]) -> dict[tuple[str, int], Crossing]:
    """Of each record what is worst about it, by type and key; the first of equals."""
    found: dict[tuple[str, int], Crossing] = {}
    for crossing in crossings:
        key = (crossing.type, crossing.id)
        if key not in found or RANK[crossing.color] > RANK[found[key].color]:
            found[key] = crossing
    return found
