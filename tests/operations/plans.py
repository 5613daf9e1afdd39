"""Plans and price books made of values, and offers made through the services."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import count
from random import Random
from typing import Any

from finance.models import UNITS, RateCard, RateKind
from finance.services.taxes import seed_taxes
from operations.itinerary import Itinerary, Place, PlannedGround, PlannedLeg
from operations.pricing.book import ExchangeRow, PriceBook, RateRow, TaxRow
from operations.pricing.facts import AmbulanceEvidence, PriceFacts
from operations.queries.price_book import price_facts
from operations.services.offers import send_version
from operations.services.prices import price_version
from tests.aircraft.factories import AircraftFactory
from tests.airports.factories import AirportFactory
from tests.finance.factories import RateCardFactory, RateFactory
from tests.operations.factories import DEPARTURE, NOW, QuoteFactory, RequestedLegFactory
from tests.operations.legal_world import specifications
from tests.users.factories import UserFactory

HOUR = timedelta(hours=1)
FIRST_UNIT = {
    "live_hour": "hour",
    "positioning_hour": "hour",
    "fuel_surcharge": "hour",
    "landing": "each",
    "handling": "each",
    "overnight": "night",
    "crew_overnight": "night",
    "crew_duty": "day",
    "medical_team": "day",
    "oxygen": "liter",
    "ground_ambulance": "each",
    "permit": "each",
    "waiting": "hour",
}
PRICES = {
    "live_hour": "5200.00",
    "positioning_hour": "3900.00",
    "fuel_surcharge": "145.00",
    "landing": "210.00",
    "handling": "385.00",
    "overnight": "500.00",
    "crew_overnight": "280.00",
    "crew_duty": "650.00",
    "medical_team": "1400.00",
    "oxygen": "0.35",
    "ground_ambulance": "620.00",
    "permit": "175.00",
    "waiting": "450.00",
}
_id = count(1)


def place(ident: str, *, country: str = "US", region: str = "", pk: int | None = None) -> Place:
    return Place(
        airport_id=pk if pk is not None else sum(ord(x) * 131**n for n, x in enumerate(ident)),
        ident=ident,
        name=f"{ident} field",
        country=country,
        region=region or f"{country}-XX",
        timezone="UTC",
        lat=0.0,
        lon=0.0,
    )


def leg(
    sequence: int, origin: Place, destination: Place, *, kind: str = "live", **more: Any
) -> PlannedLeg:
    """An hour from blocks to blocks, three hours after the leg before it began."""
    out = more.pop("out_at", DEPARTURE + 3 * HOUR * (sequence - 1))
    block = timedelta(minutes=more.get("block_min", 60.0))
    more.setdefault("passengers", 1 if kind == "live" else 0)
    given = {
        "distance_nm": 250.0,
        "wind_kt": -12.0,
        "altitude_ft": 24_000,
        "block_min": 60.0,
        "flight_min": 50.0,
        "fuel_kg": 400.0,
        "required_fuel_kg": 700.0,
        **more,
    }
    return PlannedLeg(
        sequence=sequence,
        kind=kind,  # type: ignore[arg-type]
        origin=origin,
        destination=destination,
        out_at=out,
        off_at=out + timedelta(minutes=5),
        on_at=out + block - timedelta(minutes=5),
        in_at=out + block,
        **given,
    )


def plan(*legs: PlannedLeg, **more: Any) -> Itinerary:
    given = {
        "aircraft_id": 1,
        "tail_number": "N350WS",
        "aircraft_type": "B350",
        "base": "KBOI",
        **more,
    }
    return Itinerary(legs=legs, **given)


def rate(kind: str, amount: str | None = None, *, unit: str = "", **more: Any) -> RateRow:
    return RateRow(
        id=next(_id),
        kind=kind,
        unit=unit or FIRST_UNIT[kind],
        amount=Decimal(amount or PRICES[kind]),
        effective_from=date(2025, 1, 1),
        **more,
    )


def us_taxes(year: int = 2026, **rates: str) -> list[TaxRow]:
    """The excise rates of a year; 2026 unless others are given."""
    known = {
        "FET-PCT": ("percent", "7.5"),
        "FET-CARGO": ("percent", "6.25"),
        "FET-SEG": ("person_segment", "5.30"),
        "FET-INTL": ("person", "23.40"),
        "FET-AKHI": ("person_segment", "11.70"),
    }
    return [
        TaxRow(
            id=next(_id),
            code=code,
            jurisdiction="US",
            basis=basis,
            rate=Decimal(rates.get(code.replace("-", "_"), amount)),
            currency="USD",
            effective_from=date(year, 1, 1),
            citation="26 USC 4261",
        )
        for code, (basis, amount) in known.items()
    ]


def gst() -> TaxRow:
    return TaxRow(
        id=next(_id),
        code="GST",
        jurisdiction="AU",
        basis="percent",
        rate=Decimal(10),
        currency="AUD",
        effective_from=date(2000, 7, 1),
        citation="A New Tax System (Goods and Services Tax) Act 1999",
    )


# A rate that no tax is due in.
EURO = ExchangeRow(currency="EUR", factor=Decimal("1.64"), rate_on=date(2026, 3, 13), source="ECB")


def book(
    *extra: RateRow,
    currency: str = "USD",
    taxes: Sequence[TaxRow] = (),
    exchange: Sequence[ExchangeRow] = (),
) -> PriceBook:
    """Every kind of price at its usual amount, and what is given beside."""
    usual = [rate(kind) for kind in PRICES]
    return PriceBook(
        card_id=1,
        card="standard",
        currency=currency,
        on=date(2026, 3, 14),
        rates=(*usual, *extra),
        taxes=tuple(taxes) or (*us_taxes(), gst()),
        exchange=tuple(exchange),
    )


def facts(**more: Any) -> PriceFacts:
    return PriceFacts(**{"mtow_kg": 6804, "is_jet": False, **more})


def card_of(currency: str = "AUD", **more: Any) -> RateCard:
    """A stored card with every kind of price."""
    card = RateCardFactory(currency=currency, **more)
    for kind, amount in PRICES.items():
        RateFactory(card=card, kind=kind, unit=FIRST_UNIT[kind], amount=amount)
    return card


def place_of(airport: Any) -> Place:
    return Place(
        airport_id=airport.pk,
        ident=airport.ident,
        name=airport.name,
        country=airport.country,
        region=airport.region,
        timezone=airport.timezone,
        lat=airport.point.y,
        lon=airport.point.x,
    )


def stored_plan(aircraft: Any, airports: Sequence[Any], **more: Any) -> Itinerary:
    """Positioning to the second airport, with the patient to the third, and back to the first."""
    base, pickup, dropoff = (place_of(each) for each in airports)
    start = more.pop("start", DEPARTURE)
    return plan(
        leg(1, base, pickup, kind="positioning", out_at=start),
        leg(2, pickup, dropoff, has_patient=True, out_at=start + 2 * HOUR),
        leg(3, dropoff, base, kind="positioning", out_at=start + 4 * HOUR),
        aircraft_id=aircraft.pk,
        tail_number=aircraft.tail_number,
        aircraft_type=aircraft.aircraft_type.designator,
        **{"medical_count": 1, "oxygen_l": 600.0, **more},
    )


class Desk:
    """A quote with a patient's journey in Australia, a card and an aircraft; it makes offers."""

    def __init__(self, *, now: datetime = NOW, aircraft: Any = None, **quote: Any) -> None:
        self.now = now
        self.actor = UserFactory()
        self.aircraft = aircraft or AircraftFactory(airworthy=False, performance=False)
        self.airports = [AirportFactory() for _ in range(3)]
        self.card = card_of(quote.get("currency", "AUD"))
        seed_taxes()
        specifications(now)
        self.quote = QuoteFactory(**{"requested_at": now - HOUR, **quote})
        RequestedLegFactory(
            quote=self.quote,
            sequence=1,
            origin=self.airports[1],
            destination=self.airports[2],
            earliest_departure_at=now + 24 * HOUR,
        )
        self.itinerary = stored_plan(self.aircraft, self.airports, start=now + 22 * HOUR)

    def price(self, **more: Any) -> Any:
        given = {
            "itinerary": self.itinerary,
            "aircraft": self.aircraft,
            "card": self.card,
            "facts": price_facts(self.itinerary, self.aircraft),
            "actor": self.actor,
            "at": self.now,
            **more,
        }
        return price_version(self.quote, **given)

    def send(self, version: Any = None, **more: Any) -> Any:
        version = version or self.price()
        return send_version(version, **{"actor": self.actor, "at": self.now, **more})


