from datetime import datetime
from typing import Any

import factory
from django.contrib.gis.geos import LineString
from factory.django import DjangoModelFactory

from airports.models import Airport, AirportKind, Frequency, Runway, WeatherData
from airports.services.weather import store_reports
from airports.source_rows import SourceReport
from common.geo import point


class AirportFactory(DjangoModelFactory):
    """A medium airport near Canberra, uncontrolled as far as anybody knows."""

    # Four characters however many a run makes: reports name no longer stations.
    ident = factory.Sequence(
        lambda n: f"Y{'XABCDEFGHIJKLMNOPQRSTUVWYZ'[n // 100 % 26]}{n % 100:02d}"
    )
    name = factory.Sequence(lambda n: f"Testing Field {n}")
    kind = AirportKind.MEDIUM_AIRPORT
    point = point(lat=-35.3069, lon=149.195)
    elevation_ft = 1886
    timezone = "Australia/Sydney"
    country = "AU"
    source = "test"

    class Meta:
        model = Airport


class RunwayFactory(DjangoModelFactory):
    """A runway from one end to the other, given as (lat, lon) pairs."""

    class Params:
        ends = ((-35.30, 149.19), (-35.32, 149.19))

    airport = factory.SubFactory(AirportFactory)
    source_id = factory.Sequence(str)
    le_ident = "17"
    he_ident = "35"
    length_ft = 7300
    centerline = factory.LazyAttribute(
        lambda row: LineString([(lon, lat) for lat, lon in row.ends], srid=4326)
    )

    class Meta:
        model = Runway


class FrequencyFactory(DjangoModelFactory):
    airport = factory.SubFactory(AirportFactory)
    source_id = factory.Sequence(str)
    kind = "TWR"
    mhz = "118.7000"

    class Meta:
        model = Frequency


def report(raw: str, *, at: datetime, lat: float = -35.3, lon: float = 149.2, **more: Any) -> Any:
    """Store one report of a station at a place, as a source would deliver it."""
    kind = raw.split(" ", 1)[0]
    station = next(
        word for word in raw.split() if word not in ("METAR", "SPECI", "TAF", "AMD", "COR")
    )
    store_reports(
        [SourceReport(kind=kind, station=station, raw=raw, lat=lat, lon=lon, **more)],
        source="test",
        at=at,
    )
    return WeatherData.objects.filter(station=station).order_by("-pk").first()
