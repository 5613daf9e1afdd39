"""`check_demo_trip`: walk the demo trip over HTTP against a running server; say whether it held."""

from typing import Any

from django.utils import timezone

from operations.demo.crews import rested_crew
from operations.demo.scene import TripWalk
from operations.demo.walk import run
from users.demo_commands import CheckDemoCommand, Say
from users.demo_people import VARIABLE


class Command(CheckDemoCommand):
    help = (
        "Walk an inter-hospital flight over HTTP against a running server with the demo loaded,"
        " from the request to the closed log. Exit 0 when all held, 1 when not. Reads the demo"
        f" password from {VARIABLE}."
    )
    title = "trip"
    key = "trip"

    def walk(self, base_url: str, password: str, say: Say, options: dict[str, Any]) -> str:
        """Find a rested crew and walk the trip with it."""
        crew = rested_crew(password, at=timezone.now())
        walk = TripWalk(base_url, password, say, timezone.now, *crew)
        run(walk)
        return walk.trip
