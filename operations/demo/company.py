"""Whom the demo deals with and what it charges."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from airports.models import Airport
from common.geo import point
from contacts.models import FBO, Contact, GroundProvider
from contacts.services.contacts import create_contact
from contacts.services.providers import create_provider
from finance.models import RateCard
from finance.services.rates import add_rate, create_card
from operations.demo.places import BASE, DELIVERY, PICKUP, STATIONS

CUSTOMER = "Meridian Assistance (demo)"
HOSPITALS = {PICKUP: "Hospital del Caribe (demo)", DELIVERY: "Riverfront University Clinic (demo)"}
# Where the hospitals stand: in town, away from the field.
_SITES = {PICKUP: point(lat=21.1432, lon=-86.8271), DELIVERY: point(lat=38.6366, lon=-90.2613)}
CARD = "demo-usd"
# On every paper.
LETTERHEAD = {
    "name": "Delta Air Rescue (demo)",
    "address": "Lakefront Airport, Hangar 3\nNew Orleans, LA 70126, USA",
    "phone": "+1 504 555 0123",
    "email": "desk@delta.example",
    "website": "delta.example",
    "registration": "EIN 00-0000000",
    "certificate": "Part 135 certificate DEMO135A",
    "foot": "Delta Air Rescue (demo): facts about nobody real",
}

# Kind of price, its unit, US dollars; None is for every aircraft type.
_RATES: tuple[tuple[str, str, str | None, str], ...] = (
    ("live_hour", "hour", "B350", "2350.00"),
    ("positioning_hour", "hour", "B350", "1950.00"),
    ("fuel_surcharge", "hour", "B350", "180.00"),
    ("live_hour", "hour", "LJ45", "4250.00"),
    ("positioning_hour", "hour", "LJ45", "3600.00"),
    ("fuel_surcharge", "hour", "LJ45", "420.00"),
    ("live_hour", "hour", "C208", "1450.00"),
    ("positioning_hour", "hour", "C208", "1250.00"),
    ("fuel_surcharge", "hour", "C208", "95.00"),
    ("landing", "leg", None, "140.00"),
    ("handling", "leg", None, "385.00"),
    ("overnight", "night", None, "220.00"),
    ("crew_overnight", "night", None, "240.00"),
    ("crew_duty", "day", None, "650.00"),
    ("medical_team", "day", None, "1400.00"),
    ("oxygen", "liter", None, "0.08"),
    ("ground_ambulance", "each", None, "950.00"),
    ("permit", "each", None, "310.00"),
    ("waiting", "hour", None, "120.00"),
)


def enter_company(*, actor: Any, at: datetime) -> None:
    """Enter the customer, the hospitals, handlers and ambulances, and the list of prices."""
    create_contact(
        kind="organization",
        name=CUSTOMER,
        roles=["customer", "insurer"],
        # Where the receipt goes.
        emails=[{"kind": "billing", "address": "accounts@meridian.example"}],
        actor=actor,
        at=at,
    )
    _places(actor=actor, at=at)
    _prices(date(at.year, 1, 1), actor=actor, at=at)


def _places(*, actor: Any, at: datetime) -> None:
    """Hospitals with their ambulances, and a handler at each station."""
    airports = {row.icao: row for row in Airport.objects.filter(icao__in=STATIONS)}
    for where, name in HOSPITALS.items():
        create_contact(
            kind="organization",
            name=name,
            roles=["hospital"],
            country=airports[where].country,
            point=_SITES[where],
            actor=actor,
            at=at,
        )
        create_provider(
            GroundProvider,
            airport=airports[where],
            name=f"Ambulance {where} (demo)",
            kind="ambulance",
            care_level="intensive",
            stretchers=1,
            hours_kind="h24",
            actor=actor,
            at=at,
        )
    for place, airport in sorted(airports.items()):
        create_provider(
            FBO,
            airport=airport,
            name=f"Jet Center {place} (demo)",
            services=["jet_a1", "handling"],
            hours_kind="h24",
            actor=actor,
            at=at,
        )


def customer() -> Contact:
    """The demo's customer."""
    return Contact.objects.get(name=CUSTOMER)


def _prices(since: date, *, actor: Any, at: datetime) -> RateCard:
    card = create_card(
        code=CARD, name=f"Prices from {BASE} (demo)", currency="USD", actor=actor, at=at
    )
    for kind, unit, designator, amount in _RATES:
        add_rate(
            card,
            kind=kind,
            unit=unit,
            aircraft_type=designator or "",
            amount=Decimal(amount),
            effective_from=since,
            actor=actor,
            at=at,
        )
    return card
