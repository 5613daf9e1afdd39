from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from airports.command_output import MOST_SHOWN
from airports.services.airport_import import ImportReport, import_embedded, import_ourairports
from common.console import ConsoleCommand, Misuse
from common.exceptions import DomainError

TABLES = ("airports", "runways", "frequencies")


class Command(ConsoleCommand):
    has_progress = True
    help = (
        "Import aerodromes from OurAirports files (plain or gzipped), or without files those that"
        " come with the airportsdata package. Exits 1 when nothing was imported."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        for table in TABLES:
            parser.add_argument(
                f"--{table}", type=Path, help=f"File {table}.csv or {table}.csv.gz of OurAirports."
            )
        parser.add_argument("--cycle", default="", help="Name of this edition; today by default.")
        parser.add_argument(
            "--partial", action="store_true", help="Drop nothing that the files leave out."
        )
        parser.add_argument("--may-shrink", action="store_true", help="Let many rows drop out.")

    def handle(self, *args: Any, **options: Any) -> None:
        at = timezone.now()
        if options["airports"] is None and (options["runways"] or options["frequencies"]):
            raise Misuse("Runways and frequencies need --airports beside them.")
        try:
            if options["airports"] is None:
                report = import_embedded(at=at, progress=self.console.show)
            else:
                report = import_ourairports(
                    airports=options["airports"],
                    runways=options["runways"],
                    frequencies=options["frequencies"],
                    cycle=options["cycle"] or at.date().isoformat(),
                    at=at,
                    is_partial=options["partial"],
                    may_shrink=options["may_shrink"],
                    progress=self.console.show,
                )
        except DomainError as refusal:
            raise CommandError(str(refusal)) from refusal
        self.answer(options, report.as_dict(), _lines(report))
        taken = report.airports
        if not (taken.added or taken.changed or taken.unchanged):
            raise CommandError("No aerodrome of this file was taken.")


def _lines(report: ImportReport) -> list[str]:
    lines = [f"{report.source} {report.cycle}: {report.seconds} s"]
    for table in TABLES:
        part = getattr(report, table)
        if not part.read:
            continue
        lines.append(
            f"{table}: {part.read:,} read, {part.added:,} added, {part.changed:,} changed,"
            f" {part.unchanged:,} unchanged, {part.removed:,} dropped,"
            f" {len(part.rejected):,} rejected"
        )
        lines += [
            f"  row {row.row_number} {row.key}: {row.reason}" for row in part.rejected[:MOST_SHOWN]
        ]
    return lines
