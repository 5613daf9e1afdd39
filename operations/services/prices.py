"""
The price of an offer: made from a plan and a card, with lines of which the amount may be changed.

One order of locks: aircraft, quote, version.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Max

from aircraft.models import Aircraft
from aircraft.services.records import lock_aircraft
from common.audit import record
from common.exceptions import InvalidInput
from common.lifecycle import locked, move, require_move
from common.money import Money
from common.outbox import announce
from finance.days import local_day
from finance.models import RateCard
from operations.events import QuotePriced
from operations.exceptions import (
    CurrencyMismatch,
    OfferOutdated,
    OfferSent,
    PriceNotOnFile,
    TaxNotNegotiable,
)
from operations.itinerary import Itinerary
from operations.models import LineKind, Quote, QuoteLine, QuoteStatus, QuoteVersion
from operations.planning.answers import unserved
from operations.pricing.book import CurrenciesDiffer, PriceBook, PriceMissing
from operations.pricing.facts import PriceFacts
from operations.pricing.lines import Priced, PricedLine
from operations.pricing.price import price, rows_used
from operations.pricing.storage import PriceInputs, as_json, inputs_of, itinerary_of
from operations.pricing.taxes import Charged, Taxes, taxes
from operations.queries.journeys import care_hash, journey_of
from operations.queries.offers import hash_of
from operations.queries.price_book import flown_on, price_book, require_card_for
from operations.services.access import refuse_patient_of
from operations.services.offer_gate import judge_offer

VALID_FOR = timedelta(hours=48)


@transaction.atomic
def price_version(
    quote: Quote,
    *,
    itinerary: Itinerary,
    aircraft: Aircraft,
    card: RateCard,
    facts: PriceFacts,
    proposed_crew: Sequence[Mapping[str, Any]] = (),
    valid_for: timedelta = VALID_FOR,
    terms: str = "",
    actor: Any,
    at: datetime,
) -> QuoteVersion:
    """
    Price a plan as the next version of a quote, by the prices of today and the taxes of the flight.

    `quote` is as it was read for the plan. Raises OfferOutdated, PriceNotOnFile, CurrencyMismatch,
    RateCardNotForThis, AircraftRetired, TransitionNotAllowed, InvalidInput.
    """
    aircraft, asked, quote = lock_aircraft(aircraft), quote, _locked_as_planned(quote)
    _check_priceable(quote, card, itinerary, at, terms)
    _check_proposed(proposed_crew, itinerary)
    book, result = _priced(itinerary, card, facts, on=local_day(at))
    version = QuoteVersion(
        quote=quote,
        sequence=_next_sequence(quote),
        aircraft=aircraft,
        itinerary=as_json(itinerary),
        price_inputs=as_json(_kept(asked, book.only(*rows_used(result)), facts)),
        proposed_crew=list(proposed_crew),
        rate_card=card,
        priced_on=book.on,
        currency=book.currency,
        terms=terms,
        priced_by=actor,
        priced_at=at,
        valid_until=min(at + valid_for, itinerary.start_at),
        unserved=[as_json(each) for each in unserved(journey_of(quote).legs, itinerary)],
    )
    return _offered(_written(version, result), actor=actor, at=at)


@transaction.atomic
def override_line(
    version: QuoteVersion,
    *,
    sequence: int,
    amount: Decimal,
    reason: str,
    expected: int | None = None,
    actor: Any,
    at: datetime,
) -> QuoteVersion:
    """
    Charge another amount for a line; what its formula gave stays beside it, the taxes follow.

    Raises OfferSent, TaxNotNegotiable, InvalidInput, StaleVersion.
    """
    quote = locked(version.quote)
    version = locked(version, version=expected)
    refuse_patient_of(quote.requirement, reason=reason)
    if version.sent_at is not None:
        raise OfferSent(offer=str(version))
    lines = list(version.lines.order_by("sequence"))
    line = next((each for each in lines if each.sequence == sequence), None)
    if line is None:
        raise InvalidInput("/sequence", "There is no such line.")
    if line.kind == LineKind.TAX:
        raise TaxNotNegotiable
    if Money(amount, version.currency).amount != amount:
        raise InvalidInput("/amount", f"{version.currency} has no such fraction.")
    line.amount, line.override_reason = amount, reason
    line.overridden_by, line.overridden_at = actor, at
    line.save()
    _tax_again(version, [each for each in lines if each.kind != LineKind.TAX])
    _changed(version, "quote.line_overridden", actor=actor, at=at, reason=reason, line=sequence)
    return version


def _locked_as_planned(quote: Quote) -> Quote:
    """Lock the quote, unless the request was changed since it was read for the plan."""
    fresh = locked(quote)
    if fresh.request_changed_at != quote.request_changed_at:
        raise OfferOutdated(offer=fresh.number)
    return fresh


def _kept(asked: Quote, book: PriceBook, facts: PriceFacts) -> PriceInputs:
    return PriceInputs(book=book, facts=facts, care=care_hash(asked.requirement))


def _tax_again(version: QuoteVersion, lines: Sequence[QuoteLine]) -> None:
    kept = inputs_of(version.price_inputs)
    charged = [Charged(line.amount, line.leg, line.is_taxable) for line in lines]
    tax = taxes(itinerary_of(version.itinerary), charged, kept.book, kept.facts)
    version.lines.filter(kind=LineKind.TAX).delete()
    after = max(line.sequence for line in lines) + 1
    again = [_line(version, each, n) for n, each in enumerate(tax.lines, start=after)]
    QuoteLine.objects.bulk_create(again)
    version.subtotal = sum((line.amount for line in lines), Decimal(0))
    version.tax_total = sum((line.amount for line in again), Decimal(0))
    version.total = version.subtotal + version.tax_total
    _keep_evidence(version, tax)
    version.content_hash = hash_of(version, [*lines, *again])
    version.save()


def _written(version: QuoteVersion, result: Priced) -> QuoteVersion:
    """Store a version with its lines; the totals are the lines' sums."""
    version.subtotal, version.tax_total = result.subtotal, result.tax_total
    version.total = result.total
    _keep_evidence(version, result)
    numbered = enumerate((*result.lines, *result.taxes), start=1)
    lines = [_line(version, each, sequence) for sequence, each in numbered]
    version.content_hash = hash_of(version, lines)
    version.save()
    QuoteLine.objects.bulk_create(lines)
    return version


