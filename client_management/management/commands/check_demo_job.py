"""`check_demo_job`: walk a drone job over HTTP against a running server and say whether it held."""

from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from client_management.demo.hands import PlainHands
from client_management.demo.scene import JobWalk
from client_management.demo.walk import run
from flight_operations.demo.scene import Walk
from users.demo_commands import CheckDemoCommand, Say
from users.demo_people import VARIABLE


class Command(CheckDemoCommand):
    help = (
        "Walk a client's drone job over HTTP against a running server with the demo loaded:"
        " invited, asked, offered, accepted, dispatched, flown, delivered, billed, paid. Exit 0"
        f" when all held, 1 when not. Reads the demo password from {VARIABLE}."
    )
    title = "job"
    key = "job"

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--slack",
            type=float,
            default=1.0,
            help="Multiplies the limits of time, for a machine that is busy with other work.",
        )

    def walk(self, base_url: str, password: str, say: Say, options: dict[str, Any]) -> str:
        """Walk the job with the client at the pages, without a browser."""
        flight = Walk(base_url, password, say, timezone.now, slack=options["slack"])
        walk = JobWalk(flight, PlainHands(base_url))
        run(walk)
        return walk.job
