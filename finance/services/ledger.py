"""Posting to the books: the one way in. What was posted stays; it is posted back, never changed."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from common.money import Money
from finance.days import local_day
from finance.exceptions import EntryUnbalanced
from finance.models import (
    Account,
    Dispute,
    Invoice,
    JournalEntry,
    Payment,
    Refund,
    Transaction,
)


@dataclass(frozen=True, kw_only=True)
class Line:
    """
    What one account is debited (above zero) or credited (below zero).

    `party_id` is the contact whose money it is, `invoice` the claim it concerns.
    """

    account: Account
    amount: Decimal
    currency: str
    party_id: int | None = None
    invoice: Invoice | None = None
    tax_code: str = ""


@dataclass(frozen=True, kw_only=True)
class About:
    """What an entry is about, for finding it from there."""

    invoice: Invoice | None = None
    payment: Payment | None = None
    refund: Refund | None = None
    dispute: Dispute | None = None


@transaction.atomic
def post(
    *,
    key: str,
    kind: str,
    description: str,
    lines: Iterable[Line],
    about: About | None = None,
    actor: Any,
    at: datetime,
) -> JournalEntry:
    """
    Post one event. `key` names it ("payment:12:received"): a second one is refused by the database.

    Lines of nothing are left out. Raises EntryUnbalanced unless debits are credits in each
    currency; a trigger says so again when the transaction ends.
    """
    counted = [line for line in lines if line.amount]
    _check(key, counted)
    about = about or About()
    entry = JournalEntry.objects.create(
        key=key,
        kind=kind,
        description=description[:200],
        posted_on=local_day(at),
        posted_at=at,
        posted_by=actor if getattr(actor, "pk", None) else None,
        invoice=about.invoice,
        payment=about.payment,
        refund=about.refund,
        dispute=about.dispute,
    )
    Transaction.objects.bulk_create(
        _transaction(entry, line, sequence) for sequence, line in enumerate(counted, start=1)
    )
    return entry


def _check(key: str, lines: Sequence[Line]) -> None:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for line in lines:
        if Money(line.amount, line.currency).amount != line.amount:
            raise EntryUnbalanced(entry=key, difference=str(line.amount), currency=line.currency)
        sums[line.currency] += line.amount
    if not lines:
        raise EntryUnbalanced(entry=key, difference="nothing", currency="")
    for currency, difference in sums.items():
        if difference:
            raise EntryUnbalanced(entry=key, difference=str(difference), currency=currency)


def _transaction(entry: JournalEntry, line: Line, sequence: int) -> Transaction:
    return Transaction(
        entry=entry,
        sequence=sequence,
        account=line.account,
        currency=line.currency,
        debit=max(line.amount, Decimal(0)),
        credit=max(-line.amount, Decimal(0)),
        party_id=line.party_id,
        invoice=line.invoice,
        tax_code=line.tax_code,
    )
