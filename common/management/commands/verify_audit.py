"""`verify_audit`: read the whole audit chain and name the first place where it does not fit."""

import json
import sys
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from common.audit import verify_chain


class Command(BaseCommand):
    help = (
        "Check the hash chain of the audit trail. Exit 0 when whole, 1 when an event was altered,"
        " removed or added behind the application's back."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="Print the result as JSON.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Walk the chain and report."""
        count, fault = verify_chain()
        if options["json"]:
            found = asdict(fault) if fault else None
            self.stdout.write(json.dumps({"links": count, "fault": found}))
        elif fault:
            self.stdout.write(f"Broken at link {fault.sequence}: {fault.reason}.")
        else:
            self.stdout.write(f"Whole: {count} links.")
        if fault:
            sys.exit(1)
