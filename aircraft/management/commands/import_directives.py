from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from aircraft.queries.directives import TailDirectives
from aircraft.services.casa import DirectivesReport, import_directives, report_document
from common.console import ConsoleCommand
from common.exceptions import DomainError

MOST_SHOWN = 20


class Command(ConsoleCommand):
    has_progress = True
    help = (
        "Import CASA's list of airworthiness directives (combinedadweb.json or adweb.csv), and say"
        " which directives of its type each Australian aircraft has no entry for. Exits 1 when"
        " rows were rejected or taken with doubts, directives left the list or one is unanswered."
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
        lines = [*_lines(report), *_tail_lines(report.tails)]
        self.answer(options, report_document(report), lines)
        counts = {
            "rows were rejected": len(report.rejected),
            "rows were taken with doubts": len(report.doubtful),
            "directives left the list": len(report.removed),
            "aircraft are not answered for": sum(not tail.is_answered for tail in report.tails),
        }
        faults = [f"{count} {what}" for what, count in counts.items() if count]
        if faults:
            raise CommandError(f"{'; '.join(faults)}.")


def _lines(report: DirectivesReport) -> list[str]:
    lines = [
        f"{report.read:,} read, {len(report.added):,} added, {len(report.changed):,} changed,"
        f" {report.unchanged:,} unchanged, {len(report.removed):,} off the list,"
        f" {len(report.doubtful):,} doubtful, {len(report.rejected):,} rejected"
    ]
    for word in ("changed", "removed"):
        lines += [f"  {word}: {each}" for each in getattr(report, word)[:MOST_SHOWN]]
    for word in ("doubtful", "rejected"):
        rows = getattr(report, word)[:MOST_SHOWN]
        lines += [f"  {word}: line {row['line']}: {row['reason']}" for row in rows]
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
