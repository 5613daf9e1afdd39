"""The report of a flight: what was planned and what was flown, with map and heights."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from math import cos, hypot, radians
from typing import Any
from zoneinfo import ZoneInfo

from documents.exceptions import NothingToShow
from documents.kinds import Source
from documents.wording import duration, figure, fingerprint, moment, text
from flight_operations.documents.altitude_plot import AlertSpan, PlotScene, Sample, draw_plot
from flight_operations.documents.release import head_of, operation_for
from flight_operations.documents.track_map import (
    METERS_PER_DEGREE,
    Area,
    MapScene,
    Mark,
    degrees,
    draw_map,
)
from flight_operations.models import ConformanceAlert, FlightOperation, OperationalLog
from flight_operations.queries.profile import Profile, TrackPoint, profile_of
from flight_operations.queries.telemetry import alerts_of
from flight_operations.telemetry.heights import HeightBasis
from flight_operations.telemetry.limits import STANDARD_HEIGHT_M, AlertKind
from rpas.models import F2FlightHoursEntry

# Enough for a line without corners on paper, few enough for a small file.
POINTS = 1500
IN_SECONDS = (
    AlertKind.PLAN_TIME,
    AlertKind.WINDOW,
    AlertKind.SILENCE,
    AlertKind.HEIGHT_UNKNOWN,
)


def mission_report(operation_id: int, reader: Any, at: datetime) -> Source:
    """A flight that is over, with its real track. Raises NothingToShow for one that is not."""
    operation = operation_for(operation_id, reader)
    if operation.actual_end_at is None:
        raise NothingToShow(kind="report", subject=operation.number, because="it is not over")
    profile = profile_of(operation, points=POINTS)
    alerts = list(alerts_of(operation).order_by("started_at", "pk"))
    data = {
        **head_of(operation),
        "status": operation.get_status_display(),
        "flown": _flown(operation),
        "pilot": _pilot(operation),
        "crew": _crew(operation),
        "plan": _plan(operation),
        "track": _track(profile),
        "has_track": bool(profile.points),
        "alerts": [_alert(row, number, operation) for number, row in enumerate(alerts, 1)],
        "has_alerts": bool(alerts),
        "log": _log(operation),
        "technical_log": _technical_log(operation),
    }
    return Source(
        title=operation.number,
        version=fingerprint(data),
        data=data,
        pictures=_pictures(operation, profile, alerts),
        scope=operation.scope,
    )


def _flown(operation: FlightOperation) -> dict[str, Any]:
    zone = operation.operator.timezone
    start, end = operation.actual_start_at, operation.actual_end_at
    minutes = (end - start).total_seconds() / 60 if start and end else None
    return {
        "start": moment(start, zone),
        "end": moment(end, zone),
        "duration": f"{minutes * 60:,.0f} s" if minutes is not None and minutes < 2
        else duration(minutes),
    }  # fmt: skip


def _pilot(operation: FlightOperation) -> dict[str, str]:
    person = operation.pilot_in_command
    profile = getattr(person, "profile", None)
    return {"name": person.full_name, "arn": text(getattr(profile, "arn", ""))}


def _crew(operation: FlightOperation) -> list[dict[str, str]]:
    rows = operation.crew.select_related("user").order_by("pk")
    return [{"name": row.user.full_name, "role": row.get_role_display()} for row in rows]


def _plan(operation: FlightOperation) -> dict[str, str]:
    plan = operation.plan
    return {
        "revision": str(plan.revision),
        "max_height": figure(plan.max_height_agl_m, "m", 1),
        "mass": figure(plan.take_off_mass_kg, "kg", 2),
        "launch": degrees(_at(plan.launch_site)),
        "recovery": degrees(_at(plan.recovery_site)),
        "control_station": plan.control_station,
        "elevation": figure(plan.take_off_elevation_m, "m AMSL", 1),
    }


def _track(profile: Profile) -> dict[str, str]:
    """Extremes of the whole track; the length is that of the line that is drawn."""
    is_ground = any(point.height_basis == HeightBasis.GROUND for point in profile.points)
    return {
        "positions": figure(profile.positions),
        "length": figure(_length_m(profile.points), "m"),
        "max_height": figure(profile.max_height_m, "m", 1),
        "height_over": "ground" if is_ground else "take-off (ground unknown)",
        "max_above_takeoff": figure(profile.max_above_takeoff_m, "m", 1),
        "max_speed": figure(profile.max_speed_ms, "m/s", 1),
        "min_battery": figure(profile.min_battery_percent, "%"),
    }


def _length_m(points: Sequence[TrackPoint]) -> float:
    return sum(
        hypot(
            (b.lon - a.lon) * METERS_PER_DEGREE * cos(radians(a.lat)),
            (b.lat - a.lat) * METERS_PER_DEGREE,
        )
        for a, b in pairwise(points)
    )


def _alert(row: ConformanceAlert, number: int, operation: FlightOperation) -> dict[str, str]:
    unit = "s" if row.kind in IN_SECONDS else "m"
    end = row.ended_at or row.last_at
    return {
        "alert_number": str(number),
        "kind": row.get_kind_display(),
        "severity": row.severity,
        "reference": text(row.reference),
        "limit": figure(row.limit_value, unit, 1),
        "worst": figure(row.worst_value, unit, 1),
        "at": _clock(row.worst_at, operation),
        "lasted": f"{(end - row.started_at).total_seconds():,.0f} s",
        "acknowledged": text(row.acknowledged_by.full_name if row.acknowledged_by else ""),
    }


def _clock(at: datetime, operation: FlightOperation) -> str:
    return f"{at.astimezone(ZoneInfo(operation.operator.timezone)):%H:%M:%S}"


def _log(operation: FlightOperation) -> list[dict[str, Any]]:
    row = OperationalLog.objects.filter(operation=operation).select_related("completed_by").first()
    if row is None:
        return []
    return [
        {
            "as_released": "yes" if row.is_as_released else "no",
            "changes": text(row.changes),
            "highest": figure(row.highest_agl_m, "m", 1),
            "unserviceable": "yes" if row.became_unserviceable else "no",
            "remarks": text(row.remarks),
            "completed_by": row.completed_by.full_name,
            "completed": moment(row.completed_at, operation.operator.timezone),
        }
    ]


def _technical_log(operation: FlightOperation) -> list[dict[str, str]]:
    rows = F2FlightHoursEntry.objects.on_aircraft(operation.aircraft_id).of_flights()
    return [
        {
            "sequence": str(row.sequence),
            "time": duration(row.time_in_service_min),
            "total": duration(row.progressive_total_min),
            "cycles": str(row.cycles),
            "hash": row.hash,
        }
        for row in rows.of_operation(operation.number).order_by("sequence")
    ]


def _pictures(
    operation: FlightOperation, profile: Profile, alerts: Sequence[ConformanceAlert]
) -> dict[str, bytes]:
    if not profile.points:
        return {}
    return {
        "map": draw_map(_map_scene(operation, profile, alerts)),
        "altitude": draw_plot(_plot_scene(operation, profile, alerts)),
    }


def _map_scene(
    operation: FlightOperation, profile: Profile, alerts: Sequence[ConformanceAlert]
) -> MapScene:
    plan = operation.plan
    marks = tuple(
        Mark(str(number), _at(row.position), row.severity == "red")
        for number, row in enumerate(alerts, 1)
        if row.position is not None
    )
    return MapScene(
        areas=tuple(_areas(operation)),
        track=tuple((point.lon, point.lat) for point in profile.points),
        is_conformant=tuple(point.is_conformant for point in profile.points),
        launch=_at(plan.launch_site),
        recovery=_at(plan.recovery_site),
        marks=marks,
    )


def _areas(operation: FlightOperation) -> Iterator[Area]:
    plan = operation.plan
    for volume in plan.volumes.order_by("sequence"):
        band = f"{volume.floor_m:g}-{volume.ceiling_m:g} m {volume.get_datum_display()}"
        yield Area(f"Volume {volume.sequence}: {band}", "volume", _ring(volume.area))
    for fence in plan.fences.order_by("pk"):
        yield Area(fence.name, fence.kind, _ring(fence.area))


def _ring(area: Any) -> tuple[tuple[float, float], ...]:
    return tuple((x, y) for x, y, *_ in area.exterior_ring.coords)


def _at(point: Any) -> tuple[float, float]:
    return point.x, point.y


def _plot_scene(
    operation: FlightOperation, profile: Profile, alerts: Sequence[ConformanceAlert]
) -> PlotScene:
    start = profile.points[0].at

    def second(at: datetime) -> float:
        return (at - start).total_seconds()

    def clock(seconds: float) -> str:
        return _clock(
            datetime.fromtimestamp(start.timestamp() + seconds, tz=start.tzinfo), operation
        )

    samples = tuple(
        Sample(
            second(point.at),
            point.height_m if point.height_basis == HeightBasis.GROUND else None,
            point.above_takeoff_m,
        )
        for point in profile.points
    )
    spans = tuple(
        AlertSpan(
            str(number),
            second(row.started_at),
            second(row.last_at),
            second(row.worst_at),
            row.severity == "red",
        )
        for number, row in enumerate(alerts, 1)
    )
    return PlotScene(samples, spans, STANDARD_HEIGHT_M, operation.plan.max_height_agl_m, clock)
