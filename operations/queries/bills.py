"""
What a trip costs its customer: as offered, as flown, or as spent.

Prices come from operations.pricing, the same that offers are made with: actuals are the flown
journey at the prices of the day of the offer, with the taxes of the day of the flight.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

from django.db.models import Exists, OuterRef
from msgspec.structs import replace

from common.money import Money
from finance.billables import Bill, BillLine
from finance.days import local_day
from finance.models import BilledWork, RateCard
from finance.queries.billing import works_billed
from finance.queries.exchange import conversion
from operations.exceptions import (
    BilledOtherwise,
    CardUnclear,
    CurrencyMismatch,
    NotFlownYet,
    NotPriced,
    PriceNotOnFile,
)
from operations.itinerary import Itinerary
from operations.models import (
    LineKind,
    QuoteLine,
    QuoteVersion,
    ServiceItem,
    ServiceKind,
    ServiceStatus,
    Trip,
    TripStatus,
)
from operations.pricing.book import CurrenciesDiffer, PriceBook, PriceMissing
from operations.pricing.charges import Charges
from operations.pricing.facts import PriceFacts
from operations.pricing.lines import PricedLine
from operations.pricing.storage import PriceInputs, inputs_of, itinerary_of
from operations.pricing.taxes import Charged, taxes
from operations.queries.flown import flown_itinerary, flown_legs
from operations.queries.price_book import BorderZone, flown_on, price_book, price_facts

TRIP = "operations.trip"
# What the card charges for by a price of its own; what was paid for it is billed only if that is
# not. Hotels are the crew's nights.
CHARGED_AS = {
    ServiceKind.HANDLING: "handling",
    ServiceKind.PERMIT: "permit",
    ServiceKind.GROUND_AMBULANCE: "ground_ambulance",
    ServiceKind.OXYGEN: "oxygen",
    ServiceKind.HOTEL: "crew_overnight",
    ServiceKind.FUEL: "fuel_surcharge",
}
# Landing places and papers are part of transportation (26 USC 4261), the rest is not.
TRANSPORT = frozenset({ServiceKind.HANDLING, ServiceKind.FUEL, ServiceKind.PERMIT})
SERVICE = "service:"
T = TypeVar("T")


def trip_of(pk: int) -> Trip:
    """A trip with what its bills are made from; raises DoesNotExist. 1 query."""
    rows = Trip.objects.select_related(
        "customer", "quote", "quote_version__rate_card", "aircraft__aircraft_type", "aircraft__base"
    )
    return rows.get(pk=pk)


def as_offered(trip: Trip) -> Bill:
    """
    The lines of the accepted offer, tax by tax. 2 queries.

    Raises NotPriced, BilledOtherwise where what was spent for a charge is billed by itself.
    """
    version = trip.quote_version
    if version is None:
        raise NotPriced(trip=trip.number)
    lines = version_lines(version)
    _check_spent(trip, lines)
    return _bill(trip, version.currency, lines, terms=version.terms)


def version_lines(version: QuoteVersion) -> list[BillLine]:
    """The lines of an offer as lines of a bill; 1 query."""
    keys = _Keys()
    return [_offered(line, keys) for line in version.lines.order_by("sequence")]


def as_flown(trip: Trip, *, at: datetime) -> Bill:
    """
    The flown legs at the prices of the offer's day, and what was spent that no price covers.

    An amount that was agreed on instead of a computed one is kept in proportion. Raises
    NotFlownYet, CardUnclear, PriceNotOnFile, CurrencyMismatch, BilledOtherwise, RateMissing.
    """
    if trip.status != TripStatus.CLOSED:
        raise NotFlownYet(trip=trip.number, status=trip.get_status_display())
    legs, version = flown_legs(trip), trip.quote_version
    if not legs:
        return _bill(trip, _currency(trip), ())
    kept = inputs_of(version.price_inputs) if version and version.price_inputs else None
    plan = itinerary_of(version.itinerary) if version else None
    journey = flown_itinerary(trip, legs, plan)
    card = version.rate_card if version else _only_card(trip)
    on = version.priced_on if version else flown_on(journey)
    book = price_book(card, on=on, flown_on=flown_on(journey))
    priced = _priced(journey, book, _facts(trip, journey, kept), _agreed(version))
    items = [item for item in _spent(trip) if item.kind not in CHARGED_AS]
    lines = priced.lines(items, at)
    _check_spent(trip, lines)
    return _bill(trip, book.currency, lines, terms=version.terms if version else "")


def as_spent(trip: Trip, *, at: datetime) -> Bill:
    """
    What was paid for services and is on no bill, neither by itself nor by a price of the card.

    Taxes that are a percentage are charged on it; those for each person are not charged again.
    Raises CardUnclear, RateMissing, PriceNotOnFile.
    """
    billed = works_billed(TRIP, trip.pk)
    charged = {work for work in billed if not work.startswith(SERVICE)}
    items = [
        item
        for item in _spent(trip)
        if f"{SERVICE}{item.pk}" not in billed and not _is_charged(item, charged)
    ]
    version = trip.quote_version
    legs = flown_legs(trip)
    plan = itinerary_of(version.itinerary) if version else None
    journey = flown_itinerary(trip, legs, plan) if legs else plan
    if not items or journey is None:
        return _bill(trip, _currency(trip), _untaxed(items, _currency(trip), at))
    kept = inputs_of(version.price_inputs) if version and version.price_inputs else None
    card = version.rate_card if version else _only_card(trip)
    book = price_book(card, on=flown_on(journey))
    reckoning = _Reckoning(journey, book, _facts(trip, journey, kept), ())
    return _bill(trip, book.currency, reckoning.lines(items, at, only_percent=True))


def unbilled_trips(at: datetime) -> list[tuple[int, str, int | None, datetime]]:
    """Closed trips without a bill for their flights, longest closed first; 1 query."""
    bills = BilledWork.objects.live().filter(subject=TRIP, subject_id=OuterRef("pk"))
    rows = Trip.objects.filter(
        ~Exists(bills.exclude(work__startswith=SERVICE)),
        status=TripStatus.CLOSED,
        closed_at__lte=at,
    )
    found = rows.order_by("closed_at", "pk").values_list("pk", "number", "customer", "closed_at")
    return [(pk, number, customer, since or at) for pk, number, customer, since in found[:5000]]


class _Keys:
    """Names of lines that are the same in every bill of one trip."""

    def __init__(self) -> None:
        self._seen: Counter[str] = Counter()

    def of(self, code: str, leg: int | None) -> str:
        """Where and what, and the how-manieth of these."""
        name = f"leg:{leg}:{code}" if leg is not None else f"trip:{code}"
        self._seen[name] += 1
        return name if self._seen[name] == 1 else f"{name}:{self._seen[name]}"


class _Reckoning:
    """Charges of one journey, what is added to them, and the taxes on both."""

    def __init__(
        self,
        journey: Itinerary,
        book: PriceBook,
        facts: PriceFacts,
        charges: Sequence[tuple[PricedLine, Decimal]],
    ) -> None:
        self.journey, self.book, self.facts, self.charges = journey, book, facts, charges

    def lines(
        self, items: Sequence[ServiceItem], at: datetime, *, only_percent: bool = False
    ) -> list[BillLine]:
        """The lines of the bill: charges, services, taxes."""
        keys, currency = _Keys(), self.book.currency
        found = [_flown(line, amount, keys) for line, amount in self.charges]
        spent = list(_untaxed(items, currency, at))
        known = {leg.sequence for leg in self.journey.legs}
        charged = [Charged(amount, line.leg, line.is_taxable) for line, amount in self.charges]
        for item, line in zip(items, spent, strict=True):
            leg = item.leg.sequence if item.leg and item.leg.sequence in known else None
            charged.append(Charged(line.amount, leg, item.kind in TRANSPORT))
        with_taxes = _refusing(lambda: taxes(self.journey, charged, self.book, self.facts))
        due = (line for line in with_taxes.lines if line.unit == "percent" or not only_percent)
        return [*found, *spent, *(_tax(line, line.computed, keys) for line in due)]


def _priced(
    journey: Itinerary, book: PriceBook, facts: PriceFacts, agreed: dict[str, Decimal]
) -> _Reckoning:
    keys, charges = _Keys(), []
    for line in _refusing(lambda: Charges(journey, book, facts).lines()):
        share = agreed.get(keys.of(line.code, line.leg), Decimal(1))
        charges.append((line, Money(line.computed * share, book.currency).amount))
    return _Reckoning(journey, book, facts, charges)


def _refusing(compute: Callable[[], T]) -> T:
    try:
        return compute()
    except PriceMissing as fault:
        raise PriceNotOnFile(reason=str(fault)) from fault
    except CurrenciesDiffer as fault:
        raise CurrencyMismatch(reason=str(fault)) from fault


def _agreed(version: QuoteVersion | None) -> dict[str, Decimal]:
    """By key, what part of the computed amount was agreed on, where it was another one."""
    if version is None:
        return {}
    keys, found = _Keys(), {}
    for line in version.lines.exclude(kind=LineKind.TAX).order_by("sequence"):
        key = keys.of(line.code, line.leg)
        if line.amount != line.computed and line.computed:
            found[key] = line.amount / line.computed
    return found


def _facts(trip: Trip, journey: Itinerary, kept: PriceInputs | None) -> PriceFacts:
    if kept is None:
        return price_facts(journey, trip.aircraft)
    return replace(kept.facts, zone_airports=BorderZone().of(journey))


def _spent(trip: Trip) -> list[ServiceItem]:
    """Confirmed services with a cost."""
    rows = trip.service_items.filter(cost__gt=0, status=ServiceStatus.CONFIRMED)
    return list(rows.select_related("leg", "airport").order_by("pk"))


def _is_charged(item: ServiceItem, billed: Iterable[str]) -> bool:
    """Whether a price of the card on another bill covers the service."""
    code = CHARGED_AS.get(ServiceKind(item.kind))
    if code is None:
        return False
    names = {f"trip:{code}"}
    names |= {f"leg:{item.leg.sequence}:{code}"} if item.leg else set()
    if item.leg is None:
        return any(work.split(":")[-1] == code or f":{code}:" in f"{work}:" for work in billed)
    return any(work in names or work.rsplit(":", 1)[0] in names for work in billed)


def _check_spent(trip: Trip, lines: Sequence[BillLine]) -> None:
    """A price is not charged for what was billed as spent: nothing is billed twice."""
    billed = works_billed(TRIP, trip.pk)
    spent = {work for work in billed if work.startswith(SERVICE)}
    if not spent:
        return
    works = {line.work or line.key for line in lines if line.is_work}
    for item in trip.service_items.select_related("leg").order_by("pk"):
        if f"{SERVICE}{item.pk}" in spent and _is_charged(item, works):
            raise BilledOtherwise(trip=trip.number, what=item.get_kind_display().lower())


def _untaxed(items: Sequence[ServiceItem], currency: str, at: datetime) -> Iterator[BillLine]:
    for item in items:
        cost, formula = item.cost or Decimal(0), "as paid"
        if item.currency != currency:
            change = conversion(item.currency, currency, on=local_day(at))
            formula = f"{cost} {item.currency} x {change.factor.normalize():f}"
            formula += f" ({change.row.source}, {change.row.rate_on})"
            cost = change.money(cost)
        place = f" at {item.airport.ident}" if item.airport else ""
        yield BillLine(
            key=f"{SERVICE}{item.pk}",
            description=f"{item.get_kind_display()}{place}",
            quantity=Decimal(1),
            unit="",
            unit_price=cost,
            amount=cost,
            formula=formula,
            service=item.kind,
        )


def _offered(line: QuoteLine, keys: _Keys) -> BillLine:
    if line.kind == LineKind.TAX:
        return _tax(line, line.amount, keys)
    formula = line.formula
    if line.amount != line.computed:
        formula = f"agreed, instead of {line.computed}"
    return BillLine(
        key=keys.of(line.code, line.leg),
        description=line.description,
        quantity=line.quantity or Decimal(1),
        unit=line.unit,
        unit_price=line.unit_price,
        amount=line.amount,
        formula=formula,
        service=line.kind,
    )


def _flown(line: PricedLine, amount: Decimal, keys: _Keys) -> BillLine:
    formula = line.formula
    if amount != line.computed:
        formula = f"{formula}, as agreed: {amount} instead of {line.computed}"
    return BillLine(
        key=keys.of(line.code, line.leg),
        description=line.description,
        quantity=line.quantity or Decimal(1),
        unit=line.unit,
        unit_price=line.unit_price,
        amount=amount,
        formula=formula,
        service=line.kind,
    )


def _tax(line: PricedLine | QuoteLine, amount: Decimal, keys: _Keys) -> BillLine:
    return BillLine(
        key=f"tax:{keys.of(line.code, None)}",
        description=line.description,
        quantity=line.quantity or Decimal(1),
        unit=line.unit,
        unit_price=line.unit_price,
        amount=Decimal(0),
        tax_code=line.code,
        tax_rate=line.unit_price if line.unit == "percent" else Decimal(0),
        tax_amount=amount,
        formula=line.formula,
        service=LineKind.TAX,
        is_work=False,
    )


def _only_card(trip: Trip) -> RateCard:
    """The card of a trip without an offer: its customer's, or the only one for everybody."""
    cards = RateCard.objects.filter(is_active=True)
    own = list(cards.filter(customer=trip.customer).order_by("pk")[:2])
    found = own or list(cards.filter(customer=None).order_by("pk")[:2])
    if len(found) != 1:
        raise CardUnclear(trip=trip.number, count="several" if found else "no")
    return found[0]


def _currency(trip: Trip) -> str:
    if trip.quote_version is not None:
        return trip.quote_version.currency
    return _only_card(trip).currency


def _bill(trip: Trip, currency: str, lines: Iterable[BillLine], *, terms: str = "") -> Bill:
    return Bill(
        subject_number=trip.number,
        currency=currency,
        customer_id=trip.customer_id,
        bill_to={},
        lines=tuple(lines),
        aircraft=trip.aircraft.tail_number,
        service=trip.kind,
        terms=terms,
    )
