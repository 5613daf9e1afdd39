"""Which aircraft can fly what a customer asked for, and what it costs with each of them."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet

from aircraft.models import Aircraft
from aircraft.suitability import Reason
from airports.routes import Wind
from common.exceptions import InvalidInput
from common.money import Money
from finance.days import local_day
from finance.models import RateCard
from operations.exceptions import AircraftNotAble, CurrencyMismatch, PriceNotOnFile
from operations.itinerary import Itinerary
from operations.models import Quote
from operations.planning.journey import Journey
from operations.pricing.book import CurrenciesDiffer, PriceBook, PriceMissing
from operations.pricing.price import price
from operations.queries.journeys import journey_of
from operations.queries.options import Option, Price, plan_with, search_options
from operations.queries.price_book import (
    BorderZone,
    flown_on,
    price_book,
    price_facts,
    require_card_for,
)


def options_of(
    quote: Quote,
    *,
    card: RateCard,
    rows: QuerySet[Aircraft],
    wind: Wind | None = None,
    team_rides: bool = False,
    now: datetime,
) -> list[Option]:
    """
    Plan and price the request of a quote with every aircraft: able ones first, cheapest first.

    Taxes are reckoned without evidence of acute care, which belongs to the offer. Raises
    InvalidInput for a request without journeys, RateCardNotForThis, CurrencyMismatch.
    """
    require_card_for(quote, card)
    journey = asked(quote, wind=wind, team_rides=team_rides)
    return search_options(journey, rows=rows, now=now, price=prices_by(card, rows, now))


def plan_of(
    quote: Quote,
    aircraft: Aircraft,
    *,
    wind: Wind | None = None,
    winds: Mapping[int, Wind] | None = None,
    team_rides: bool,
    now: datetime,
) -> Itinerary:
    """
    Plan the request of a quote with one aircraft, with one wind or those of some legs.

    Raises AircraftNotAble, with every reason, and InvalidInput for a request without journeys.
    """
    journey = asked(quote, wind=wind, winds=winds, team_rides=team_rides)
    found = plan_with(aircraft, journey, now=now)
    if found.itinerary is None or not found.is_able:
        raise AircraftNotAble(
            aircraft=aircraft.tail_number, reasons=[_plain(reason) for reason in found.reasons]
        )
    return found.itinerary


def asked(
    quote: Quote,
    *,
    wind: Wind | None,
    winds: Mapping[int, Wind] | None = None,
    team_rides: bool,
) -> Journey:
    """The request as a journey, with one wind aloft along all of it, or those of some legs."""
    known: Mapping[int, Wind] = winds or {}
    if wind is not None:
        known = dict.fromkeys(quote.requested_legs.values_list("sequence", flat=True), wind)
    journey = journey_of(quote, winds=known, team_rides=team_rides)
    if not journey.legs:
        raise InvalidInput("/legs", "Nothing is asked for yet.")
    return journey


def prices_by(card: RateCard, rows: QuerySet[Aircraft], now: datetime) -> Price:
    """What an itinerary costs by a card and its day's taxes; 2 queries for each day of flight."""
    fleet = {row.pk: row for row in rows.select_related("aircraft_type")}
    books: dict[date, PriceBook] = {}
    zone = BorderZone()

    def price_of(itinerary: Itinerary) -> Money:
        day = flown_on(itinerary)
        if day not in books:
            books[day] = price_book(card, on=local_day(now), flown_on=day)
        facts = price_facts(itinerary, fleet[itinerary.aircraft_id], zone=zone)
        try:
            found = price(itinerary, books[day], facts)
        except PriceMissing as fault:
            raise PriceNotOnFile(reason=str(fault)) from fault
        except CurrenciesDiffer as fault:
            raise CurrencyMismatch(reason=str(fault)) from fault
        return Money(found.total, found.currency)

    return price_of


def _plain(reason: Reason) -> dict[str, Any]:
    return {
        "code": reason.code,
        "message": reason.message,
        "value": reason.value,
        "limit": reason.limit,
        "leg": reason.leg,
    }
