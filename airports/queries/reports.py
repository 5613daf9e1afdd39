"""Reports of named stations: the latest, and what was known at a moment."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery

from airports.models import OBSERVATIONS, ReportKind, WeatherData, WeatherStation


def latest_reports(stations: Sequence[str], *, user: Any) -> QuerySet[WeatherData]:
    """The latest observation and forecast of each station, by station."""
    wanted = WeatherStation.objects.filter(station__in=stations)
    return (
        WeatherData.objects.visible_to(user)
        .filter(Q(pk__in=wanted.values("observation")) | Q(pk__in=wanted.values("forecast")))
        .select_related("airport")
        .order_by("station", "kind", "pk")
    )


def reports_at(stations: Sequence[str], *, moment: datetime, user: Any) -> QuerySet[WeatherData]:
    """
    The last observation and forecast of each station that could be known at a moment.

    Known is what was issued by then; a report that was late is not held against the station. A
    forecast that was cancelled is the last, as it takes the one before it back.
    """
    known = (
        WeatherData.objects.filter(station=OuterRef("station"))
        .dated()
        .issued_by(moment)
        .order_by("-issued_at", "-pk")
        .values("pk")
    )
    pairs = (
        WeatherStation.objects.filter(station__in=stations)
        .annotate(
            last_observation=Subquery(known.filter(kind__in=OBSERVATIONS, is_void=False)[:1]),
            last_forecast=Subquery(known.filter(kind=ReportKind.TAF)[:1]),
        )
        .values_list("last_observation", "last_forecast")
    )
    found = [pk for pair in pairs for pk in pair if pk is not None]
    return (
        WeatherData.objects.visible_to(user)
        .filter(pk__in=found)
        .select_related("airport")
        .order_by("station", "kind", "pk")
    )


def newest_received_at() -> datetime | None:
    """When the newest report came in; None where there is none. 1 query."""
    rows = WeatherData.objects.order_by("-issued_at", "id")
    return rows.values_list("received_at", flat=True).first()
