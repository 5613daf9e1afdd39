"""
The price of a request: made from its assessment and its contract, with amounts that may be agreed.

One order of locks: client, request, quote.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from django.db import transaction
from django.db.models import Max

from client_management.exceptions import (
    NotAssessed,
    NotFeasible,
    QuoteSent,
    RequestNotReady,
    TaxNotNegotiable,
)
from client_management.models import (
    Contract,
    RequestAssessment,
    RequestStatus,
    ServiceLineKind,
    ServiceQuote,
    ServiceQuoteLine,
    ServiceQuoteStatus,
    ServiceRequest,
)
from client_management.pricing import (
    Book,
    Discount,
    Figures,
    Priced,
    PricedLine,
    PriceMissing,
    price,
    with_taxes,
)
from client_management.queries.assessments import is_rush, request_hash
from client_management.queries.prices import contract_of, price_book, refused
from client_management.queries.quotes import hash_of
from common.audit import record
from common.exceptions import InvalidInput
from common.lifecycle import locked, move
from common.money import Money
from common.numbering import next_number

PRICEABLE = (RequestStatus.ASSESSING, RequestStatus.QUOTED)


@transaction.atomic
def price_request(
    request: ServiceRequest,
    *,
    adjustments: Mapping[str, Any] | None = None,
    discount: Discount | None = None,
    terms: str | None = None,
    valid_days: int | None = None,
    actor: Any,
    at: datetime,
) -> ServiceQuote:
    """
    Price a request by its last assessment and the prices of today; an older draft is superseded.

    `adjustments` are figures that the desk knows better (pricing.Figures). Raises RequestNotReady,
    NotAssessed, NotFeasible, NoContract, PriceNotOnFile.
    """
    request = locked(request)
    assessment = standing_assessment(request)
    today = at.astimezone(ZoneInfo(request.timezone)).date()
    contract = contract_of(request, on=today)
    figures = _figures(assessment, contract, today, adjustments or {})
    book = price_book(contract, request, on=today)
    result = _priced(figures, book, contract, discount)
    quote = ServiceQuote(
        request=request,
        assessment=assessment,
        contract=contract,
        sequence=_next_sequence(request),
        price_inputs=_kept(figures, book, discount, result),
        priced_on=today,
        currency=book.currency,
        terms=contract.terms if terms is None else terms,
        priced_by=actor,
        priced_at=at,
        valid_until=at + timedelta(days=valid_days or contract.quote_valid_days),
    )
    _supersede_drafts(request, actor=actor, at=at)
    _store(quote, result, at=at)
    record("service_quote.priced", quote, actor=actor, at=at, total=str(quote.total))
    return quote


@transaction.atomic
def override_line(
    quote: ServiceQuote,
    *,
    sequence: int,
    amount: Decimal,
    reason: str,
    version: int | None = None,
    actor: Any,
    at: datetime,
) -> ServiceQuote:
    """
    Charge another amount for a line; what its formula gave stays beside it, the taxes follow.

    Raises QuoteSent, TaxNotNegotiable, InvalidInput, StaleVersion.
    """
    quote = locked(quote, version=version)
    if quote.status != ServiceQuoteStatus.PRICED:
        raise QuoteSent(quote=quote.number)
    lines = list(quote.lines.exclude(kind=ServiceLineKind.TAX).order_by("sequence"))
    line = next((each for each in lines if each.sequence == sequence), None)
    if line is None:
        if quote.lines.filter(sequence=sequence).exists():
            raise TaxNotNegotiable
        raise InvalidInput("/sequence", "There is no such line.")
    if Money(amount, quote.currency).amount != amount:
        raise InvalidInput("/amount", f"{quote.currency} has no such fraction.")
    line.amount, line.override_reason, line.overridden_by = amount, reason, actor
    line.save()
    _tax_again(quote, lines)
    record("service_quote.line_overridden", quote, actor=actor, at=at, reason=reason, line=sequence)
    return quote


def _priced(figures: Figures, book: Book, contract: Contract, discount: Discount | None) -> Priced:
    try:
        return price(figures, book, discount=discount)
    except PriceMissing as fault:
        raise refused(contract, fault) from fault


def standing_assessment(request: ServiceRequest) -> RequestAssessment:
    """
    What was found out about a request as it stands now, and that it can be flown.

    Raises RequestNotReady, NotAssessed, NotFeasible.
    """
    if request.status not in PRICEABLE:
        raise RequestNotReady(request=request.number, status=request.get_status_display().lower())
    assessment = request.assessments.order_by("-sequence").first()
    if assessment is None or assessment.inputs.get("request_hash") != request_hash(request):
        raise NotAssessed(request=request.number)
    if not assessment.is_feasible:
        red = [each for each in assessment.findings if each["color"] == "red"]
        raise NotFeasible(request=request.number, count=len(red), findings=red)
    return assessment


def _figures(
    assessment: RequestAssessment, contract: Contract, today: date, adjustments: Mapping[str, Any]
) -> Figures:
    found = msgspec.convert(assessment.inputs["figures"], Figures)
    # Days went by since the assessment: short notice is told by today.
    rush = is_rush(assessment.request, contract, on=today)
    return msgspec.structs.replace(found, **{"is_rush": rush, **adjustments})


def _kept(
    figures: Figures, book: Book, discount: Discount | None, result: Priced
) -> dict[str, Any]:
    return {
        "figures": msgspec.to_builtins(figures),
        "book": msgspec.to_builtins(book),
        "discount": msgspec.to_builtins(discount) if discount else None,
        "unpriced": list(result.unpriced),
    }


def _supersede_drafts(request: ServiceRequest, *, actor: Any, at: datetime) -> None:
    drafts = request.quotes.filter(status=ServiceQuoteStatus.PRICED)
    for draft in drafts.select_for_update(no_key=True).order_by("pk"):
        move(draft, ServiceQuoteStatus.SUPERSEDED, actor=actor, at=at)


def _store(quote: ServiceQuote, result: Priced, *, at: datetime) -> None:
    """Store a quote with its lines; the totals are the lines' sums."""
    quote.subtotal, quote.tax_total, quote.total = result.subtotal, result.tax_total, result.total
    lines = [_line(quote, each, n) for n, each in enumerate(result.lines, start=1)]
    quote.number = next_number("SQ", year=at.year)
    quote.content_hash = hash_of(quote, lines)
    quote.save()
    for line in lines:
        line.quote = quote
    ServiceQuoteLine.objects.bulk_create(lines)


