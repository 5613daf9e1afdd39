from pathlib import Path
from typing import Any

from django.core.files import File
from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from common.console import ConsoleCommand, Misuse, open_account
from common.exceptions import DomainError
from flight_operations.models import FlightOperation, LogImport
from flight_operations.services.log_imports import queue_import, run_import


class Command(ConsoleCommand):
    has_progress = True
    help = (
        "Import a flight log file into an operation that has flown, and report its rows. Exits 1"
        " when the file is refused; rows that are rejected are named, and the others are stored."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("number", help="Operation, for example FO-2026-0042.")
        parser.add_argument("file", type=Path, help="The log file.")
        parser.add_argument("--actor", required=True, help="E-mail of who imports it.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Read the file here and now, through the same service as an upload."""
        path: Path = options["file"]
        if not path.is_file():
            raise Misuse(f"There is no file {path}.")
        operation = FlightOperation.objects.filter(number=options["number"].upper()).first()
        if operation is None:
            raise Misuse(f"There is no operation {options['number']}.")
        actor = open_account(options["actor"])
        try:
            with path.open("rb") as opened:
                made = queue_import(
                    operation, File(opened, name=path.name), actor=actor, at=timezone.now()
                )
        except OSError as unread:
            raise CommandError(f"{path} cannot be read: {unread.strerror}.") from unread
        except DomainError as refused:
            raise CommandError(str(refused)) from refused
        if made.state != LogImport.State.DONE:
            self.console.say(f"{made.name}: reading {path.stat().st_size:,} bytes")
            made = run_import(made, clock=timezone.now)
        self._report(made, options)

    def _report(self, made: LogImport, options: dict[str, Any]) -> None:
        if made.state == LogImport.State.REFUSED:
            raise CommandError(f"{made.refusal_code}: {made.refusal}")
        lines = [
            f"{made.name} ({made.format}): {made.accepted_count} positions stored, "
            f"{made.duplicate_count} already there, {made.flagged_count} flagged, "
            f"{made.rejected_count} rows rejected, {made.alert_count} alerts raised."
        ]
        lines += [f"  {reason}: {count}" for reason, count in made.rejected_by_reason.items()]
        lines += [
            f"  {made.where_unit} {row['where']}: {row['reason']}"
            for row in made.rejected_rows[:10]
        ]
        lines += [f"  {note}" for note in made.notes]
        found = {
            "name": made.name,
            "format": made.format,
            "accepted": made.accepted_count,
            "duplicate": made.duplicate_count,
            "flagged": made.flagged_count,
            "rejected": made.rejected_count,
            "alerts": made.alert_count,
            "rejected_by_reason": made.rejected_by_reason,
            "rejected_rows": made.rejected_rows,
            "notes": made.notes,
        }
        self.answer(options, found, lines)
