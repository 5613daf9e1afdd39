"""The commands that load a demo and walk it: what they have in common."""

import json
import os
import secrets
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from common import audit
from common.console import ConsoleCommand, Misuse
from common.demo_client import CheckFailed
from users.demo_people import VARIABLE, Person, second_factor_text

Say = Callable[[str], None]


def check_audit(say: Say) -> None:
    """Insist that nobody changed what is on record. Raises CheckFailed."""
    count, fault = audit.verify_chain()
    if fault:
        raise CheckFailed(f"the audit chain is broken at {fault.sequence}: {fault.reason}")
    say(f"audit chain of {count} links verified")


class LoadDemoCommand(ConsoleCommand):
    """Loads a demo with the password of the environment, then prints its sign-ins."""

    has_progress = True
    people: Sequence[Person]

    def load(self, *, password: str, at: datetime, progress: Say) -> bool:
        """Write the demo's rows; says whether there were none before."""
        raise NotImplementedError

    def handle(self, *args: Any, **options: Any) -> None:
        """Load, then print one line for each sign-in."""
        password = os.environ.get(VARIABLE, "")
        if not password and not settings.DEBUG:
            raise Misuse(f"The demo needs {VARIABLE} when DEBUG is off.")
        password = password or secrets.token_hex(8)

        def progress(text: str) -> None:
            self.console.say(f"demo: {text}")

        is_new = self.load(password=password, at=timezone.now(), progress=progress)
        progress("loaded" if is_new else "already there; sign-ins refreshed")
        found = [
            {
                "email": person.email,
                "password": password,
                "second_factor": second_factor_text(person, password),
            }
            for person in self.people
        ]
        lines = (f"{it['email']}  {password}  second factor {it['second_factor']}" for it in found)
        self.answer(options, {"is_new": is_new, "sign_ins": found}, lines)


class CheckDemoCommand(ConsoleCommand):
    """Walks a demo over HTTP; exit 0 when every step held, 1 when one did not."""

    # What is walked, as the closing line names it, and the key of its number in the JSON result.
    title: str
    key: str

    def walk(self, base_url: str, password: str, say: Say, options: dict[str, Any]) -> str:
        """Walk it and give the number of what was flown. Raises CheckFailed, OSError."""
        raise NotImplementedError

    def check_after(self, say: Say) -> None:
        """What must hold in the database afterwards. Raises CheckFailed."""
        check_audit(say)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--base-url",
            required=True,
            help="Where the site answers, such as http://127.0.0.1:8000.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Walk, then look into the database."""
        password = os.environ.get(VARIABLE, "")
        if not password:
            raise Misuse(f"{VARIABLE} is not set.")
        said: list[str] = []
        began = time.monotonic()

        def say(text: str) -> None:
            said.append(text)
            if not options["json"]:
                self.stdout.write(f"  {time.monotonic() - began:6.1f} s  {text}")
                self.stdout.flush()

        try:
            number = self.walk(options["base_url"].rstrip("/"), password, say, options)
            self.check_after(say)
        except (CheckFailed, OSError) as fault:
            if options["json"]:
                self.stdout.write(json.dumps({"ok": False, "fault": str(fault), "steps": said}))
            raise CommandError(f"The demo {self.title} failed: {fault}") from fault
        if options["json"]:
            self.stdout.write(json.dumps({"ok": True, self.key: number, "steps": said}))
        else:
            self.stdout.write(f"Demo {self.title} {number}: all {len(said)} steps held.")
