from argparse import ArgumentParser
from typing import Any

from django.utils import timezone

from airports.queries.reference import is_reference_loaded
from airports.services.airport_import import import_embedded
from common.console import ConsoleCommand


class Command(ConsoleCommand):
    has_progress = True
    help = (
        "Load the aerodromes that come with the installation, unless this edition of them is"
        " loaded already. Run at every start: it then takes no time."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--again", action="store_true", help="Load even if it is there.")

    def handle(self, *args: Any, **options: Any) -> None:
        if is_reference_loaded() and not options["again"]:
            self.answer(options, {"loaded": False}, ["Loaded before."])
            return
        report = import_embedded(at=timezone.now(), progress=self.console.show)
        line = (
            f"{report.airports.added:,} aerodromes added, {report.airports.changed:,} changed,"
            f" {report.airports.unchanged:,} unchanged in {report.seconds} s."
        )
        self.answer(options, report.as_dict(), [line])
