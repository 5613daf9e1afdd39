"""`import_rows`: the admin's import of a sheet, from the shell."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from common.console import ConsoleCommand, Misuse, open_account
from common.exceptions import DomainError
from common.imports.kinds import import_kinds
from common.imports.running import REFUSED, Report, take_rows, try_rows
from common.imports.sheets import MOST_BYTES, Sheet, SheetRefused, read_sheet


class Command(ConsoleCommand):
    help = (
        "Take many records from a CSV or XLSX sheet, all rows or none, through the services of the"
        " API. Exits 1 when rows are refused; a sheet that was taken before changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Which kind, which file, who."""
        kinds = ", ".join(import_kinds())
        parser.add_argument("kind", help=f"What the rows are. There are: {kinds}.")
        parser.add_argument("file", type=Path, help="The CSV or XLSX file.")
        parser.add_argument("--actor", required=True, help="E-mail of who takes them.")
        parser.add_argument(
            "--dry-run", action="store_true", help="Say what would be, and keep nothing."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Try the rows, and take them unless they are only to be tried or one is refused."""
        kind = import_kinds().get(options["kind"])
        if kind is None:
            raise Misuse(f"No kind is called {options['kind']}. There are: {_kinds()}.")
        actor = open_account(options["actor"])
        sheet, at = _sheet(options["file"]), timezone.now()
        try:
            report = try_rows(kind, sheet, actor=actor, at=at)
            is_taken = not options["dry_run"] and not report.counts[REFUSED]
            if is_taken:
                report = take_rows(
                    kind, sheet, digest=None, source=options["file"].name, actor=actor, at=at
                )
        except SheetRefused as refused:
            raise Misuse(str(refused)) from refused
        except DomainError as refused:
            raise CommandError(str(refused)) from refused
        self._report(report, options, is_taken=is_taken)

    def _report(self, report: Report, options: dict[str, Any], *, is_taken: bool) -> None:
        rows = [asdict(outcome) for outcome in report.outcomes]
        found = {"kind": report.kind.code, "is_taken": is_taken, **report.counts, "rows": rows}
        told = ", ".join(f"{count} {result}" for result, count in report.counts.items())
        lines = [f"{'Taken' if is_taken else 'Not taken'}: {told}."]
        lines += [
            f"  line {outcome.line} {field or outcome.label}: {why}"
            for outcome in report.outcomes
            for field, why in outcome.faults
        ]
        self.answer(options, found, lines)
        if report.counts[REFUSED]:
            raise CommandError("Rows are refused, so none was taken.")


def _kinds() -> str:
    return ", ".join(import_kinds())


def _sheet(path: Path) -> Sheet:
    if not path.is_file():
        raise Misuse(f"There is no file {path}.")
    with path.open("rb") as opened:
        data = opened.read(MOST_BYTES + 1)
    try:
        return read_sheet(data)
    except SheetRefused as refused:
        raise Misuse(str(refused)) from refused
