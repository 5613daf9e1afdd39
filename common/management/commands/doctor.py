"""`doctor`: look at everything that the service stands on, and say what to do."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandParser

from common.console import ConsoleCommand, Misuse
from common.diagnosis import Result, examinations, examine


class Command(ConsoleCommand):
    help = (
        "Look at database, background work, files, keys and records, and say of each thing that is"
        " not in order what to do. Changes nothing. Exit 0: in order, also with warnings; 1: there"
        " are faults."
    )
    # It looks by itself, and must work where these would stop it.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("only", nargs="*", metavar="KEY", help="Look at these alone.")
        parser.add_argument(
            "--all", action="store_true", help="Also walk over the audit trail, the books and logs."
        )
        parser.add_argument("--list", action="store_true", help="Name the examinations.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Look, print each result as it comes, and exit 1 on a fault."""
        known = {each.key: each.title for each in examinations()}
        if options["list"]:
            self.answer(options, known, (f"{key:24} {title}" for key, title in known.items()))
            return
        unknown = sorted(set(options["only"]) - known.keys())
        if unknown:
            raise Misuse(f"There is no examination {unknown[0]}; --list names them.")
        results = []
        for result in examine(only=options["only"], with_all_rows=options["all"]):
            results.append(result)
            if not options["json"]:
                self._tell(result)
        faults = sum(not result.is_in_order for result in results)
        document = {"faults": faults, "results": _plain(results)}
        self.answer(options, document, [f"{len(results)} looked at, {faults} with faults."])
        if faults:
            raise SystemExit(1)

    def _tell(self, result: Result) -> None:
        if result.skipped:
            self.stdout.write(f"skipped  {result.title} ({result.skipped})")
            return
        if not result.troubles:
            self.stdout.write(f"ok       {result.title} ({result.seconds:.1f} s)")
        for trouble in result.troubles:
            word = "FAULT" if trouble.is_fault else "warning"
            self.stdout.write(f"{word:8} {result.title}: {trouble.message}")
            self.stdout.write(f"         {trouble.remedy}  [{result.key}]")


def _plain(results: Iterable[Result]) -> list[dict[str, Any]]:
    return [{**asdict(each), "is_in_order": each.is_in_order} for each in results]