def _tax_again(quote: ServiceQuote, lines: Sequence[ServiceQuoteLine]) -> None:
    book = msgspec.convert(quote.price_inputs["book"], Book)
    subtotal = sum((line.amount for line in lines), Decimal(0))
    taxed = with_taxes([_whole(subtotal)], book)
    quote.lines.filter(kind=ServiceLineKind.TAX).delete()
    after = max(line.sequence for line in lines) + 1
    again = [_line(quote, each, n) for n, each in enumerate(taxed.lines[1:], start=after)]
    ServiceQuoteLine.objects.bulk_create(again)
    quote.subtotal, quote.tax_total = subtotal, taxed.tax_total
    quote.total = subtotal + taxed.tax_total
    quote.content_hash = hash_of(quote, [*lines, *again])
    quote.save()


def _whole(amount: Decimal) -> PricedLine:
    """All lines as one, for the taxes on them."""
    return PricedLine(
        kind="work",
        code="",
        description="",
        formula="",
        inputs={},
        quantity=Decimal(1),
        unit="each",
        unit_price=amount,
        computed=amount,
    )


def _next_sequence(request: ServiceRequest) -> int:
    return (request.quotes.aggregate(last=Max("sequence"))["last"] or 0) + 1


def _line(quote: ServiceQuote, line: PricedLine, sequence: int) -> ServiceQuoteLine:
    return ServiceQuoteLine(
        quote=quote,
        sequence=sequence,
        kind=line.kind,
        code=line.code,
        description=line.description,
        formula=line.formula,
        inputs=line.inputs,
        rate_id=line.rate_id,
        tax_rule_id=line.tax_id,
        quantity=line.quantity,
        unit=line.unit,
        unit_price=line.unit_price,
        computed=line.computed,
        amount=line.computed,
    )
