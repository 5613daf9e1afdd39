"""What the books say, for asserting on."""

from collections import defaultdict
from decimal import Decimal

from django.db import connection

from finance.models import Transaction


def balances(currency: str = "AUD") -> dict[str, Decimal]:
    """Debits less credits of each account that is not level, by code."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for row in Transaction.objects.filter(currency=currency).select_related("account"):
        sums[row.account.code] += row.debit - row.credit
    return {code: amount for code, amount in sorted(sums.items()) if amount}


def at_commit() -> None:
    """Let the constraints that wait for the end of the transaction speak now."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
