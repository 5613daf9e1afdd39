from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from common.console import ConsoleCommand, Misuse
from rpas.models import RPASAircraft
from rpas.queries.technical_log import verify_technical_log


class Command(ConsoleCommand):
    has_progress = True
    help = (
        "Read the F2 technical log of one aircraft, or of all, against its hash chain and its"
        " sums. Names the first row of each aircraft that was altered or is missing. Exit status"
        " 0: whole; 1: a fault was found; 2: there is no such aircraft."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("registration", nargs="?", help="Only this aircraft, such as RPA-0042.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Check, print, and exit 1 on a fault."""
        aircraft = None
        if options["registration"]:
            wanted = options["registration"].upper()
            aircraft = RPASAircraft.objects.filter(registration=wanted).first()
            if aircraft is None:
                raise Misuse(f"There is no aircraft {wanted}.")
        check = verify_technical_log(aircraft, self.console.show)
        lines = [f"{check.aircraft} aircraft, {check.entries} entries of Part B read."]
        lines += [f"{fault.registration}: {fault}" for fault in check.faults]
        if not check.faults:
            lines.append("The technical log is whole.")
        self.answer(options, asdict(check), lines)
        if check.faults:
            raise SystemExit(1)
