import json
from argparse import ArgumentParser
from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError

from common.encryption import sealed_models
from common.rotation import Progress, rotate


class Command(BaseCommand):
    help = (
        "Close every encrypted value anew with the active key, the first of FIELD_ENCRYPTION_KEYS."
        " Works in batches, each a transaction; stopped, it goes on where it was. Exit status 0:"
        " nothing is left under another key; 1: some rows are, those that do not open are named."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--batch-size", type=int, default=200, help="rows in a transaction")
        parser.add_argument("--json", action="store_true", help="print the outcome as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Rotate model by model, print, and exit 1 where rows are left."""
        if not 1 <= options["batch_size"] <= 10_000:
            raise CommandError("--batch-size is 1 to 10000.")
        outcome = []
        for model in sealed_models(apps.get_models()):
            for progress in rotate(model, batch_size=options["batch_size"]):
                if not options["json"]:
                    self._say(progress)
            outcome.append(progress)
        if options["json"]:
            self.stdout.write(json.dumps([each.as_dict() for each in outcome]))
        if any(each.failed or each.left for each in outcome):
            raise SystemExit(1)

    def _say(self, progress: Progress) -> None:
        self.stdout.write(f"{progress.model}: {progress.rotated} closed anew, {progress.left} left")
        if progress.is_done:
            for fault in progress.faults:
                self.stdout.write(fault)
