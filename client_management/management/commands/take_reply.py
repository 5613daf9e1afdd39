import os
import sys
from typing import Any

from django.db import DatabaseError
from django.utils import timezone

from client_management.inbound_mail import MOST_BYTES
from client_management.services.messages import take_reply
from common.console import ConsoleCommand
from common.exceptions import DomainError


class Command(ConsoleCommand):
    # A mail server reads the exit status: 75, come back later.
    has_json = False
    help = (
        "Read one mail from standard input, as a mail server pipes it in: an answer to a message of"
        " the portal is added to its thread. Anything else is passed over."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        raw = sys.stdin.buffer.read(MOST_BYTES + 1)
        try:
            message = take_reply(raw, at=timezone.now())
        except DatabaseError:
            # The mail server keeps it and comes back.
            sys.exit(os.EX_TEMPFAIL)
        except DomainError as refusal:
            if refusal.status < 500:
                raise
            sys.exit(os.EX_TEMPFAIL)
        self.stdout.write("taken" if message is not None else "not for us")
