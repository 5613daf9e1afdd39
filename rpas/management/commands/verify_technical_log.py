import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from rpas.models import RPASAircraft
from rpas.queries.technical_log import verify_technical_log


class Command(BaseCommand):
    help = (
        "Read the F2 technical log of one aircraft, or of all, against its hash chain and its"
        " sums. Names the first row of each aircraft that was altered or is missing. Exit status"
        " 0: whole; 1: a fault was found or there is no such aircraft."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("registration", nargs="?", help="only this aircraft, e.g. RPA-0042")
        parser.add_argument("--json", action="store_true", help="print the outcome as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Check, print, and exit 1 on a fault."""
        aircraft = None
        if options["registration"]:
            wanted = options["registration"].upper()
            aircraft = RPASAircraft.objects.filter(registration=wanted).first()
            if aircraft is None:
                raise CommandError(f"There is no aircraft {wanted}.")
        check = verify_technical_log(aircraft)
        if options["json"]:
            self.stdout.write(json.dumps(asdict(check)))
        else:
            self.stdout.write(f"{check.aircraft} aircraft, {check.entries} entries of Part B read.")
            for fault in check.faults:
                self.stdout.write(f"{fault.registration}: {fault}")
            if not check.faults:
                self.stdout.write("The technical log is whole.")
        if check.faults:
            raise SystemExit(1)
