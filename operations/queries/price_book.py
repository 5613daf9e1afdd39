"""Dated rows and facts of the database as the values that prices are made from."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from django.db.models import Exists, OuterRef, Q

from aircraft.models import Aircraft, AircraftCategory, EngineKind
from airports.models import Airport
from contacts.models.contact import is_same_contact
from finance.exceptions import RateMissing
from finance.models import RateCard, TaxBasis, TaxRule
from finance.queries.exchange import conversion
from operations.exceptions import CurrencyMismatch, RateCardNotForThis
from operations.itinerary import Itinerary
from operations.models import Quote
from operations.planning.duties import local
from operations.pricing.book import ExchangeRow, PriceBook, RateRow, TaxRow
from operations.pricing.facts import AmbulanceEvidence, PriceFacts

# 225 statute miles, 26 USC 4262(c)(2).
ZONE_M = 225 * 1609.344


def price_book(card: RateCard, *, on: date, flown_on: date | None = None) -> PriceBook:
    """
    Prices of a card that stand on a day, and taxes of the day of the flight; 2 queries, one more
    for each other currency that a tax is due in.
    """
    rates = card.rates.in_force(on).order_by("pk")
    taxes = list(TaxRule.objects.in_force(flown_on or on).order_by("pk"))
    return PriceBook(
        card_id=card.pk,
        card=card.code,
        currency=card.currency,
        on=on,
        rates=tuple(
            RateRow(
                id=row.pk,
                kind=row.kind,
                unit=row.unit,
                amount=row.amount,
                effective_from=row.effective_from,
                aircraft_type=row.aircraft_type,
                airport_id=row.airport_id,
                minimum_quantity=row.minimum_quantity,
            )
            for row in rates
        ),
        taxes=tuple(_tax_row(row) for row in taxes),
        exchange=tuple(_exchange(taxes, card.currency, on=on)),
    )


def _exchange(taxes: Iterable[TaxRule], currency: str, *, on: date) -> Iterator[ExchangeRow]:
    others = {row.currency for row in taxes if row.basis != TaxBasis.PERCENT} - {currency}
    for other in sorted(others):
        try:
            found = conversion(other, currency, on=on)
        except RateMissing:
            # Whoever needs it is told then; most flights owe no tax of that country.
            continue
        yield ExchangeRow(
            currency=other,
            factor=found.factor,
            rate_on=found.row.rate_on,
            source=found.row.source,
        )


def flown_on(plan: Itinerary) -> date:
    """The day whose taxes apply: when the first flight that was asked for leaves, as told there."""
    first = next((leg for leg in plan.legs if leg.kind == "live"), plan.legs[0])
    return local(first.out_at, first.origin.timezone or "UTC").date()


def require_card_for(quote: Quote, card: RateCard) -> None:
    """Raise RateCardNotForThis or CurrencyMismatch for a card that the quote is not priced by."""
    if not card.is_active:
        raise RateCardNotForThis(card=card.code, reason="out of use")
    if card.customer is not None and not is_same_contact(card.customer, quote.customer):
        raise RateCardNotForThis(card=card.code, reason="another customer's")
    if card.currency != quote.currency:
        text = f"The quote is in {quote.currency}, card {card.code} in {card.currency}"
        raise CurrencyMismatch(reason=text)


class BorderZone:
    """
    Airports in Canada or Mexico no farther than 225 miles from an aerodrome of the continental
    United States, which is no nearer than the country's nearest point; each asked for once.
    """

    def __init__(self) -> None:
        self._known: dict[int, bool] = {}

    def of(self, plan: Itinerary) -> frozenset[int]:
        """Those of a plan; one query where one is new."""
        places = [place for leg in plan.legs for place in (leg.origin, leg.destination)]
        ids = {place.airport_id for place in places if place.country in ("CA", "MX")}
        new = ids - set(self._known)
        if new:
            found = set(_in_zone(new))
            self._known |= {pk: pk in found for pk in new}
        return frozenset(pk for pk in ids if self._known[pk])


def _tax_row(row: TaxRule) -> TaxRow:
    return TaxRow(
        id=row.pk,
        code=row.code,
        jurisdiction=row.jurisdiction,
        basis=row.basis,
        rate=row.rate,
        currency=row.currency,
        effective_from=row.effective_from,
        citation=row.citation,
        confidence=row.confidence,
    )


def price_facts(
    itinerary: Itinerary,
    aircraft: Aircraft,
    *,
    evidence: Sequence[AmbulanceEvidence] = (),
    rural_airports: Sequence[Airport] = (),
    is_cargo: bool = False,
    is_established_line: bool = False,
    permits: int | None = None,
    zone: BorderZone | None = None,
) -> PriceFacts:
    """What prices and taxes turn on beside the plan, of an aircraft read with its type; 1 query."""
    kind = aircraft.aircraft_type
    return PriceFacts(
        mtow_kg=aircraft.mtow_kg,
        is_jet=kind.engine_kind == EngineKind.JET,
        is_helicopter=kind.category == AircraftCategory.HELICOPTER,
        is_established_line=is_established_line,
        is_cargo=is_cargo,
        evidence=tuple(evidence),
        rural_airports=frozenset(airport.pk for airport in rural_airports),
        zone_airports=(zone or BorderZone()).of(itinerary),
        permits=permits,
    )


def _in_zone(ids: Iterable[int]) -> list[int]:
    near = (
        Airport.objects.in_use()
        .filter(country="US", point__dwithin=(OuterRef("point"), ZONE_M))
        .exclude(Q(region="US-AK") | Q(region="US-HI"))
    )
    return list(Airport.objects.filter(Exists(near), pk__in=ids).values_list("pk", flat=True))
