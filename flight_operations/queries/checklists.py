from collections.abc import Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, QuerySet

from airports.models import WeatherStation
from airports.queries.conditions import (
    FRESH,
    MAX_DISTANCE_KM,
    Observation,
    Place,
    conditions_for,
)
from flight_operations.models import ChecklistItem, FlightOperation, ItemAnswer, PreFlightChecklist
from rpas.models import F2FlightHoursEntry

PREPARATION = timedelta(hours=24)


def open_items(checklist: PreFlightChecklist, *, at: datetime) -> Sequence[ChecklistItem]:
    """Required items that nobody answered, that failed, or whose answer has run out by `at`."""
    items = checklist.items.filter(is_required=True).order_by("sequence", "pk")
    return [item for item in items if is_open(item, at=at)]


def is_open(item: ChecklistItem, *, at: datetime) -> bool:
    """Say whether an item still stands in the way of the flight."""
    has_run_out = item.valid_until is not None and item.valid_until <= at
    return item.is_required and (item.answer in ("", ItemAnswer.FAILED) or has_run_out)


def local_day(operation: FlightOperation) -> date:
    """The operator's calendar day on which an operation is planned to start."""
    zone = ZoneInfo(operation.operator.timezone)
    return operation.planned_start_at.astimezone(zone).date()


def daily_inspection(operation: FlightOperation) -> F2FlightHoursEntry | None:
    """The last Part B daily inspection of the aircraft dated the day of the operation."""
    rows = F2FlightHoursEntry.objects.daily_inspections().filter(
        aircraft=operation.aircraft_id, entry_on=local_day(operation)
    )
    return rows.order_by("-sequence").first()


def preparing(*, now: datetime) -> QuerySet[FlightOperation]:
    """Operations that start within a day and whose checklist is open, in order of their keys."""
    rows = FlightOperation.objects.upcoming().filter(
        checklist__isnull=False,
        checklist__frozen_at=None,
        planned_start_at__lt=now + PREPARATION,
        planned_end_at__gt=now,
    )
    return rows.order_by("pk")


def preparing_near(stations: Sequence[str], *, now: datetime) -> QuerySet[FlightOperation]:
    """Operations in preparation whose launch site is within reach of one of these stations."""
    near = WeatherStation.objects.filter(
        station__in=stations,
        point__dwithin=(OuterRef("plan__launch_site"), MAX_DISTANCE_KM * 1000),
    )
    return preparing(now=now).filter(Exists(near))


def weather_report(operation: FlightOperation, *, at: datetime) -> Observation | None:
    """The nearest station's report for the launch site, unless it is too old to count."""
    plan = getattr(operation, "plan", None)
    if plan is None:
        return None
    lon, lat = plan.launch_site.coords
    place = Place(lat, lon, operation.planned_start_at, operation.planned_end_at)
    found = conditions_for([place], now=at)[0].observation
    return found if found is not None and found.issued_at + FRESH > at else None
