from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from aircraft.models import Aircraft
from aircraft.queries.directives import TailDirectives, directives_by_tail
from aircraft.services.casa import DirectivesReport, import_directives, report_document
from common.console import ConsoleCommand
from common.exceptions import DomainError

MOST_SHOWN = 20


class Command(ConsoleCommand):
    has_progress = True
    help = (
        "Import CASA's list of airworthiness directives (combinedadweb.json or adweb.csv), and say"
        " which directives of its type each Australian aircraft has no entry for. Exits 1 when"
        " rows were rejected or a directive is unanswered."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="The list as CASA publishes it.")
        parser.add_argument("--dry-run", action="store_true", help="Only say what would change.")
        parser.add_argument("--may-shrink", action="store_true", help="Let many leave the list.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            report = import_directives(
                options["file"],
                at=timezone.now(),
                may_shrink=options["may_shrink"],
                is_dry=options["dry_run"],
                tell=self.console.show,
            )
        except DomainError as refusal:
            raise CommandError(str(refusal)) from refusal
        tails = directives_by_tail(Aircraft.objects.all())
        document = {**report_document(report), "tails": [_document(tail) for tail in tails]}
        self.answer(options, document, [*_lines(report), *_tail_lines(tails)])
        faults = []
        if report.rejected:
            faults.append(f"{len(report.rejected)} rows were rejected")
        left = sum(not tail.is_answered for tail in tails)
        if left:
            faults.append(f"{left} aircraft are not answered for")
        if faults:
            raise CommandError(f"{'; '.join(faults)}.")


def _document(tail: TailDirectives) -> dict[str, Any]:
    return {
        "tail_number": tail.tail_number,
        "aircraft_type": tail.designator,
        "series": tail.series,
        "unknown_series": tail.unknown_series,
        "unanswered": [row.citation for row in tail.unanswered],
    }


def _lines(report: DirectivesReport) -> list[str]:
    lines = [
        f"{report.read:,} read, {len(report.added):,} added, {len(report.changed):,} changed,"
        f" {report.unchanged:,} unchanged, {len(report.removed):,} off the list,"
        f" {len(report.rejected):,} rejected"
    ]
    for word in ("changed", "removed"):
        lines += [f"  {word}: {each}" for each in getattr(report, word)[:MOST_SHOWN]]
    lines += [
        f"  rejected: line {row['line']}: {row['reason']}" for row in report.rejected[:MOST_SHOWN]
    ]
    return lines


def _tail_lines(tails: list[TailDirectives]) -> list[str]:
    lines = []
    for tail in tails:
        if not tail.series:
            lines.append(f"{tail.tail_number}: no series is named for {tail.designator}")
            continue
        lines += [f"{tail.tail_number}: no series {code}" for code in tail.unknown_series]
        lines.append(f"{tail.tail_number}: {tail.count} directives without an entry")
        lines += [f"  {row.citation}: {row.name}" for row in tail.unanswered[:MOST_SHOWN]]
    return lines
