"""Entries by hand: what neither an invoice nor a payment posts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django.db import transaction

from common.audit import record
from common.exceptions import InvalidInput
from finance.models import Account, AccountRole, EntryKind, JournalEntry
from finance.services.ledger import Line, post

# Their figures stand for invoices, credits, deposits and disputes, which these would no longer fit.
CONTROLLED = frozenset(
    {AccountRole.RECEIVABLE, AccountRole.CREDIT, AccountRole.DEPOSIT, AccountRole.DISPUTED}
)


@dataclass(frozen=True, kw_only=True)
class HandLine:
    """What an account is debited or credited; one of the two."""

    account: Account
    debit: Decimal = Decimal(0)
    credit: Decimal = Decimal(0)


@transaction.atomic
def post_by_hand(
    *, description: str, currency: str, lines: Sequence[HandLine], actor: Any, at: datetime
) -> JournalEntry:
    """
    Post an entry that somebody wrote, such as a provider's payout to the bank.

    Raises InvalidInput, also for accounts that only invoices and payments may move,
    EntryUnbalanced.
    """
    for index, line in enumerate(lines):
        if line.account.role in CONTROLLED:
            raise InvalidInput(
                f"/lines/{index}/account", "Moved by invoices and payments, never by hand."
            )
        if bool(line.debit) == bool(line.credit):
            raise InvalidInput(f"/lines/{index}", "Either a debit or a credit.")
    entry = post(
        key=f"manual:{uuid4().hex}",
        kind=EntryKind.MANUAL,
        description=description,
        lines=[
            Line(account=line.account, amount=line.debit - line.credit, currency=currency)
            for line in lines
        ],
        actor=actor,
        at=at,
    )
    record("journal.posted", entry, actor=actor, at=at, description=description)
    return entry
