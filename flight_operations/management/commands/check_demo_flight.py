"""`check_demo_flight`: fly the demo over HTTP against a running server and say whether it held."""

from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from common.demo_client import CheckFailed
from flight_operations.demo import load
from flight_operations.demo.scene import Walk
from flight_operations.demo.walk import run
from rpas.models import RPASAircraft
from rpas.queries.technical_log import verify_technical_log
from users.demo_commands import CheckDemoCommand, Say
from users.demo_people import VARIABLE


class Command(CheckDemoCommand):
    help = (
        "Fly the demo operation over HTTP against a running server with the demo loaded: planned,"
        " refused, put right, released, flown, caught, landed, logged. Exit 0 when all held, 1"
        f" when not. Reads the demo password from {VARIABLE}."
    )
    title = "flight"
    key = "operation"

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
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

    def walk(self, base_url: str, password: str, say: Say, options: dict[str, Any]) -> str:
        """Fly the operation at the pace that was asked for."""
        pace = {"pace": options["pace"], "slack": options["slack"]}
        walk = Walk(base_url, password, say, timezone.now, **pace)
        run(walk)
        return walk.number

    def check_after(self, say: Say) -> None:
        """The audit chain and the technical log of the aircraft that flew."""
        super().check_after(say)
        aircraft = RPASAircraft.objects.get(registration=load.GOOD_AIRCRAFT)
        found = verify_technical_log(aircraft).faults
        if found:
            raise CheckFailed(f"the technical log is broken: {found[0]}")
        say("technical log verified")
