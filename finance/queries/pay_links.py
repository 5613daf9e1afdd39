"""What the link of an invoice opens."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from finance.exceptions import PaymentLinkClosed
from finance.models import Invoice, InvoiceKind, PaymentAccount, PaymentIntent, PaymentLink
from finance.pay_tokens import address_of, digest_of, opens
from finance.queries.billing import known_as

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


@dataclass(frozen=True)
class DepositToPay:
    """A deposit that waits, and where it is paid."""

    invoice: str
    due_on: date | None
    owed: dict[str, object]
    address: str


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


def providers_in_use() -> list[str]:
    """With whom the company's bills can be paid; an operator's own accounts take none of them."""
    usable = PaymentAccount.objects.usable().filter(scope="").order_by("provider")
    return list(usable.values_list("provider", flat=True).distinct())


def deposit_to_pay(subject: str, subject_id: int, *, at: datetime) -> DepositToPay | None:
    """The deposit that is asked for a piece of work and can be paid by a link; 2 queries."""
    asked = Invoice.objects.unsettled().filter(known_as(subject, subject_id))
    links = PaymentLink.objects.filter(
        invoice__in=asked.filter(kind=InvoiceKind.DEPOSIT), revoked_at=None, expires_at__gt=at
    )
    link = links.select_related("invoice").order_by("invoice", "-expires_at", "-pk").first()
    if link is None:
        return None
    invoice = link.invoice
    return DepositToPay(
        invoice=str(invoice.number),
        due_on=invoice.due_on,
        owed={"amount": invoice.balance, "currency": invoice.currency},
        address=address_of(link.salt),
    )


def last_attempt(link: PaymentLink) -> PaymentIntent | None:
    """What was last begun over a link."""
    rows = PaymentIntent.objects.filter(link=link).select_related("account", "link", "customer")
    return rows.order_by("-pk").first()


def page_of(link: PaymentLink, *, at: datetime) -> PayPage:
    """The bill behind a link, as it stands now. Raises PaymentLinkClosed."""
    if link.revoked_at is not None or at >= link.expires_at:
        raise PaymentLinkClosed
    invoice, currency = link.invoice, link.invoice.currency
    owed = invoice.balance
    last = last_attempt(link)
    return PayPage(
        invoice=str(invoice.number),
        status=invoice.status,
        due_on=invoice.due_on,
        total={"amount": invoice.total, "currency": currency},
        owed={"amount": max(owed, Decimal(0)), "currency": currency},
        providers=providers_in_use() if owed > 0 else [],
        attempt=last.status if last else None,
    )
