"""What the nearest stations say about the weather at places and times: the facts rules use."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from django.db import connection
from msgspec import Struct

from airports.reports import Cloud, Conditions, TafGroup

MAX_DISTANCE_KM = 50.0
# An observation older than this counts as missing: a station that still reports is preferred.
FRESH = timedelta(minutes=120)
FORGOTTEN = timedelta(hours=24)
STATIONS_WATCHED = 12
# A place without any station still has to hear of the first one that appears.
NEW_STATION_KEY = "weather"


class Place(Struct, frozen=True):
    """A position and the time somebody means to be there."""

    lat: float
    lon: float
    start_at: datetime
    end_at: datetime


class Observation(Struct, frozen=True, kw_only=True):
    """The latest METAR or SPECI of the nearest station. Heights are above the station."""

    station: str
    distance_km: float
    station_elevation_ft: int | None
    issued_at: datetime
    age_min: float
    conditions: Conditions
    temperature_c: float | None
    dewpoint_c: float | None
    qnh_hpa: float | None
    flight_category: str
    is_auto: bool
    needs_service: bool
    undecoded: tuple[str, ...]
    raw: str


class Forecast(Struct, frozen=True, kw_only=True):
    """
    The latest TAF of the nearest station that has one, cut to the parts that overlap the window.

    `covers_window` is no when the forecast begins after the window begins or ends before it ends.
    """

    station: str
    distance_km: float
    station_elevation_ft: int | None
    issued_at: datetime
    valid_from: datetime
    valid_until: datetime
    covers_window: bool
    groups: tuple[TafGroup, ...]
    undecoded: tuple[str, ...]
    raw: str

    @property
    def prevailing(self) -> tuple[TafGroup, ...]:
        return tuple(group for group in self.groups if group.is_prevailing)

    @property
    def occasional(self) -> tuple[TafGroup, ...]:
        """TEMPO, INTER and PROB parts."""
        return tuple(group for group in self.groups if not group.is_prevailing)


class WeatherFacts(Struct, frozen=True, kw_only=True):
    """Observation and forecast for one place and window, and the keys of what they rest on."""

    observation: Observation | None = None
    forecast: Forecast | None = None
    dependencies: tuple[str, ...] = (NEW_STATION_KEY,)


def conditions_for(places: Sequence[Place], *, now: datetime) -> list[WeatherFacts]:
    """
    Collect the weather facts of many places, in their order, in one SQL statement.

    A station within 50 km that reported in the last two hours is preferred to a nearer one that
    fell silent; nothing older than a day is used.
    """
    if not places:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_SQL, _parameters(places, now))
        columns = [column.name for column in cursor.description]
        rows = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
    return [_facts(place, row, now) for place, row in zip(places, rows, strict=True)]


def _parameters(places: Sequence[Place], now: datetime) -> dict[str, Any]:
    return {
        "lat": [place.lat for place in places],
        "lon": [place.lon for place in places],
        "start_at": [place.start_at for place in places],
        "end_at": [place.end_at for place in places],
        "now": now,
        "fresh": now - FRESH,
        "forgotten": now - FORGOTTEN,
        "metres": MAX_DISTANCE_KM * 1000,
        "watched": STATIONS_WATCHED,
    }


# The nearest stations come from the spatial index, once for each place; a TAF that is over by the
# start of the window is passed over for a station farther away whose TAF is not.
_SQL = """
WITH place AS (
    SELECT ordinality AS nr, start_at, end_at,
           ST_SetSRID(ST_MakePoint(lon, lat), 4326)::geography AS point
    FROM unnest(%(lat)s::float8[], %(lon)s::float8[], %(start_at)s::timestamptz[],
                %(end_at)s::timestamptz[]) WITH ORDINALITY AS t (lat, lon, start_at, end_at)
)
SELECT near.keys,
       o.station AS o_station, o.km AS o_km, o.elevation_ft AS o_elevation_ft,
       m.issued_at, m.wind_direction_deg, m.is_wind_variable, m.wind_from_deg, m.wind_to_deg,
       m.wind_speed_kt, m.wind_gust_kt, m.visibility_m, m.visibility_is_at_least, m.visibility_sm,
       m.ceiling_ft, m.is_ceiling_known, m.is_cavok, m.clouds::text AS clouds, m.weather,
       m.temperature_c, m.dewpoint_c, m.qnh_hpa, m.flight_category, m.is_auto, m.needs_service,
       m.undecoded, m.raw,
       f.station AS f_station, f.km AS f_km, f.elevation_ft AS f_elevation_ft,
       t.issued_at AS f_issued_at, t.valid_from AS f_valid_from, t.valid_until AS f_valid_until,
       t.groups::text AS f_groups, t.undecoded AS f_undecoded, t.raw AS f_raw
