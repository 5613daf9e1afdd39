"""What the pages of both fleets say of an aircraft: what is due, and when it is taken."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Protocol

from psycopg.types.range import TimestamptzRange

from common.compliance.findings import Color
from common.desk.standing import Fact, Group
from common.desk.wording import clocks, day, days_left
from common.models import ResourceBooking

MOST = 6
AHEAD = timedelta(days=7)
# A paper that ends within these days is named in amber.
NEAR_DAYS = 30


class Due(Protocol):
    """How far one limit of one maintenance item is away; negative once passed."""

    @property
    def title(self) -> str: ...
    @property
    def unit(self) -> str: ...
    @property
    def due(self) -> str: ...
    @property
    def remaining(self) -> int: ...
    @property
    def interval(self) -> int | None: ...
    @property
    def is_exceeded(self) -> bool: ...
    @property
    def is_near(self) -> bool: ...


def due_group(items: Iterable[Due]) -> Group:
    """What is due next, what is passed before what is near."""
    found = sorted(items, key=_urgency)
    facts = [_due_fact(item) for item in found[:MOST]]
    if len(found) > MOST:
        facts.append(Fact(label="More", value=f"{len(found) - MOST} limits that are farther away"))
    none = Fact(label="None", value="no maintenance is on file", color=Color.AMBER)
    return Group(title="Maintenance due next", facts=tuple(facts) or (none,))


def _urgency(item: Due) -> tuple[bool, bool, float]:
    return not item.is_exceeded, not item.is_near, item.remaining / (item.interval or 1)


def _due_fact(item: Due) -> Fact:
    color = Color.AMBER if item.is_near else Color.GREEN
    return Fact(
        label=item.title,
        value=left(item.remaining, item.unit),
        color=Color.RED if item.is_exceeded else color,
        detail=f"due {_said(item.due)}" if item.due else "",
    )


def _said(due: str) -> str:
    """A limit as it is kept, minutes as hours."""
    number = due.removesuffix(" minutes")
    if number == due or not number.isdecimal():
        return due
    return f"at {int(number) // 60} h {int(number) % 60:02d} min"


def left(remaining: int, unit: str) -> str:
    """`12 h 30 min left`, `3 days over`."""
    amount = abs(remaining)
    text = f"{amount // 60} h {amount % 60:02d} min" if unit == "minutes" else f"{amount} {unit}"
    if unit == "condition":
        return "reported: due now"
    return f"{text} over" if remaining < 0 else f"{text} left"


def paper_fact(label: str, ends_on: date | None, today: date) -> Fact:
    """A paper by its last valid day; one without a day on file is unknown."""
    if ends_on is None:
        return Fact(label=label, value="no date on file", color=Color.AMBER)
    days = (ends_on - today).days
    color = Color.AMBER if days <= NEAR_DAYS else Color.GREEN
    return Fact(
        label=label,
        value=f"until {day(ends_on)}",
        color=Color.RED if days < 0 else color,
        detail=days_left(ends_on, today),
    )


def booked_group(kind: str, resource_id: int, *, zone: str, now: datetime) -> Group:
    """When it is taken from now on for a week; 1 query."""
    rows = ResourceBooking.objects.filter(
        resource_kind=kind,
        resource_id=resource_id,
        is_live=True,
        period__overlap=TimestamptzRange(now, now + AHEAD, "[)"),
    )
    found = list(rows.order_by("period", "pk")[: MOST + 1])
    facts = [
        Fact(
            label=row.purpose or row.source_type.rpartition(".")[2],
            value=clocks(row.period.lower, row.period.upper, zone),
            detail="now" if row.period.lower <= now else "",
        )
        for row in found[:MOST]
    ]
    if len(found) > MOST:
        facts.append(Fact(label="More", value="later in the week"))
    free = Fact(label="Free", value="nothing is booked")
    return Group(title="Booked in the next 7 days", facts=tuple(facts) or (free,))
