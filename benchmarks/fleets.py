"""A fleet of 20 aircraft at 6 bases among real or made-up airports, and journeys to plan."""

import random
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from aircraft.models import Aircraft, AircraftType, AltitudeBand, MaintenanceTask, PayloadRange
from aircraft.queries.availability import resource_of
from airports.models import Airport, Runway
from airports.routes import Wind
from common import booking
from common.geo import point
from finance.models import Rate, RateCard
from finance.services.taxes import seed_taxes
from operations.planning.journey import AskedLeg, Care, Journey
from users.models import User

TAILS, BASES, LEGS = 20, 6, 3
MADE_UP = 1_000
WEST, EAST, SOUTH, NORTH = -122.0, -75.0, 31.0, 48.0
# Designator, cruise in kt, burn in kg/h, range in NM, stretchers, runway in m.
TYPES = (
    ("B350", 300, 300, 1550, 2, 1100),
    ("PC12", 270, 200, 1500, 2, 800),
    ("C560", 400, 560, 1700, 1, 1200),
    ("LJ35", 440, 640, 1950, 2, 1500),
)
BESIDE = (
    ("landing", "leg", 140), ("handling", "leg", 385), ("overnight", "night", 220),
    ("crew_overnight", "night", 240), ("crew_duty", "day", 650), ("medical_team", "day", 1400),
    ("oxygen", "liter", 1), ("permit", "each", 310), ("waiting", "hour", 120),
)  # fmt: skip


def make_airports() -> list[Airport]:
    """Large and medium airports with long runways, made up where there are too few."""
    rows = _usable()
    if len(rows) < MADE_UP:
        chance = random.Random(5)  # noqa: S311 - reproducible, no secret
        made = Airport.objects.bulk_create(
            Airport(
                ident=f"P{number:04d}", name=f"Field {number}", kind="medium_airport",
                point=point(lat=chance.uniform(SOUTH, NORTH), lon=chance.uniform(WEST, EAST)),
                elevation_ft=900, timezone="America/Denver", country="US", source="benchmark",
            )
            for number in range(MADE_UP)
        )  # fmt: skip
        Runway.objects.bulk_create(
            Runway(airport=row, source_id=f"P{row.pk}", length_ft=7000, surface="ASP",
                   is_lighted=True)
            for row in made
        )  # fmt: skip
        rows = _usable()
    return rows


def make_fleet(places: Sequence[Airport], *, at: datetime) -> list[Airport]:
    """Twenty aircraft, some of them grounded, booked or short of a stretcher; their bases."""
    chance = random.Random(7)  # noqa: S311 - reproducible, no secret
    bases = chance.sample(places, BASES)
    if Aircraft.objects.filter(tail_number__startswith="NB").exists():
        return bases
    booker = User.objects.create(email="desk@options.example")
    for number in range(TAILS):
        kind = TYPES[number % len(TYPES)]
        row = _aircraft(number, kind, bases[number % BASES], at)
        if number % 7 == 3:
            start = at + timedelta(days=1)
            booking.book(
                [resource_of(row)], start=start, end=start + timedelta(days=3), source=booker,
                purpose="Trip",
            )  # fmt: skip
    return bases


def make_card(*, at: datetime) -> RateCard:
    """Prices of every type, and of what a patient flight has beside; taxes as they are shipped."""
    seed_taxes()
    card, is_new = RateCard.objects.get_or_create(
        code="OPTIONS", defaults={"name": "Options", "currency": "USD"}
    )
    if not is_new:
        return card
    hourly = ("live_hour", "positioning_hour", "fuel_surcharge")
    rows = [(kind, "hour", name, cruise * 9) for name, cruise, *_ in TYPES for kind in hourly]
    rows += [(kind, unit, "", amount) for kind, unit, amount in BESIDE]
    for kind, unit, name, amount in rows:
        Rate.objects.create(
            card=card, kind=kind, unit=unit, aircraft_type=name, amount=amount,
            effective_from=date(at.year, 1, 1),
        )  # fmt: skip
    return card


