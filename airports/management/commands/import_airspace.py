from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from airports.command_output import MOST_SHOWN
from airports.services.airspace import MANUAL, READERS, AirspaceReport, import_airspace
from common.console import ConsoleCommand, Misuse
from common.exceptions import DomainError

NAMES = {"source": 60, "cycle": 40}


class Command(ConsoleCommand):
    has_progress = True
    help = (
        "Import an airspace file: OpenAir, GeoJSON or ED-269 UAS zones, plain or gzipped. What the"
        " source published before and no longer does is retired. Exits 1 when nothing of it"
        " was taken."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="The file, plain or gzipped.")
        parser.add_argument(
            "--format", choices=sorted(READERS), required=True, help="How the file is written."
        )
        parser.add_argument("--source", required=True, help="Who publishes it, such as AU-AIP.")
        parser.add_argument("--cycle", default="", help="Name of this edition.")
        parser.add_argument(
            "--partial", action="store_true", help="Retire nothing that the file leaves out."
        )
        parser.add_argument("--may-shrink", action="store_true", help="Let many pieces retire.")

    def handle(self, *args: Any, **options: Any) -> None:
        _require_names(options)
        try:
            report = import_airspace(
                options["file"],
                file_format=options["format"],
                source=options["source"],
                cycle=options["cycle"],
                at=timezone.now(),
                replaces=not options["partial"],
                may_shrink=options["may_shrink"],
                tell=self.console.show,
            )
        except DomainError as refusal:
            raise CommandError(str(refusal)) from refusal
        self.answer(options, asdict(report), _lines(report))
        if not (report.added or report.unchanged or report.retired):
            raise CommandError("Nothing of this file was taken.")


def _require_names(options: dict[str, Any]) -> None:
    """A name that is cut short is another publisher's, and hands' work is nobody's edition."""
    for name, most in NAMES.items():
        if len(options[name]) > most:
            raise Misuse(f"--{name} has at most {most} characters.")
    if not options["source"].strip() or options["source"] == MANUAL:
        raise Misuse(f"--source names who publishes the file; {MANUAL!r} is what people drew.")


def _lines(report: AirspaceReport) -> list[str]:
    lines = [
        f"{report.source}: {report.read:,} read, {report.added:,} added,"
        f" {report.unchanged:,} unchanged, {report.retired:,} retired,"
        f" {len(report.mended):,} mended, {len(report.rejected):,} rejected, {report.seconds} s"
    ]
    lines += [f"  {row['ref']} {row['name']}: {row['what']}" for row in report.mended[:MOST_SHOWN]]
    lines += [
        f"  rejected: {row['ref']} {row['name']}: {row['reason']}"
        for row in report.rejected[:MOST_SHOWN]
    ]
    return lines
