"""`verify_audit`: read the whole audit chain and name the first place where it does not fit."""

import sys
from dataclasses import asdict
from typing import Any

from common.audit import verify_chain
from common.console import ConsoleCommand


class Command(ConsoleCommand):
    has_progress = True
    help = (
        "Check the hash chain of the audit trail. Exit 0 when whole, 1 when an event was altered,"
        " removed or added behind the application's back."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Walk the chain and report."""
        count, fault = verify_chain(self.console.show)
        found = asdict(fault) if fault else None
        line = f"Whole: {count} links."
        if fault:
            line = f"Broken at link {fault.sequence}: {fault.reason}."
        self.answer(options, {"links": count, "fault": found}, [line])
        if fault:
            sys.exit(1)