FROM place
CROSS JOIN LATERAL (
    SELECT array_agg(s.station ORDER BY s.station) AS keys
    FROM (SELECT station FROM airports_weatherstation
          WHERE ST_DWithin(point, place.point, %(metres)s)
          ORDER BY point <-> place.point LIMIT %(watched)s) AS s
) AS near
LEFT JOIN LATERAL (
    SELECT station, elevation_ft, observation_id, ST_Distance(point, place.point) / 1000 AS km
    FROM airports_weatherstation
    WHERE ST_DWithin(point, place.point, %(metres)s)
      AND observed_at > %(forgotten)s AND observed_at <= %(now)s + interval '10 minutes'
    ORDER BY (observed_at > %(fresh)s) DESC, point <-> place.point LIMIT 1
) AS o ON TRUE
LEFT JOIN airports_weatherdata AS m ON m.id = o.observation_id
LEFT JOIN LATERAL (
    SELECT s.station, s.elevation_ft, s.forecast_id,
           ST_Distance(s.point, place.point) / 1000 AS km
    FROM airports_weatherstation AS s
    JOIN airports_weatherdata AS w ON w.id = s.forecast_id
    WHERE ST_DWithin(s.point, place.point, %(metres)s) AND NOT w.is_void
      AND w.valid_from < place.end_at AND w.valid_until > place.start_at
    ORDER BY s.point <-> place.point LIMIT 1
) AS f ON TRUE
LEFT JOIN airports_weatherdata AS t ON t.id = f.forecast_id
ORDER BY place.nr
"""


def _facts(place: Place, row: Mapping[str, Any], now: datetime) -> WeatherFacts:
    # The one that is used may be farther away than those watched, where these are all silent.
    used = {row["o_station"], row["f_station"]} - {None}
    stations = sorted({*(row["keys"] or ()), *used})
    return WeatherFacts(
        observation=_observation(row, now) if row["o_station"] else None,
        forecast=_forecast(place, row) if row["f_station"] else None,
        dependencies=(NEW_STATION_KEY, *(weather_key(station) for station in stations)),
    )


def weather_key(station: str) -> str:
    """The compliance dependency that a station's reports are."""
    return f"{NEW_STATION_KEY}:{station}"


def conditions_of(row: Mapping[str, Any]) -> Conditions:
    """The stored columns of a report as Conditions; `clouds` is JSON text."""
    return Conditions(
        wind_direction_deg=row["wind_direction_deg"],
        is_wind_variable=row["is_wind_variable"],
        wind_from_deg=row["wind_from_deg"],
        wind_to_deg=row["wind_to_deg"],
        wind_speed_kt=row["wind_speed_kt"],
        wind_gust_kt=row["wind_gust_kt"],
        visibility_m=row["visibility_m"],
        visibility_is_at_least=row["visibility_is_at_least"],
        visibility_sm=row["visibility_sm"],
        ceiling_ft=row["ceiling_ft"],
        is_ceiling_known=row["is_ceiling_known"],
        clouds=msgspec.json.decode(row["clouds"], type=tuple[Cloud, ...]),
        weather=tuple(row["weather"]),
        is_cavok=row["is_cavok"],
    )


def _observation(row: Mapping[str, Any], now: datetime) -> Observation:
    return Observation(
        station=row["o_station"],
        distance_km=round(row["o_km"], 3),
        station_elevation_ft=row["o_elevation_ft"],
        issued_at=row["issued_at"],
        age_min=round((now - row["issued_at"]).total_seconds() / 60, 1),
        conditions=conditions_of(row),
        temperature_c=row["temperature_c"],
        dewpoint_c=row["dewpoint_c"],
        qnh_hpa=row["qnh_hpa"],
        flight_category=row["flight_category"],
        is_auto=row["is_auto"],
        needs_service=row["needs_service"],
        undecoded=tuple(row["undecoded"]),
        raw=row["raw"],
    )


def _forecast(place: Place, row: Mapping[str, Any]) -> Forecast:
    groups = msgspec.json.decode(row["f_groups"], type=tuple[TafGroup, ...])
    return Forecast(
        station=row["f_station"],
        distance_km=round(row["f_km"], 3),
        station_elevation_ft=row["f_elevation_ft"],
        issued_at=row["f_issued_at"],
        valid_from=row["f_valid_from"],
        valid_until=row["f_valid_until"],
        covers_window=(
            row["f_valid_from"] <= place.start_at and row["f_valid_until"] >= place.end_at
        ),
        groups=tuple(
            group
            for group in groups
            if group.valid_from < place.end_at and group.valid_until > place.start_at
        ),
        undecoded=tuple(row["f_undecoded"]),
        raw=row["f_raw"],
    )
