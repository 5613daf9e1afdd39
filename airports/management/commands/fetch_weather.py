import re
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from airports.services import scraping
from common.console import ConsoleCommand, Misuse
from common.exceptions import DomainError

STATION = re.compile(r"[A-Z][A-Z0-9]{3}")


class Command(ConsoleCommand):
    has_progress = True
    help = (
        "Fetch the latest METARs and TAFs from the configured source and store what is new."
        " Exits 1 when a source gave no usable answer; what was stored before stays."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("stations", nargs="*", help="Stations such as YSSY; all by default.")
        parser.add_argument(
            "--only", choices=["metar", "taf"], help="Observations or forecasts alone."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        stations = [station.upper() for station in options["stations"]]
        if unlike := [each for each in stations if not STATION.fullmatch(each)]:
            raise Misuse(f"{unlike[0]} is no station: write four letters or digits, such as YSSY.")
        kinds = [options["only"]] if options["only"] else ["metar", "taf"]
        fetchers = {"metar": scraping.fetch_metars, "taf": scraping.fetch_tafs}
        reports: dict[str, dict[str, Any]] = {}
        refusals = []
        for kind in kinds:
            try:
                report = fetchers[kind](
                    at=timezone.now(), stations=stations, tell=self.console.show
                )
                reports[kind] = asdict(report)
            except DomainError as refusal:
                refusals.append(str(refusal))
        # What one source refuses is no reason to leave the other unasked or unsaid.
        if reports:
            self.answer(options, reports, map(_line, reports, reports.values()))
        if refusals:
            raise CommandError(" ".join(refusals))


def _line(kind: str, report: dict[str, Any]) -> str:
    return (
        f"{kind}: {report['received']} received, {report['stored']} stored,"
        f" {report['known']} known, {report['undecoded']} not wholly decoded"
    )
