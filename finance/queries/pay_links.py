"""What the link of an invoice opens."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from finance.models import PaymentAccount, PaymentIntent, PaymentLink
from finance.pay_tokens import digest_of, opens

LONGEST = 64


@dataclass(frozen=True)
class PayPage:
    """A bill as its link shows it."""

    invoice: str
    status: str
    due_on: date | None
    total: dict[str, object]
    owed: dict[str, object]
    providers: list[str]
    attempt: str | None


def link_by_token(token: str) -> PaymentLink | None:
    """The link that a token opens, closed ones too."""
    if len(token) > LONGEST or not token.isascii():
        return None
    found = (
        PaymentLink.objects.select_related("invoice__payer", "invoice__customer")
        .filter(digest=digest_of(token))
        .first()
    )
    return found if found is not None and opens(token, found.digest) else None


def page_of(link: PaymentLink, *, at: datetime) -> PayPage:
    """The bill behind a link, as it stands now."""
    invoice, currency = link.invoice, link.invoice.currency
    owed = invoice.total - invoice.paid - invoice.credited - invoice.written_off
    # Not the drafts of somebody who never got an answer: what a payer did.
    last = PaymentIntent.objects.filter(link=link).order_by("-pk").first()
    usable = PaymentAccount.objects.usable().order_by("provider").values_list("provider", flat=True)
    is_open = link.revoked_at is None and at < link.expires_at and owed > 0
    return PayPage(
        invoice=str(invoice.number),
        status=invoice.status,
        due_on=invoice.due_on,
        total={"amount": invoice.total, "currency": currency},
        owed={"amount": max(owed, Decimal(0)), "currency": currency},
        providers=list(usable.distinct()) if is_open else [],
        attempt=last.status if last else None,
    )