def _keep_evidence(version: QuoteVersion, result: Priced | Taxes) -> None:
    version.tax_evidence = [as_json(base) for base in result.bases]
    version.findings = [as_json(finding) for finding in result.findings]


def _line(version: QuoteVersion, line: PricedLine, sequence: int) -> QuoteLine:
    return QuoteLine(
        quote_version=version,
        sequence=sequence,
        kind=line.kind,
        code=line.code,
        description=line.description,
        leg=line.leg,
        formula=line.formula,
        inputs=line.inputs,
        rate_id=line.rate_id,
        tax_rule_id=line.tax_id,
        effective_from=line.effective_from,
        quantity=line.quantity,
        unit=line.unit,
        unit_price=line.unit_price,
        computed=line.computed,
        amount=line.computed,
        is_taxable=line.is_taxable,
    )


def _priced(
    itinerary: Itinerary, card: RateCard, facts: PriceFacts, *, on: date
) -> tuple[PriceBook, Priced]:
    book = price_book(card, on=on, flown_on=flown_on(itinerary))
    try:
        return book, price(itinerary, book, facts)
    except PriceMissing as fault:
        raise PriceNotOnFile(reason=str(fault)) from fault
    except CurrenciesDiffer as fault:
        raise CurrencyMismatch(reason=str(fault)) from fault


def _offered(version: QuoteVersion, *, actor: Any, at: datetime) -> QuoteVersion:
    """Judge what was priced, and take the quote along."""
    quote = version.quote
    judge_offer(version, at=at)
    version.save()
    if quote.status != QuoteStatus.PRICED:
        move(quote, QuoteStatus.PRICED, actor=actor, at=at)
    _changed(version, "quote.priced", actor=actor, at=at)
    return version


def _next_sequence(quote: Quote) -> int:
    return (quote.versions.aggregate(last=Max("sequence"))["last"] or 0) + 1


def _check_priceable(
    quote: Quote, card: RateCard, plan: Itinerary, at: datetime, terms: str
) -> None:
    refuse_patient_of(quote.requirement, terms=terms)
    if quote.status != QuoteStatus.PRICED:
        require_move(quote, QuoteStatus.PRICED)
    if plan.start_at <= at:
        raise InvalidInput("/itinerary", "The first departure is over.")
    require_card_for(quote, card)


def _check_proposed(crew: Sequence[Mapping[str, Any]], plan: Itinerary) -> None:
    """Places that no booked crew could take would be judged as something else than it."""
    known = {leg.sequence for leg in plan.legs}
    taken: set[tuple[int, int]] = set()
    for index, entry in enumerate(crew):
        wanted = set(entry.get("legs") or known)
        if wanted - known:
            missing = min(wanted - known)
            raise InvalidInput(f"/proposed_crew/{index}/legs", f"The plan has no leg {missing}.")
        places = {(int(entry["person"]), leg) for leg in wanted}
        if places & taken:
            raise InvalidInput(f"/proposed_crew/{index}/person", "One place on a leg for each.")
        taken |= places


def _changed(version: QuoteVersion, deed: str, *, actor: Any, at: datetime, **more: Any) -> None:
    reason = more.pop("reason", "")
    record(deed, version, actor=actor, at=at, reason=reason, total=str(version.total), **more)
    announce(QuotePriced(quote_id=version.quote_id, version_id=version.pk))
