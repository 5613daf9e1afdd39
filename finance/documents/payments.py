"""What was paid, and how an account stands."""

from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Sum

from contacts.models import Contact
from documents.exceptions import NothingToShow
from documents.kinds import Source, rows_for
from documents.queries.letterheads import letterhead
from documents.wording import amount, day, fingerprint, moment, text
from finance.days import local_day, operator_zone
from finance.models import (
    AccountRole,
    Allocation,
    AllocationKind,
    Payment,
    RefundStatus,
    Transaction,
)
from finance.queries.bill_to import bill_to
from finance.queries.receivables import Statement, statement

# A statement goes back to the first day of the month so many months ago.
MONTHS = 3
# Of all accounts together: a paper takes 1,500 rows (`documents.layout.filling`).
MOST_LINES = 1_400


def receipt(payment_id: int, reader: Any, at: datetime) -> Source:
    """Money that came in, and what it was used for."""
    rows = rows_for(Payment.objects, reader)
    row: Payment = rows.select_related("customer").get(pk=payment_id)
    data = {
        "number": row.number,
        "issuer": letterhead().name,
        "received": moment(row.received_at, str(operator_zone())),
        "payer": bill_to(row.customer),
        "how": row.get_channel_display(),
        "by": row.get_provider_display(),
        "reference": text(row.reference or row.provider_id),
        "currency": row.currency,
        "amount": amount(row.amount, row.currency),
        "used": _used(row),
        "returned": _returned(row),
        "status": row.get_status_display(),
    }
    return Source(title=row.number, version=fingerprint(data), data=data)


def _used(row: Payment) -> list[dict[str, str]]:
    """By invoice; what was taken back from one is not counted."""
    rows = Allocation.objects.filter(payment=row, kind=AllocationKind.PAYMENT)
    sums = rows.values("invoice__number", "invoice__issued_on").annotate(sum=Sum("amount"))
    return [
        {
            "invoice": text(each["invoice__number"]),
            "issued_on": day(each["invoice__issued_on"]),
            "amount": amount(each["sum"], row.currency),
        }
        for each in sums.exclude(sum=0).order_by("invoice__number")
    ]


def _returned(row: Payment) -> list[dict[str, str]]:
    # What is on its way back may still fail.
    sent = row.refunds.filter(status=RefundStatus.SUCCEEDED).aggregate(sum=Sum("amount"))["sum"]
    parts = (("Refunded", sent), ("Charged back", row.charged_back))
    return [{"what": what, "amount": amount(sum_, row.currency)} for what, sum_ in parts if sum_]


def statement_of_account(contact_id: int, reader: Any, at: datetime) -> Source:
    """A payer's account in each currency, from three months ago to today. Raises NothingToShow."""
    payer: Contact = rows_for(Contact.objects, reader).get(pk=contact_id)
    until = local_day(at)
    since = _months_before(until)
    parties = Contact.objects.standing_for(payer.merged_into_id or payer.pk).values("pk")
    posted = Transaction.objects.filter(
        party__in=parties, account__role__in=[AccountRole.RECEIVABLE, AccountRole.CREDIT]
    )
    currencies = sorted(set(posted.values_list("currency", flat=True)))
    if not currencies:
        raise NothingToShow(kind="statement", subject=payer.name, because="nothing was billed")
    most = MOST_LINES // len(currencies)
    data = {
        "payer": bill_to(payer),
        "issuer": letterhead().name,
        "since": day(since),
        "until": day(until),
        "accounts": [
            _account(statement(payer, currency=currency, since=since, until=until, most=most))
            for currency in currencies
        ],
    }
    return Source(title=f"Contact {payer.pk}", version=fingerprint(data), data=data)


def _months_before(until: date) -> date:
    first = until.replace(day=1)
    for _ in range(MONTHS):
        first = (first - timedelta(days=1)).replace(day=1)
    return first


def _account(found: Statement) -> dict[str, Any]:
    currency = found.currency
    return {
        "currency": currency,
        "opening": amount(found.opening, currency),
        "closing": amount(found.closing, currency),
        "is_cut": found.is_cut,
        "lines": [
            {
                "on": day(line.posted_on),
                "what": line.description,
                "invoice": line.invoice,
                "debit": amount(line.debit, currency) if line.debit else "",
                "credit": amount(line.credit, currency) if line.credit else "",
                "balance": amount(line.balance, currency),
            }
            for line in found.lines
        ],
    }
