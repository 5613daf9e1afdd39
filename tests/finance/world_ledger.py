"""One record of every kind of the books, for tests of every route."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from finance.models import Account, CustomerCredit, JournalEntry, Transaction
from finance.services.deposits import add_step
from finance.services.exchange import record_rate
from finance.services.receivables import record_payment
from tests.finance.billing import issued


def ledger_rows() -> dict[str, tuple[str, Any]]:
    """The key in the address of one row of every kind; the company shares its books."""
    at = timezone.now()
    invoice = issued(at=at)
    record_payment(invoice, amount=Decimal(1100), channel="cash", actor=None, at=at)
    rate = record_rate(
        base="USD",
        quote="AUD",
        rate=Decimal("1.5"),
        rate_on=at.date() - timedelta(days=1),
        source="test",
        actor=None,
        at=at,
    )
    step = add_step(
        hours_before=24,
        percent=Decimal(50),
        effective_from=date(2026, 1, 1),
        actor=None,
        at=at,
    )
    return {
        "finance/invoices": ("id", invoice.pk),
        "finance/customer-credits": ("id", CustomerCredit.objects.latest("pk").pk),
        "finance/accounts": ("code", Account.objects.get(role="bank").code),
        "finance/transactions": ("id", Transaction.objects.latest("pk").pk),
        "finance/journal-entries": ("id", JournalEntry.objects.latest("pk").pk),
        "finance/currency-rates": ("id", rate.pk),
        "finance/cancellation-terms": ("id", step.pk),
    }
