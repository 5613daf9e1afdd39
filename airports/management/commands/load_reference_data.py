import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from airports.command_output import as_json, end_line, progress_to
from airports.queries.reference import is_reference_loaded
from airports.services.airport_import import import_embedded


class Command(BaseCommand):
    help = (
        "Load the aerodromes that come with the installation, unless this edition of them is"
        " loaded already. Run at every start: it then takes no time."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--again", action="store_true", help="load even if it is there")
        parser.add_argument("--json", action="store_true", help="print the report as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        if is_reference_loaded() and not options["again"]:
            self.stdout.write(as_json({"loaded": False}) if options["json"] else "Loaded before.")
            return
        report = import_embedded(at=timezone.now(), progress=progress_to(sys.stderr))
        end_line()
        if options["json"]:
            self.stdout.write(as_json(report.as_dict()))
            return
        self.stdout.write(
            f"{report.airports.added:,} aerodromes added, {report.airports.changed:,} changed,"
            f" {report.airports.unchanged:,} unchanged in {report.seconds} s."
        )
