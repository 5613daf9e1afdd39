import os
import sys
from typing import Any

from django.db import DatabaseError
from django.utils import timezone

from common.console import ConsoleCommand
from common.mail.bounces import MOST_BYTES, take_bounce


class Command(ConsoleCommand):
    # A mail server reads the exit status: 75, come back later.
    has_json = False
    help = (
        "Read one returned mail from standard input, as a mail server pipes it in; an address that"
        " does not exist gets no more mail. Anything else is passed over."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        raw = sys.stdin.buffer.read(MOST_BYTES + 1)
        try:
            taken = take_bounce(raw, at=timezone.now())
        except DatabaseError:
            # The mail server keeps it and comes back.
            sys.exit(os.EX_TEMPFAIL)
        self.stdout.write(f"{taken} returned")
