"""The doctor's examinations of the books."""

from collections.abc import Iterator

from django.conf import settings

from common.diagnosis import Trouble, examination
from finance.models import Account, TaxRule
from finance.queries.verification import faults


@examination("finance.books", "There is something to bill with")
def books_are_open() -> Iterator[Trouble]:
    """Without accounts nothing can be posted, without tax rules nothing charged."""
    if not Account.objects.exists():
        yield Trouble("The chart of accounts is empty.", "script/manage seed_accounts")
    if not TaxRule.objects.exists():
        yield Trouble("There is no tax rule.", "script/manage seed_taxes")


@examination("finance.ledger", "The books hold", reads_all=True)
def ledger_holds() -> Iterator[Trouble]:
    """Every check of verify_ledger."""
    found = list(faults(invoice_series=sorted(settings.INVOICE_SERIES.values())))
    if found:
        first = found[0]
        yield Trouble(
            f"{len(found)} faults, first {first.check}: {first.subject}: {first.reason}.",
            "script/manage verify_ledger names them all; post nothing by hand before an accountant"
            " has seen them.",
        )
