import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from airports.command_output import MOST_SHOWN, as_json, end_line, progress_to
from airports.services.airport_import import ImportReport, import_embedded, import_ourairports
from common.exceptions import DomainError

TABLES = ("airports", "runways", "frequencies")


class Command(BaseCommand):
    help = (
        "Import aerodromes from OurAirports files (plain or gzipped), or without files those that"
        " come with the airportsdata package. Exits 1 when nothing was imported."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        for table in TABLES:
            parser.add_argument(f"--{table}", type=Path, help=f"{table}.csv or .csv.gz")
        parser.add_argument("--cycle", default="", help="name of this edition; today by default")
        parser.add_argument("--partial", action="store_true", help="drop nothing")
        parser.add_argument("--may-shrink", action="store_true", help="let many rows drop out")
        parser.add_argument("--json", action="store_true", help="print the whole report as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        at = timezone.now()
        progress = progress_to(sys.stderr)
        if options["airports"] is None and (options["runways"] or options["frequencies"]):
            raise CommandError("Runways and frequencies need --airports beside them.")
        try:
            if options["airports"] is None:
                report = import_embedded(at=at, progress=progress)
            else:
                report = import_ourairports(
                    airports=options["airports"],
                    runways=options["runways"],
                    frequencies=options["frequencies"],
                    cycle=options["cycle"] or at.date().isoformat(),
                    at=at,
                    is_partial=options["partial"],
                    may_shrink=options["may_shrink"],
                    progress=progress,
                )
        except DomainError as refusal:
            raise CommandError(str(refusal)) from refusal
        end_line()
        self.stdout.write(as_json(report.as_dict()) if options["json"] else _text(report))


def _text(report: ImportReport) -> str:
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
    return "\n".join(lines)
