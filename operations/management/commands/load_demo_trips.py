"""`load_demo_trips`: people, fleet, places, customer and prices of the air-ambulance demo."""

import os
import secrets
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from operations.demo import cast
from operations.demo.load import load_trip_demo
from users.demo_people import VARIABLE, second_factor_text


class Command(BaseCommand):
    help = (
        "Load the air-ambulance demo; safe to run again. The accounts' password is read from"
        f" {VARIABLE}; with DEBUG on one is made without it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--quiet", action="store_true", help="Print no progress.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Load, then print one line for each sign-in."""
        password = os.environ.get(VARIABLE, "")
        if not password and not settings.DEBUG:
            raise CommandError(f"The demo needs {VARIABLE} when DEBUG is off.")
        password = password or secrets.token_hex(8)

        def progress(text: str) -> None:
            if not options["quiet"]:
                sys.stderr.write(f"demo: {text}\n")

        is_new = load_trip_demo(password=password, at=timezone.now(), progress=progress)
        progress("loaded" if is_new else "already there; sign-ins refreshed")
        for person in cast.PEOPLE:
            key = second_factor_text(person, password)
            self.stdout.write(f"{person.email}  {password}  second factor {key}")