def seeded(seed: int) -> Random:
    """The same plans every time."""
    return Random(seed)  # noqa: S311 - nothing is kept secret by it


def random_plan(random: Random, *countries: str) -> Itinerary:
    """A plan such as nobody would think of: any of eight places, up to eight legs."""
    places = [
        place("KBOI", region="US-ID"),
        place("KSEA", region="US-WA"),
        place("PANC", region="US-AK"),
        place("PHNL", region="US-HI"),
        place("CYVR", country="CA"),
        place("YSSY", country="AU"),
        place("YSCB", country="AU"),
        place("NZAA", country="NZ"),
    ]
    places = [each for each in places if not countries or each.country in countries]
    legs, out, at = [], DEPARTURE, random.choice(places)
    for sequence in range(1, random.randint(1, 8) + 1):
        to = random.choice([each for each in places if each != at])
        block = round(random.uniform(18, 600), random.choice([0, 1, 3]))
        is_live = random.random() < 0.65
        legs.append(
            leg(
                sequence,
                at,
                to,
                kind="live" if is_live else "positioning",
                out_at=out,
                block_min=block,
                distance_nm=round(random.uniform(20, 3000), 2),
                fuel_kg=round(random.uniform(50, 9000), 1),
                passengers=random.randint(0, 6) if is_live else 0,
                has_patient=is_live and random.random() < 0.5,
                is_acute_care=is_live and random.random() < 0.4,
                is_technical_stop=is_live and random.random() < 0.3,
            )
        )
        out = legs[-1].in_at + timedelta(minutes=random.choice([30, 75, 190, 700]))
        at = to
    ground = tuple(
        PlannedGround(
            leg=each.sequence,
            is_pickup=random.random() < 0.5,
            contact_id=None,
            place_name="Hospital",
            distance_km=12.5,
            start_at=each.out_at - HOUR,
            end_at=each.out_at - HOUR + timedelta(minutes=random.randint(5, 59)),
        )
        for each in legs
        if each.has_patient and random.random() < 0.5
    )
    return plan(
        *legs,
        ground=ground,
        nights=random.randint(0, 3),
        crew_count=random.randint(1, 4),
        medical_count=random.randint(0, 3),
        oxygen_l=round(random.uniform(0, 9000), 1),
    )


