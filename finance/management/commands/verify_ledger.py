"""`verify_ledger`: whether the books hold, and what does not."""

import json
import sys
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import connection, transaction

from finance.queries.verification import checks, counted, faults


class Command(BaseCommand):
    help = (
        "Check the books: debits and credits by entry and currency, invoices against their lines,"
        " allocations and hashes, credits, numbers without a gap. Exit 0 when all holds, 1 when"
        " something does not."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="Print the result as JSON.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Look at one moment's books and report."""
        with transaction.atomic():
            if len(connection.savepoint_ids) == 0:
                # All statements see the same moment, while people work.
                with connection.cursor() as cursor:
                    cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            found = list(faults(invoice_series=sorted(settings.INVOICE_SERIES.values())))
            rows = counted()
        if options["json"]:
            result = {
                "holds": not found,
                "checks": checks(),
                "rows": rows,
                "faults": [asdict(fault) for fault in found],
            }
            self.stdout.write(json.dumps(result))
        else:
            for fault in found:
                self.stdout.write(f"{fault.check}: {fault.subject}: {fault.reason}")
            text = ", ".join(f"{number} {name}" for name, number in rows.items())
            self.stdout.write(f"{'Broken' if found else 'Holds'}: {text}; {len(found)} faults.")
        if found:
            sys.exit(1)
