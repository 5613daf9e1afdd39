"""`load_demo`: an operator, people, aircraft and papers to try the product with."""

from datetime import datetime

from flight_operations.demo import cast
from flight_operations.demo.load import load_demo
from users.demo_commands import LoadDemoCommand, Say
from users.demo_people import VARIABLE


class Command(LoadDemoCommand):
    help = (
        "Load the demo operator with its people, aircraft and papers; safe to run again."
        f" The accounts' password is read from {VARIABLE}; with DEBUG on one is made without it."
    )
    people = cast.PEOPLE

    def load(self, *, password: str, at: datetime, progress: Say) -> bool:
        """Write the drone operator's rows."""
        return load_demo(password=password, at=at, progress=progress)
