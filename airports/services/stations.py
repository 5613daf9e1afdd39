"""Keep each weather station's latest observation and forecast at hand."""

from collections.abc import Mapping, Sequence

from airports.models import TIME_UNKNOWN, Airport, WeatherData, WeatherStation
from airports.services.staging import run
from airports.source_rows import SourceReport
from common.geo import point

# A report that came in late never takes the place of a newer one; of two of one time the later row,
# a correction, stands. A void observation says nothing, and one without a known time may be of any
# age: neither becomes the latest. A void forecast does: it takes the one before it back.
_REFRESH = """
UPDATE airports_weatherstation AS s
SET observation_id = COALESCE(o.id, s.observation_id),
    observed_at = COALESCE(o.issued_at, s.observed_at),
    forecast_id = COALESCE(f.id, s.forecast_id),
    forecast_at = COALESCE(f.issued_at, s.forecast_at)
FROM unnest(%(stations)s::text[]) AS wanted (station)
LEFT JOIN LATERAL (
    SELECT id, issued_at FROM airports_weatherdata AS w
    WHERE w.station = wanted.station AND w.kind IN ('METAR', 'SPECI') AND NOT w.is_void
      AND NOT %(undated)s = ANY (w.undecoded)
    ORDER BY issued_at DESC, id DESC LIMIT 1
) AS o ON TRUE
LEFT JOIN LATERAL (
    SELECT id, issued_at FROM airports_weatherdata AS w
    WHERE w.station = wanted.station AND w.kind = 'TAF'
      AND NOT %(undated)s = ANY (w.undecoded)
    ORDER BY issued_at DESC, id DESC LIMIT 1
) AS f ON TRUE
WHERE s.station = wanted.station
"""


def refresh_stations(
    stored: Sequence[WeatherData],
    airports: Mapping[str, Airport],
    places: Mapping[str, SourceReport],
) -> set[str]:
    """Bring the stations of these reports up to date; returns those never heard of before."""
    stations = sorted({row.station for row in stored})
    held = set(
        WeatherStation.objects.filter(station__in=stations).values_list("station", flat=True)
    )
    new = [_station(s, airports.get(s), places.get(s)) for s in stations if s not in held]
    WeatherStation.objects.bulk_create(new, ignore_conflicts=True)
    # In one order, so that two batches never wait for each other; and before the latest is looked
    # for, so that what another batch stored meanwhile is seen.
    rows = WeatherStation.objects.filter(station__in=stations).order_by("station")
    unplaced = [row for row in rows.select_for_update() if row.point is None]
    _move(unplaced, places)
    run(_REFRESH, {"stations": stations, "undated": TIME_UNKNOWN})
    return {row.station for row in new}


def _station(station: str, airport: Airport | None, place: SourceReport | None) -> WeatherStation:
    """The aerodrome's position is the better one; the source's serves where there is none."""
    row = WeatherStation(station=station, airport=airport)
    if place is not None and place.lat is not None and place.lon is not None:
        row.point = point(lat=place.lat, lon=place.lon)
        row.elevation_ft, row.name = place.elevation_ft, place.name
    if airport is not None:
        row.point, row.name = airport.point, airport.name
        if airport.elevation_ft is not None:
            row.elevation_ft = airport.elevation_ft
    return row


def _move(stations: Sequence[WeatherStation], places: Mapping[str, SourceReport]) -> None:
    """Place stations that had no position until now."""
    for station in stations:
        place = places.get(station.station)
        if place is not None and place.lat is not None and place.lon is not None:
            station.point = point(lat=place.lat, lon=place.lon)
            station.elevation_ft = place.elevation_ft
            station.save(update_fields=["point", "elevation_ft"])
