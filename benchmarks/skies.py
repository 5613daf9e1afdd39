"""A synthetic country: aerodromes, runways, airspace, weather stations with reports."""

import json
import random
from datetime import datetime, timedelta
from pathlib import Path

from django.contrib.gis.geos import MultiPolygon, Polygon
from django.db import connection

from airports.models import AirspaceRestriction, WeatherData, WeatherStation
from airports.reports import decode_taf
from common.geo import point

WEST, EAST, SOUTH, NORTH = 115.0, 152.0, -37.5, -17.0
SOURCE = "benchmark"
RUNWAYS = 44_000
STATIONS = 700
KINDS = ("C", "D", "G", "R", "Q", "M", "P", "UAS", "CTR", "PATH")


def load_airports(count: int, path: str | None, *, at: datetime) -> int:
    """Aerodromes from OurAirports files in a folder, else generated; returns how many there are."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM airports_airport")
        if cursor.fetchone()[0] == 0:
            _import(Path(path), at) if path else _generate(count, at)
        cursor.execute("ANALYZE airports_airport, airports_runway")
        cursor.execute("SELECT count(*) FROM airports_airport")
        return int(cursor.fetchone()[0])


def _import(folder: Path, at: datetime) -> None:
    from airports.services.airport_import import import_ourairports  # noqa: PLC0415 - only then

    def found(name: str) -> Path | None:
        return next(iter(sorted(folder.glob(f"{name}.csv*"))), None)

    airports = found("airports")
    if airports is None:
        raise FileNotFoundError(f"No airports.csv in {folder}")
    import_ourairports(
        airports=airports, runways=found("runways"), frequencies=found("airport-frequencies"),
        cycle=SOURCE, at=at,
    )  # fmt: skip


def _generate(count: int, at: datetime) -> None:
    """Spread over the world as real ones are: a tenth of them in the benchmark's country."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO airports_airport (created_at, updated_at, version, ident, iata, gps_code,
                local_code, name, kind, point, elevation_ft, timezone, country, region,
                municipality, is_controlled, control_source, source, source_cycle, is_active)
            SELECT %(at)s, %(at)s, 1, 'B' || n, '', '', '', 'Field ' || n,
                CASE WHEN n %% 3 = 0 THEN 'heliport' ELSE 'small_airport' END,
                ST_SetSRID(ST_MakePoint(
                    CASE WHEN n %% 10 = 0 THEN %(west)s + random() * (%(east)s - %(west)s)
                         ELSE random() * 280 - 170 END,
                    CASE WHEN n %% 10 = 0 THEN %(south)s + random() * (%(north)s - %(south)s)
                         ELSE random() * 120 - 50 END), 4326)::geography,
                400, 'UTC', 'AU', '', '', n %% 50 = 0, '', %(source)s, '', TRUE
            FROM generate_series(1, %(count)s) AS n
            """,
            {
                "at": at,
                "count": count,
                "source": SOURCE,
                "west": WEST,
                "east": EAST,
                "south": SOUTH,
                "north": NORTH,
            },
        )
        cursor.execute(
            """
            INSERT INTO airports_runway (created_at, updated_at, version, airport_id, source_id,
                le_ident, he_ident, length_ft, surface, is_closed, centerline)
            SELECT %s, %s, 1, id, 'R' || id, '09', '27', 4000, 'ASP', FALSE,
                ST_MakeLine(point::geometry,
                    ST_Translate(point::geometry, 0.012, 0.004))::geography
            FROM airports_airport ORDER BY id LIMIT %s
            """,
            [at, at, RUNWAYS],
        )


def load_airspace(count: int) -> int:
    """Polygons of 24 corners, 4 to 40 km across, all over the country."""
    chance = random.Random(7)  # noqa: S311 - a reproducible sky, no secret
    missing = count - AirspaceRestriction.objects.filter(source=SOURCE).count()
    AirspaceRestriction.objects.bulk_create(
        [_restriction(number, chance) for number in range(max(0, missing))], batch_size=1000
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE airports_airspacerestriction")
    return AirspaceRestriction.objects.filter(source=SOURCE).count()


def _restriction(number: int, chance: random.Random) -> AirspaceRestriction:
    lon, lat = chance.uniform(WEST, EAST), chance.uniform(SOUTH, NORTH)
    ring = point(lat=lat, lon=lon).buffer(chance.uniform(0.02, 0.2), quadsegs=6)
    floor = chance.choice([None, 300.0, 1300.0])
    return AirspaceRestriction(
        name=f"AREA {number}", kind=chance.choice(KINDS), restricted_status="",
        area=MultiPolygon(Polygon(ring.coords[0]), srid=4326),
        floor_m=floor, floor_datum="AMSL" if floor else "SFC", floor_text="as published",
        ceiling_m=3000.0, ceiling_datum="AMSL", ceiling_text="3000 M AMSL",
        source=SOURCE, source_ref=str(number), content_hash=f"{number:064}",
    )  # fmt: skip


def load_weather(*, at: datetime) -> int:
    """Stations all over the country, each with a calm report and a forecast."""
    if WeatherStation.objects.exists():
        return WeatherStation.objects.count()
    chance = random.Random(11)  # noqa: S311 - reproducible, no secret
    places = [
        point(lat=chance.uniform(SOUTH, NORTH), lon=chance.uniform(WEST, EAST))
        for _ in range(STATIONS)
    ]
    names = [
        f"{a}{b}{c}{d}" for a in "Y" for b in "ABCDEFGHIJ" for c in "ABCDEFGHIJ" for d in "STUVWXY"
    ]
    reports = WeatherData.objects.bulk_create([_report(name, at) for name in names[:STATIONS]])
    forecasts = WeatherData.objects.bulk_create([_forecast(name, at) for name in names[:STATIONS]])
    WeatherStation.objects.bulk_create(
        WeatherStation(
            station=name,
            point=place,
            elevation_ft=1000,
            observation=report,
            observed_at=report.issued_at,
            forecast=taf,
            forecast_at=taf.issued_at,
        )
        for name, place, report, taf in zip(names, places, reports, forecasts, strict=False)
    )
    return STATIONS


def _report(name: str, at: datetime) -> WeatherData:
    return WeatherData(
        station=name, kind="METAR", raw=f"METAR {name} CAVOK", raw_hash=name, issued_at=at,
        received_at=at, wind_speed_kt=6, visibility_m=10_000, is_ceiling_known=True,
        is_cavok=True, temperature_c=22, dewpoint_c=10, qnh_hpa=1015, source=SOURCE,
    )  # fmt: skip


def _forecast(name: str, at: datetime) -> WeatherData:
    until = at + timedelta(hours=24)
    raw = (
        f"TAF {name} {at:%d%H%M}Z {at:%d%H}/{until:%d%H} 18008KT CAVOK"
        f" FM{at + timedelta(hours=6):%d%H%M} 20012KT 9999 SCT040"
        f" TEMPO {at + timedelta(hours=8):%d%H}/{at + timedelta(hours=12):%d%H} 4000 SHRA"
    )
    taf = decode_taf(raw, reference=at)
    return WeatherData(
        station=name, kind="TAF", raw=raw, raw_hash=f"T{name}", issued_at=at, received_at=at,
        valid_from=taf.valid_from, valid_until=taf.valid_until, groups=_plain(taf.groups),
        source=SOURCE,
    )  # fmt: skip


def _plain(groups: object) -> object:
    import msgspec  # noqa: PLC0415 - only here

    return json.loads(msgspec.json.encode(groups))