def journeys(places: Sequence[Airport], count: int, *, at: datetime) -> list[Journey]:
    """Journeys of three legs over the continent: out, onwards, and back to where it began."""
    chance = random.Random(11)  # noqa: S311 - reproducible, no secret
    found = []
    for number in range(count):
        a, b, c = (row.pk for row in chance.sample(places, LEGS))
        start = at + timedelta(days=2, hours=number % 24)
        wind = Wind(chance.uniform(240, 300), chance.uniform(20, 90))
        legs = tuple(
            AskedLeg(
                sequence=leg + 1, origin_id=ends[0], destination_id=ends[1],
                earliest_departure_at=start + timedelta(hours=6 * leg), has_patient=leg == 0,
                passengers=1, wind=wind,
            )
            for leg, ends in enumerate(((a, b), (b, c), (c, a)))
        )  # fmt: skip
        care = Care(patient_kg=82, team=2, equipment_kg=45, oxygen_lpm=4)
        found.append(Journey(legs=legs, care=care))
    return found


def _usable() -> list[Airport]:
    return list(
        Airport.objects.in_use()
        .filter(
            kind__in=("large_airport", "medium_airport"), runways__length_ft__gte=6000,
            runways__surface__istartswith="ASP", runways__is_closed=False, country="US",
            point__coveredby=_box(),
        )
        .distinct("ident")
        .order_by("ident")
    )  # fmt: skip


def _box() -> object:
    from django.contrib.gis.geos import Polygon  # noqa: PLC0415 - needs the settings

    return Polygon.from_bbox((WEST, SOUTH, EAST, NORTH))


def _aircraft(
    number: int, kind: tuple[str, int, int, int, int, int], base: Airport, at: datetime
) -> Aircraft:
    name, cruise_kt, burn_kg_h, range_nm, stretchers, runway_m = kind
    type_row, _ = AircraftType.objects.get_or_create(
        designator=name,
        defaults={
            "name": name, "category": "L", "engine_count": 2, "engine_kind": "T", "wake": "L",
        },
    )  # fmt: skip
    row = Aircraft.objects.create(
        tail_number=f"NB{number:03d}", serial_number=f"{number}", aircraft_type=type_row, base=base,
        seats=8, stretchers=0 if number % 9 == 5 else stretchers, min_crew=2, mtow_kg=9500,
        empty_weight_kg=4800, basic_weight_kg=5100, max_payload_kg=1200, usable_fuel_kg=2900,
        oxygen_l=6800, is_pressurized=True, min_runway_m=runway_m, surfaces=["paved"],
        max_range_nm=range_nm, taxi_min=10, taxi_fuel_kg=40, airworthiness_certificate="AW",
        registration_expires_on=date(2040, 1, 1), insurance_expires_on=date(2040, 1, 1),
        weighed_on=at.date(), status="grounded" if number % 11 == 7 else "in_service",
    )  # fmt: skip
    for floor_ft, ceiling_ft, slower in ((3000, 18_000, 60), (18_000, 41_000, 0)):
        AltitudeBand.objects.create(
            aircraft=row, floor_ft=floor_ft, ceiling_ft=ceiling_ft, cruise_ktas=cruise_kt - slower,
            burn_kg_h=burn_kg_h, climb_allowance_min=5, climb_allowance_kg=50,
        )  # fmt: skip
    for payload_kg, part in ((0, 1.0), (700, 0.9), (1200, 0.6)):
        PayloadRange.objects.create(
            aircraft=row, payload_kg=payload_kg, range_nm=round(range_nm * part)
        )
    for title in ("Phase 1", "Phase 2", "Altimeters", "Transponder"):
        MaintenanceTask.objects.create(
            aircraft=row, title=title, interval_months=24, last_done_on=at.date(),
            next_due_on=at.date() + timedelta(days=700), last_done_min=0, last_done_cycles=0,
        )  # fmt: skip
    return row
