"""`load_demo_clients`: a client of the drone operator with its contract, prices and portal."""

from datetime import datetime

from client_management.demo import cast
from client_management.demo.load import load_client_demo
from users.demo_commands import LoadDemoCommand, Say
from users.demo_people import VARIABLE


class Command(LoadDemoCommand):
    help = (
        "Load the client of the drone job demo; safe to run again. The accounts' password is read"
        f" from {VARIABLE}; with DEBUG on one is made without it."
    )
    people = cast.PEOPLE

    def load(self, *, password: str, at: datetime, progress: Say) -> bool:
        """Write the client's rows."""
        return load_client_demo(password=password, at=at, progress=progress)
