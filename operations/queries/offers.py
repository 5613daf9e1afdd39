"""What an offer says, how it stands, and its price made again."""

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.db.models import (
    Count,
    DecimalField,
    IntegerField,
    Max,
    OuterRef,
    Prefetch,
    QuerySet,
    Subquery,
)

from finance.queries.pay_links import deposit_to_pay
from operations.exceptions import OfferReplaced, OfferTakenBack
from operations.links import digest_of, opens
from operations.models import LineKind, Quote, QuoteLine, QuoteStatus, QuoteVersion
from operations.pricing.lines import Priced
from operations.pricing.price import price, priced
from operations.pricing.storage import content_hash, inputs_of, itinerary_of
from operations.pricing.taxes import Charged

# As it is billed.
QUOTE = "operations.quote"
_STATES = {
    QuoteStatus.DECLINED: "declined",
    QuoteStatus.EXPIRED: "expired",
    QuoteStatus.WITHDRAWN: "withdrawn",
    QuoteStatus.SUPERSEDED: "superseded",
}


def with_totals(rows: QuerySet[Quote]) -> QuerySet[Quote]:
    """Quotes with `version_count`, and `latest_sequence` and `latest_total` of the last version."""
    last = QuoteVersion.objects.filter(quote=OuterRef("pk")).order_by("-sequence")
    return rows.annotate(
        version_count=Count("versions"),
        latest_sequence=Subquery(last.values("sequence")[:1], output_field=IntegerField()),
        latest_total=Subquery(
            last.values("total")[:1],
            output_field=DecimalField(max_digits=12, decimal_places=2),
        ),
        latest_currency=Subquery(last.values("currency")[:1]),
    )


def with_newest(rows: QuerySet[QuoteVersion]) -> QuerySet[Any]:
    """Versions with `newest_sequence`, the number of their quote's last one."""
    last = QuoteVersion.objects.filter(quote=OuterRef("quote")).order_by("-sequence")
    newest = Subquery(last.values("sequence")[:1], output_field=IntegerField())
    return rows.annotate(newest_sequence=newest)


def quotes_run_out(at: datetime) -> QuerySet[Quote]:
    """Quotes whose offer is out and no longer valid, a thousand at most."""
    last = QuoteVersion.objects.filter(quote=OuterRef("pk"), sent_at__isnull=False)
    until = Subquery(last.order_by("-sequence").values("valid_until")[:1])
    rows = Quote.objects.offered().annotate(offer_until=until).filter(offer_until__lte=at)
    return rows.order_by("pk")[:1000]


def shown_to_customer(version: QuoteVersion, *, at: datetime) -> QuoteVersion:
    """
    The offer with its flights read from the plan, as `itinerary_legs`, and once it is accepted the
    deposit that it is held by, as `deposit`.
    """
    is_accepted = state_of(version, version.quote, at=at) == "accepted"
    deposit = deposit_to_pay(QUOTE, version.quote_id, at=at) if is_accepted else None
    version.deposit = deposit  # type: ignore[attr-defined]
    version.itinerary_legs = itinerary_of(version.itinerary).legs  # type: ignore[attr-defined]
    return version


def offer_by_token(token: str) -> QuoteVersion | None:
    """The offer that a link opens; looked for by the digest, so a guess learns nothing by time."""
    rows = (
        QuoteVersion.objects.sent()
        .select_related("quote", "aircraft__aircraft_type")
        .prefetch_related(Prefetch("lines", QuoteLine.objects.order_by("sequence")))
    )
    version = rows.filter(link_digest=digest_of(token)).first()
    digest = version.link_digest if version else "0" * 64
    return version if opens(token, digest) and version else None


def is_superseded(version: QuoteVersion, quote: Quote) -> bool:
    """Whether a newer version was sent, or is being made, in place of this one."""
    if quote.accepted_version_id is not None:
        return quote.accepted_version_id != version.pk
    newest = getattr(quote, "newest_sequence", None)
    if newest is None:
        newest = quote.versions.aggregate(last=Max("sequence"))["last"]
    return bool(newest != version.sequence)


def state_of(version: QuoteVersion, quote: Quote, *, at: datetime) -> str:
    """How a sent offer stands for who holds its link: open, accepted, superseded, ..."""
    if quote.accepted_version_id == version.pk:
        return "withdrawn" if quote.status == QuoteStatus.WITHDRAWN else "accepted"
    if is_superseded(version, quote):
        return "superseded"
    if quote.status in _STATES:
        return _STATES[QuoteStatus(quote.status)]
    return "expired" if version.valid_until <= at else "open"


def standing(version: QuoteVersion, *, at: datetime) -> QuoteVersion:
    """
    The offer behind a link, unless another took its place: nobody reads a price that is gone.

    One that was answered or ran out is still shown. Raises OfferReplaced, OfferTakenBack.
    """
    quote = version.quote
    if state_of(version, quote, at=at) != "superseded":
        return version
    newer = quote.versions.sent().filter(sequence__gt=version.sequence)
    newest = newer.order_by("-sequence").first()
    if newest is None:
        raise OfferTakenBack(offer=str(version))
    raise OfferReplaced(
        offer=str(version), newest=newest.sequence, sent_at=f"{newest.sent_at:%Y-%m-%d %H:%MZ}"
    )


def hash_of(version: QuoteVersion, lines: Iterable[QuoteLine]) -> str:
    """The hash over all that the customer agrees to: plan, lines, totals, validity and terms."""
    return content_hash(
        {
            "quote": version.quote.number,
            "version": version.sequence,
            "itinerary": version.itinerary,
            "currency": version.currency,
            "lines": [_content(line) for line in sorted(lines, key=lambda x: x.sequence)],
            "subtotal": _money(version.subtotal),
            "tax_total": _money(version.tax_total),
            "total": _money(version.total),
            "valid_until": version.valid_until.astimezone(UTC).isoformat(),
            "terms": version.terms,
        }
    )


def recomputed(version: QuoteVersion) -> Priced:
    """The price made again from what the offer kept, reading no price list."""
    kept = inputs_of(version.price_inputs)
    return price(itinerary_of(version.itinerary), kept.book, kept.facts)


def is_reproduced(version: QuoteVersion) -> bool:
    """
    Whether making the price again gives every line that is stored, to the cent.

    Taxes follow from what is charged: the amounts put for others count for them.
    """
    kept, plan = inputs_of(version.price_inputs), itinerary_of(version.itinerary)
    stored = list(version.lines.order_by("sequence"))
    charged = [
        Charged(line.amount, line.leg, line.is_taxable)
        for line in stored
        if line.kind != LineKind.TAX
    ]
    again = priced(plan, recomputed(version).lines, charged, kept.book, kept.facts)
    return [(line.kind, line.leg, line.quantity, line.computed) for line in stored] == [
        (line.kind, line.leg, line.quantity, line.computed) for line in (*again.lines, *again.taxes)
    ]


def _content(line: QuoteLine) -> dict[str, Any]:
    return {
        "kind": line.kind,
        "code": line.code,
        "description": line.description,
        "leg": line.leg,
        "quantity": f"{Decimal(line.quantity):.4f}",
        "unit": line.unit,
        "unit_price": f"{Decimal(line.unit_price):.4f}",
        "amount": _money(line.amount),
    }


def _money(value: Decimal) -> str:
    return f"{Decimal(value):.2f}"