def random_facts(random: Random, itinerary: Itinerary) -> PriceFacts:
    """Evidence as it comes: whole, in part, or none."""
    evidence = tuple(
        AmbulanceEvidence(
            leg=each.sequence,
            is_equipped=random.choice([True, True, None, False]),
            is_exclusive=random.choice([True, True, None]),
            reference=random.choice(["Mission sheet", ""]),
        )
        for each in itinerary.legs
        if random.random() < 0.6
    )
    ids = [each.origin.airport_id for each in itinerary.legs]
    return facts(
        mtow_kg=random.choice([2500, 6804, 21_000]),
        is_jet=random.choice([True, False, None]),
        is_helicopter=random.random() < 0.2,
        is_cargo=random.random() < 0.1,
        evidence=evidence,
        rural_airports=frozenset(pk for pk in ids if random.random() < 0.1),
        zone_airports=frozenset(pk for pk in ids if random.random() < 0.1),
        permits=random.choice([None, 0, 2]),
    )


def random_book(random: Random) -> PriceBook:
    """Every kind of price in any of its units at any amount, some narrower, some with minimums."""
    rows = []
    for kind in RateKind.values:
        unit = random.choice(sorted(UNITS[kind]))
        rows += [
            rate(
                kind,
                f"{random.uniform(0, 9000):.2f}",
                unit=unit,
                aircraft_type=narrow,
                minimum_quantity=Decimal(random.choice(["0", "0", "1.5"])),
            )
            for narrow in (("", "B350") if random.random() < 0.4 else ("",))
        ]
    taxes = (*us_taxes(), gst())
    return PriceBook(
        card_id=1,
        card="random",
        currency="USD",
        on=date(2026, 3, 14),
        rates=tuple(rows),
        taxes=taxes,
    )
