"""The aircraft types that come with the installation: facts of ICAO Doc 8643, edition of 2023."""

import csv
from dataclasses import dataclass
from pathlib import Path

from django.db import transaction

from aircraft.models import AircraftType

SEED = Path(__file__).parents[1] / "reference" / "types.csv"


@dataclass(frozen=True)
class SeedReport:
    """How many types came new and how many were there."""

    added: int
    kept: int


@transaction.atomic
def seed_types() -> SeedReport:
    """
    Add the types that come with the installation; those that are there are left alone.

    Where a designator stands for variants of two wake categories, the heavier is written down.
    """
    with SEED.open(newline="", encoding="utf-8") as source:
        rows = [AircraftType(**row) for row in csv.DictReader(source)]
    before = AircraftType.objects.count()
    AircraftType.objects.bulk_create(rows, ignore_conflicts=True)
    added = AircraftType.objects.count() - before
    return SeedReport(added=added, kept=len(rows) - added)
