from typing import Any

from aircraft.services.types import seed_types
from common.console import ConsoleCommand


class Command(ConsoleCommand):
    help = "Add the aircraft types of ICAO Doc 8643; those already there are left alone."

    def handle(self, *args: Any, **options: Any) -> None:
        report = seed_types()
        text = f"{report.added} types added, {report.kept} were there."
        self.answer(options, {"added": report.added, "kept": report.kept}, [text])
