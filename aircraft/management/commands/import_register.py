from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from aircraft.services.casa import compare_with_register, report_document
from common.console import ConsoleCommand, Misuse, open_account
from common.exceptions import DomainError


class Command(ConsoleCommand):
    help = (
        "Compare our Australian aircraft with CASA's aircraft register (acrftreg.csv): serial"
        " number, type, take-off mass, expiry and suspension. Changes nothing without --apply."
        " Exits 1 while a difference stands."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="The register as CASA publishes it.")
        parser.add_argument(
            "--apply",
            action="store_true",
            help="Take over the expiry of registrations; all else is for a person.",
        )
        parser.add_argument("--as", dest="actor", help="E-mail of who applies it.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["apply"] != bool(options["actor"]):
            raise Misuse("--apply and --as go together: somebody answers for what is changed.")
        actor = open_account(options["actor"]) if options["apply"] else None
        if actor is not None and not actor.has_perm("aircraft.change_aircraft"):
            raise Misuse(f"{actor.email} may not change aircraft.")
        try:
            report = compare_with_register(options["file"], actor=actor, at=timezone.now())
        except DomainError as refusal:
            raise CommandError(str(refusal)) from refusal
        lines = [f"{report.rows:,} registered, {report.tails} of them to be ours."]
        for word, found in (("applied", report.applied), ("differs", report.standing)):
            lines += [
                f"  {word}: {row.tail_number} {row.field}: ours {row.ours}, register {row.register}"
                for row in found
            ]
        self.answer(options, report_document(report), lines)
        if report.standing:
            raise CommandError(f"{len(report.standing)} differences stand.")
