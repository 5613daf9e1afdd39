"""`check_demo_flight`: fly the demo over HTTP against a running server and say whether it held."""

import json
import os
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from common import audit
from common.demo_client import CheckFailed
from flight_operations.demo import load
from flight_operations.demo.scene import Walk
from flight_operations.demo.walk import run
from flight_operations.management.commands.load_demo import VARIABLE
from rpas.models import RPASAircraft
from rpas.queries.technical_log import verify_technical_log


class Command(BaseCommand):
    help = (
        "Fly the demo operation over HTTP against a running server with the demo loaded: planned,"
        " refused, put right, released, flown, caught, landed, logged. Exit 0 when all held, 1"
        f" when not. Reads the demo password from {VARIABLE}."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--base-url", required=True, help="Such as http://127.0.0.1:8000")
        parser.add_argument(
            "--pace",
            type=float,
            default=1.0,
            help="Seconds taken for each second of the track: 1 as it is flown, 0 at once.",
        )
        parser.add_argument(
            "--slack",
            type=float,
            default=1.0,
            help="Multiplies the limits of time, for a machine that is busy with other work.",
        )
        parser.add_argument("--json", action="store_true", help="Print the result as JSON.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Walk the flight, then check both hash chains in the database."""
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

        walk = Walk(
            options["base_url"].rstrip("/"),
            password,
            say,
            timezone.now,
            pace=options["pace"],
            slack=options["slack"],
        )
        try:
            run(walk)
            self._check_chains(say)
        except (CheckFailed, OSError) as fault:
            if options["json"]:
                self.stdout.write(json.dumps({"ok": False, "fault": str(fault), "steps": said}))
            raise CommandError(f"The demo flight failed: {fault}") from fault
        if options["json"]:
            self.stdout.write(json.dumps({"ok": True, "operation": walk.number, "steps": said}))
        else:
            self.stdout.write(f"Demo flight {walk.number}: all {len(said)} steps held.")

    def _check_chains(self, say: Any) -> None:
        count, fault = audit.verify_chain()
        if fault:
            raise CheckFailed(f"the audit chain is broken at {fault.sequence}: {fault.reason}")
        aircraft = RPASAircraft.objects.get(registration=load.GOOD_AIRCRAFT)
        found = verify_technical_log(aircraft).faults
        if found:
            raise CheckFailed(f"the technical log is broken: {found[0]}")
        say(f"audit chain of {count} links and technical log verified")
