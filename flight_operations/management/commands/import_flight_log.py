from pathlib import Path
from typing import Any

from django.core.files import File
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from common.exceptions import DomainError
from flight_operations.models import FlightOperation, LogImport
from flight_operations.services.log_imports import queue_import, run_import
from users.models import User


class Command(BaseCommand):
    help = "Import a flight log file into an operation that has flown, and report its rows."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("number", help="Operation, for example FO-2026-0042.")
        parser.add_argument("file", type=Path, help="The log file.")
        parser.add_argument("--actor", required=True, help="E-mail of who imports it.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Read the file here and now, through the same service as an upload."""
        path: Path = options["file"]
        if not path.is_file():
            raise CommandError(f"There is no file {path}.")
        try:
            operation = FlightOperation.objects.get(number=options["number"])
            actor = User.objects.get(email=options["actor"])
            with path.open("rb") as opened:
                made = queue_import(
                    operation, File(opened, name=path.name), actor=actor, at=timezone.now()
                )
        except (FlightOperation.DoesNotExist, User.DoesNotExist) as missing:
            raise CommandError(str(missing)) from missing
        except DomainError as refused:
            raise CommandError(str(refused)) from refused
        if made.state != LogImport.State.DONE:
            made = run_import(made, clock=timezone.now)
        self._report(made)

    def _report(self, made: LogImport) -> None:
        if made.state == LogImport.State.REFUSED:
            raise CommandError(f"{made.refusal_code}: {made.refusal}")
        self.stdout.write(
            f"{made.name} ({made.format}): {made.accepted_count} positions stored, "
            f"{made.duplicate_count} already there, {made.flagged_count} flagged, "
            f"{made.rejected_count} rows rejected, {made.alert_count} alerts raised."
        )
        for reason, count in made.rejected_by_reason.items():
            self.stdout.write(f"  {reason}: {count}")
        for row in made.rejected_rows[:10]:
            self.stdout.write(f"  {made.where_unit} {row['where']}: {row['reason']}")
        for note in made.notes:
            self.stdout.write(f"  {note}")
