"""What providers keep of payments, as they tell it."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Sum

from finance.models import AccountRole, EntryKind, JournalEntry, Payment, Transaction
from finance.services.accounts import Chart
from finance.services.allocations import hold_payment
from finance.services.ledger import About, Line, post
from finance.services.settlement import check_amount, money_line


@transaction.atomic
def record_fee(
    payment: Payment, *, fee: Decimal, name: str = "fee", actor: Any, at: datetime
) -> None:
    """Post what the provider kept of a payment; `name` tells several of one payment apart."""
    check_amount(fee, payment.currency)
    chart = Chart()
    post(
        key=f"payment:{payment.pk}:{name}"[:80],
        kind=EntryKind.FEE,
        description=f"Fee of {payment.provider} for {payment.number}",
        lines=[
            Line(account=chart.role(AccountRole.FEES), amount=fee, currency=payment.currency),
            money_line(chart, payment, -fee),
        ],
        about=About(payment=payment),
        actor=actor,
        at=at,
    )


@transaction.atomic
def follow_fee(payment: Payment, *, total: Decimal, actor: Any, at: datetime) -> None:
    """
    Bring what is posted as the fee of a payment up to what its provider kept of it in all.

    Told again, late, or less than before, it changes nothing.
    """
    payment = hold_payment(payment)
    entries = JournalEntry.objects.filter(payment=payment, kind=EntryKind.FEE)
    lines = Transaction.objects.filter(entry__in=entries, account__role=AccountRole.FEES)
    known = lines.aggregate(sum=Sum("debit"))["sum"] or Decimal(0)
    if total <= known:
        return
    count = entries.count()
    name = f"fee{count + 1}" if count else "fee"
    record_fee(payment, fee=total - known, name=name, actor=actor, at=at)
