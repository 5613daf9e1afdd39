"""How much each aircraft flies, and how much leaves on time: sums by week or month."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, DateField, DurationField, ExpressionWrapper, F, Func, Q, Sum
from django.db.models.functions import TruncMonth, TruncWeek

from aircraft.models import FlightHours
from dispatcher.models import OperationalMetrics
from operations.models import DelayCode, LegDelay, TripLeg
from rpas.models import F2FlightHoursEntry

WEEK, MONTH = "week", "month"
PERIODS = {WEEK: 12, MONTH: 12}
# A page shows so many aircraft, those that flew most; the sums are of all.
MOST_ROWS = 100
CREWED_TRIPS = "Crewed trips"


@dataclass(frozen=True)
class Span:
    """Some whole weeks or months up to the present one."""

    by: str
    periods: Sequence[date]

    @property
    def since(self) -> date:
        return self.periods[0]

    @property
    def until(self) -> date:
        """The day after the last period."""
        return _next(self.by, self.periods[-1])


@dataclass(frozen=True)
class Flown:
    """Minutes in service of one aircraft, by period."""

    aircraft: str
    minutes: Mapping[date, int]

    @property
    def total(self) -> int:
        return sum(self.minutes.values())


@dataclass(frozen=True)
class Punctual:
    """Departures of one desk in one period, and how many of them were on time."""

    name: str
    period: date
    departures: int
    on_time: int

    @property
    def percent(self) -> float:
        return 100 * self.on_time / self.departures


class LocalPeriod(Func):
    """The first local day of the week or month in which a moment falls, in a zone of its own."""

    output_field = DateField()

    def __init__(self, by: str, zone: str, moment: str) -> None:
        super().__init__(F(zone), F(moment))
        self.unit = MONTH if by == MONTH else WEEK

    def as_sql(  # type: ignore[override]
        self, compiler: Any, connection: Any, **extra: Any
    ) -> tuple[str, Any]:
        zone, moment = (compiler.compile(each) for each in self.get_source_expressions())
        local = f"timezone(COALESCE(NULLIF({zone[0]}, ''), 'UTC'), {moment[0]})"
        return f"date_trunc('{self.unit}', {local})::date", (*zone[1], *moment[1])


def span_of(by: str, today: date) -> Span:
    """The last twelve weeks or months, the present one with them."""
    first = _first(by, today)
    found = [first]
    while len(found) < PERIODS[by]:
        found.append(_first(by, found[-1] - timedelta(days=1)))
    return Span(by, found[::-1])


def crewed_hours(user: Any, span: Span) -> list[Flown]:
    """Time in service of the crewed fleet; 1 statement."""
    rows = FlightHours.objects.visible_to(user).filter(
        flown_on__gte=span.since, flown_on__lt=span.until
    )
    return _flown(rows, span, "flown_on", "aircraft__tail_number")


def drone_hours(user: Any, span: Span) -> list[Flown]:
    """Time in service of the drones whose logs the caller may read; 1 statement."""
    rows = F2FlightHoursEntry.objects.visible_to(user).filter(
        entry_on__gte=span.since, entry_on__lt=span.until
    )
    return _flown(rows, span, "entry_on", "aircraft__registration")


def by_period(rows: Sequence[Flown], span: Span) -> list[tuple[date, int]]:
    """The fleet's minutes in each period, those without flying as nothing."""
    return [(day, sum(row.minutes.get(day, 0) for row in rows)) for day in span.periods]


def punctual_drones(user: Any, span: Span) -> list[Punctual]:
    """Departures of the caller's centers, as counted for each local day; 1 statement."""
    start, end = _bounds(span)
    rows = OperationalMetrics.objects.visible_to(user).days().between(start, end)
    sums: dict[tuple[str, date], list[int]] = defaultdict(lambda: [0, 0])
    read = rows.filter(departures__gt=0).values_list(
        "center__code", "center__timezone", "starts_at", "departures", "on_time_departures"
    )
    for code, zone, moment, departures, on_time in read.order_by("center__code", "starts_at"):
        day = _first(span.by, moment.astimezone(ZoneInfo(zone)).date())
        if span.since <= day < span.until:
            sums[code, day][0] += departures
            sums[code, day][1] += on_time
    return [Punctual(code, day, *both) for (code, day), both in sorted(sums.items())]


def punctual_legs(user: Any, span: Span, *, grace: timedelta) -> list[Punctual]:
    """Legs that left their blocks, by the day planned at the origin; 1 statement."""
    start, end = _bounds(span)
    late = ExpressionWrapper(F("actual_out_at") - F("planned_out_at"), output_field=DurationField())
    rows = TripLeg.objects.visible_to(user).filter(
        actual_out_at__isnull=False, planned_out_at__gte=start, planned_out_at__lt=end
    )
    counted: Any = (
        rows.annotate(late=late, period=LocalPeriod(span.by, "origin__timezone", "planned_out_at"))
        .order_by()
        .values("period")
        .annotate(left=Count("pk"), punctual=Count("pk", filter=Q(late__lte=grace)))
    )
    found = [
        Punctual(CREWED_TRIPS, row["period"], row["left"], row["punctual"])
        for row in counted
        if span.since <= row["period"] < span.until
    ]
    return sorted(found, key=lambda row: row.period)


def delay_causes(user: Any, span: Span) -> list[dict[str, Any]]:
    """What held crewed legs up, the most minutes first; 1 statement."""
    start, end = _bounds(span)
    rows = LegDelay.objects.visible_to(user).filter(
        leg__planned_out_at__gte=start, leg__planned_out_at__lt=end
    )
    period = LocalPeriod(span.by, "leg__origin__timezone", "leg__planned_out_at")
    sums = (
        rows.alias(period=period)
        .filter(period__gte=span.since, period__lt=span.until)
        .order_by()
        .values("code")
        .annotate(total=Sum("minutes"), legs=Count("leg", distinct=True))
    )
    named = dict(DelayCode.choices)
    found = [{"cause": named.get(row["code"], row["code"]), **row} for row in sums]
    return sorted(found, key=lambda row: (-row["total"], row["code"]))


def _flown(rows: Any, span: Span, day: str, name: str) -> list[Flown]:
    cut = TruncMonth(day) if span.by == MONTH else TruncWeek(day)
    sums = (
        rows.annotate(period=cut)
        .order_by()
        .values(name, "period")
        .annotate(total=Sum("time_in_service_min"))
        .filter(~Q(total=0))
    )
    found: dict[str, dict[date, int]] = defaultdict(dict)
    for row in sums:
        found[row[name]][row["period"]] = row["total"]
    flown = [Flown(aircraft, minutes) for aircraft, minutes in found.items()]
    return sorted(flown, key=lambda row: (-row.total, row.aircraft))


def _bounds(span: Span) -> tuple[datetime, datetime]:
    """Moments that hold every local day of the span, wherever it is."""
    start = datetime.combine(span.since, time.min, tzinfo=UTC) - timedelta(days=1)
    return start, datetime.combine(span.until, time.min, tzinfo=UTC) + timedelta(days=1)


def _first(by: str, day: date) -> date:
    return day.replace(day=1) if by == MONTH else day - timedelta(days=day.weekday())


def _next(by: str, day: date) -> date:
    return _first(by, day + timedelta(days=32)) if by == MONTH else day + timedelta(days=7)


def names_of(rows: Iterable[Punctual]) -> list[str]:
    """The desks in the order in which they come."""
    return list(dict.fromkeys(row.name for row in rows))
