from typing import Any

from common.console import ConsoleCommand
from finance.services.accounts import seed_accounts


class Command(ConsoleCommand):
    help = "Add the accounts that come with the installation; others are left alone."

    def handle(self, *args: Any, **options: Any) -> None:
        """Add what is missing and say how much."""
        report = seed_accounts()
        text = f"{report.added} accounts added, {report.kept} were there."
        self.answer(options, {"added": report.added, "kept": report.kept}, [text])
