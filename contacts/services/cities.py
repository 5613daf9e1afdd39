import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import transaction

from common.audit import record
from common.exceptions import InvalidInput
from common.geo import point
from common.lifecycle import locked
from contacts.models import City
from contacts.normalization import fault_in_name, plain

SEED = Path(__file__).parents[1] / "reference" / "cities.csv"


@dataclass(frozen=True)
class SeedReport:
    """How many cities came new and how many were there."""

    added: int
    kept: int


@transaction.atomic
def create_city(*, actor: Any, at: datetime, **values: Any) -> City:
    """Enter a city. Raises InvalidInput."""
    city = City(**values)
    _check_name(city)
    _refresh_words(city)
    city.save()
    record("city.created", city, actor=actor, at=at)
    return city


@transaction.atomic
def amend_city(
    city: City, *, changes: Mapping[str, Any], version: int | None, actor: Any, at: datetime
) -> City:
    """Change what is known of a city. Raises StaleVersion, InvalidInput."""
    city = locked(city, version=version)
    for name, value in changes.items():
        setattr(city, name, value)
    _check_name(city)
    _refresh_words(city)
    city.save()
    record("city.amended", city, actor=actor, at=at, fields=sorted(changes))
    return city


@transaction.atomic
def seed_cities() -> SeedReport:
    """Add the cities that come with the installation; those that are there are left alone."""
    with SEED.open(newline="", encoding="utf-8") as source:
        rows = [_seeded(row) for row in csv.DictReader(source)]
    before = City.objects.count()
    City.objects.bulk_create(rows, ignore_conflicts=True)
    added = City.objects.count() - before
    return SeedReport(added=added, kept=len(rows) - added)


def _seeded(row: Mapping[str, str]) -> City:
    city = City(
        name=row["name"],
        region=row["region"],
        country=row["country"],
        timezone=row["timezone"],
        point=point(lat=float(row["lat"]), lon=float(row["lon"])),
    )
    _refresh_words(city)
    return city


def _check_name(city: City) -> None:
    if fault := fault_in_name(city.name):
        raise InvalidInput("/name", fault)


def _refresh_words(city: City) -> None:
    city.name_key = plain(city.name).strip()[:120]
    words = dict.fromkeys([city.name.casefold(), city.name_key])
    city.search_words = " ".join(words)[:250]
