"""`check_demo_trip`: walk the demo trip over HTTP against a running server; say whether it held."""

import json
import os
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from common import audit
from common.demo_client import CheckFailed
from operations.demo.crews import rested_crew
from operations.demo.scene import TripWalk
from operations.demo.walk import run
from users.demo_people import VARIABLE


class Command(BaseCommand):
    help = (
        "Walk an inter-hospital flight over HTTP against a running server with the demo loaded,"
        " from the request to the closed log. Exit 0 when all held, 1 when not. Reads the demo"
        f" password from {VARIABLE}."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--base-url", required=True, help="Such as http://127.0.0.1:8000")
        parser.add_argument("--json", action="store_true", help="Print the result as JSON.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Walk the trip, then check the audit chain in the database."""
        password = os.environ.get(VARIABLE, "")
        if not password:
            raise CommandError(f"{VARIABLE} is not set.")
        said: list[str] = []
        began = time.monotonic()

        def say(text: str) -> None:
            said.append(text)
            if not options["json"]:
                self.stdout.write(f"  {time.monotonic() - began:6.1f} s  {text}")
                self.stdout.flush()

        try:
            crew = rested_crew(password, at=timezone.now())
            walk = TripWalk(options["base_url"].rstrip("/"), password, say, timezone.now, *crew)
            run(walk)
            self._check_chain(say)
        except (CheckFailed, OSError) as fault:
            if options["json"]:
                self.stdout.write(json.dumps({"ok": False, "fault": str(fault), "steps": said}))
            raise CommandError(f"The demo trip failed: {fault}") from fault
        if options["json"]:
            self.stdout.write(json.dumps({"ok": True, "trip": walk.trip, "steps": said}))
        else:
            self.stdout.write(f"Demo trip {walk.trip}: all {len(said)} steps held.")

    def _check_chain(self, say: Any) -> None:
        count, fault = audit.verify_chain()
        if fault:
            raise CheckFailed(f"the audit chain is broken at {fault.sequence}: {fault.reason}")
        say(f"audit chain of {count} links verified")
