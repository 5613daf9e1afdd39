from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from airports.command_output import as_json
from airports.services import scraping
from common.exceptions import DomainError


class Command(BaseCommand):
    help = (
        "Fetch the latest METARs and TAFs from the configured source and store what is new."
        " Exits 1 when the source gave no usable answer; what was stored before stays."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("stations", nargs="*", help="stations such as YSSY; all by default")
        parser.add_argument("--only", choices=["metar", "taf"], help="observations or forecasts")
        parser.add_argument("--json", action="store_true", help="print the report as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        stations = [station.upper() for station in options["stations"]]
        kinds = [options["only"]] if options["only"] else ["metar", "taf"]
        fetchers = {"metar": scraping.fetch_metars, "taf": scraping.fetch_tafs}
        reports = {}
        for kind in kinds:
            try:
                reports[kind] = asdict(fetchers[kind](at=timezone.now(), stations=stations))
            except DomainError as refusal:
                raise CommandError(str(refusal)) from refusal
        if options["json"]:
            self.stdout.write(as_json(reports))
            return
        for kind, report in reports.items():
            self.stdout.write(
                f"{kind}: {report['received']} received, {report['stored']} stored,"
                f" {report['known']} known, {report['undecoded']} not wholly decoded"
            )
