from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from airports.command_output import MOST_SHOWN, as_json
from airports.services.airspace import READERS, AirspaceReport, import_airspace
from common.exceptions import DomainError


class Command(BaseCommand):
    help = (
        "Import an airspace file: OpenAir, GeoJSON or ED-269 UAS zones, plain or gzipped. What the"
        " source published before and no longer does is retired. Exits 1 when nothing was read."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--format", choices=sorted(READERS), required=True)
        parser.add_argument("--source", required=True, help="who publishes it, e.g. AU-AIP")
        parser.add_argument("--cycle", default="", help="name of this edition")
        parser.add_argument("--partial", action="store_true", help="retire nothing")
        parser.add_argument("--may-shrink", action="store_true", help="let many pieces retire")
        parser.add_argument("--json", action="store_true", help="print the whole report as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            report = import_airspace(
                options["file"],
                file_format=options["format"],
                source=options["source"][:60],
                cycle=options["cycle"][:40],
                at=timezone.now(),
                replaces=not options["partial"],
                may_shrink=options["may_shrink"],
            )
        except DomainError as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(as_json(asdict(report)) if options["json"] else _text(report))


def _text(report: AirspaceReport) -> str:
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
    return "\n".join(lines)
