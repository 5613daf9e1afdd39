"""`verify_ledger`: whether the books hold, and what does not."""

import sys
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from common.console import ConsoleCommand
from finance.queries.verification import checks, counted, faults


class Command(ConsoleCommand):
    help = (
        "Check the books: debits and credits by entry and currency, invoices against their lines,"
        " allocations and hashes, credits, numbers without a gap. Exit 0 when all holds, 1 when"
        " something does not."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Look at one moment's books and report."""
        with transaction.atomic():
            if len(connection.savepoint_ids) == 0:
                # All statements see the same moment, while people work.
                with connection.cursor() as cursor:
                    cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            found = list(faults(invoice_series=sorted(settings.INVOICE_SERIES.values())))
            rows = counted()
        result = {
            "holds": not found,
            "checks": checks(),
            "rows": rows,
            "faults": [asdict(fault) for fault in found],
        }
        text = ", ".join(f"{number} {name}" for name, number in rows.items())
        lines = [f"{fault.check}: {fault.subject}: {fault.reason}" for fault in found]
        lines.append(f"{'Broken' if found else 'Holds'}: {text}; {len(found)} faults.")
        self.answer(options, result, lines)
        if found:
            sys.exit(1)
