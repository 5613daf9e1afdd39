"""`recompute_compliance`: judge operations and trips afresh, and count what changed color."""

from argparse import ArgumentTypeError
from dataclasses import asdict
from datetime import UTC, datetime, time
from typing import Any

from django.core.management.base import CommandParser
from django.db.models import Q
from django.utils import timezone

from common.console import ConsoleCommand, Misuse, local_day
from dispatcher.queries.verdicts import Choice, count_not_judged, unknown_numbers
from dispatcher.services.verdicts import Recomputed, recompute_chosen
from rpas.models import RPASOperator

MOST_SHOWN = 50
EXAMPLE = "2026-06-04T08:00+10:00"


def moment(text: str) -> datetime:
    """A moment with its offset, or a day, which begins at 00:00 UTC."""
    if len(text) == len("2026-06-04"):
        return datetime.combine(local_day(text), time(tzinfo=UTC))
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is no moment: write it as {EXAMPLE}.") from None
    if found.tzinfo is None:
        raise ArgumentTypeError(f"{text!r} has no offset: write it as {EXAMPLE}.")
    return found


class Command(ConsoleCommand):
    help = (
        "Judge drone operations and crewed trips afresh and say how many changed color. Releases"
        " nothing; a release that a new verdict no longer supports is taken back as always. What is"
        " flown or cancelled keeps its last verdict. Works in batches: cut off, it goes on with"
        " --after, or with --stale, which leaves out what is done."
    )
    has_progress = True

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "numbers", nargs="*", help="Such as FO-2026-0042 or TR-2026-0007; all by default."
        )
        parser.add_argument("--kind", choices=["operations", "trips"], help="These alone.")
        parser.add_argument("--operator", help="Drone operator, by name, ARN or ReOC number.")
        parser.add_argument(
            "--from",
            dest="starts_from",
            type=moment,
            metavar="WHEN",
            help="Planned to start then or later: 2026-06-04, or 2026-06-04T08:00+10:00.",
        )
        parser.add_argument(
            "--until", dest="starts_before", type=moment, metavar="WHEN", help="And before that."
        )
        parser.add_argument("--stale", action="store_true", help="Only what is marked or due.")
        parser.add_argument("--after", type=int, default=0, help="Go on after this key.")
        parser.add_argument("--batch-size", type=int, default=100, help="Records at a time.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Choose, recompute, and tell."""
        if not 1 <= options["batch_size"] <= 1000:
            raise Misuse("--batch-size is 1 to 1000.")
        choice = self._choice(options)
        if unknown := unknown_numbers(choice):
            raise Misuse(f"There is no such record: {', '.join(unknown)}.")
        report = Recomputed(total=0, last=options["after"])
        try:
            for report in recompute_chosen(
                choice,
                is_stale=options["stale"],
                after=options["after"],
                batch_size=options["batch_size"],
                clock=timezone.now,
            ):
                self.console.show("Verdicts", report.done, report.total)
        except KeyboardInterrupt:
            self._tell(report, choice, options, is_whole=False)
            raise SystemExit(1) from None
        self._tell(report, choice, options, is_whole=report.done == report.total)

    def _choice(self, options: dict[str, Any]) -> Choice:
        operator = None
        if wanted := options["operator"]:
            named = Q(name=wanted) | Q(arn=wanted) | Q(reoc_number=wanted)
            operator = RPASOperator.objects.filter(named).first()
            if operator is None:
                raise Misuse(f"There is no operator {wanted}.")
            if options["kind"] == "trips":
                raise Misuse("Crewed trips are not an RPAS operator's.")
        return Choice(
            numbers=frozenset(options["numbers"]),
            operator=operator,
            starts_from=options["starts_from"],
            starts_before=options["starts_before"],
            has_operations=options["kind"] != "trips",
            has_trips=options["kind"] != "operations",
        )

    def _tell(
        self, report: Recomputed, choice: Choice, options: dict[str, Any], *, is_whole: bool
    ) -> None:
        document = {
            "chosen": report.total,
            "not_judged": count_not_judged(choice),
            "looked_at": report.done,
            "made_again": report.made_again,
            "changed_color": len(report.turned),
            "changed": [asdict(each) for each in report.turned],
            "colors": dict(report.colors),
            "last": report.last,
            "is_whole": is_whole,
        }
        lines = [
            f"{report.made_again} verdicts made again, {len(report.turned)} changed color."
            f" {', '.join(f'{count} {color}' for color, count in sorted(report.colors.items()))}"
        ]
        if document["not_judged"]:
            lines.append(
                f"{document['not_judged']} have no verdict to be made again: they were"
                " never judged, or are flown or called off."
            )
        shown = report.turned[:MOST_SHOWN]
        lines += [f"  {each.number}: {each.before} to {each.after}" for each in shown]
        if not is_whole:
            # Before the end of the first batch nobody knows how many were chosen.
            left = f"with {report.total - report.done}" if report.total else "with all"
            lines.append(f"Cut off {left} left: go on with --after {report.last}")
        self.answer(options, document, (line.strip("\n") for line in lines))
