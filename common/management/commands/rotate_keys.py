from argparse import ArgumentParser
from typing import Any

from django.apps import apps

from common.console import ConsoleCommand, Misuse
from common.encryption import sealed_models
from common.rotation import rotate


class Command(ConsoleCommand):
    has_progress = True
    help = (
        "Close every encrypted value anew with the active key, the first of FIELD_ENCRYPTION_KEYS."
        " Works in batches, each a transaction; stopped, it goes on where it was. Exit status 0:"
        " nothing is left under another key; 1: some rows are, those that do not open are named."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--batch-size", type=int, default=200, help="Rows in a transaction.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Rotate model by model, print, and exit 1 where rows are left."""
        if not 1 <= options["batch_size"] <= 10_000:
            raise Misuse("--batch-size is 1 to 10000.")
        outcome = []
        for model in sealed_models(apps.get_models()):
            for progress in rotate(model, batch_size=options["batch_size"]):
                done = progress.rotated + progress.failed
                self.console.show(progress.model, done, done + progress.left)
            outcome.append(progress)
        lines = [
            line
            for each in outcome
            for line in (
                f"{each.model}: {each.rotated} closed anew, {each.left} left",
                *each.faults,
            )
        ]
        self.answer(options, [each.as_dict() for each in outcome], lines)
        if any(each.failed or each.left for each in outcome):
            raise SystemExit(1)
