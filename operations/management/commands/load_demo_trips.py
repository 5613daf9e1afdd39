"""`load_demo_trips`: people, fleet, places, customer and prices of the air-ambulance demo."""

from datetime import datetime

from operations.demo import cast
from operations.demo.load import load_trip_demo
from users.demo_commands import LoadDemoCommand, Say
from users.demo_people import VARIABLE


class Command(LoadDemoCommand):
    help = (
        "Load the air-ambulance demo; safe to run again. The accounts' password is read from"
        f" {VARIABLE}; with DEBUG on one is made without it."
    )
    people = cast.PEOPLE

    def load(self, *, password: str, at: datetime, progress: Say) -> bool:
        """Write the air-ambulance desk's rows."""
        return load_trip_demo(password=password, at=at, progress=progress)
