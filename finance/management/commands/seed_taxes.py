from typing import Any

from common.console import ConsoleCommand
from finance.services.taxes import seed_taxes


class Command(ConsoleCommand):
    help = "Add the tax rates that come with the installation; those already there stay."

    def handle(self, *args: Any, **options: Any) -> None:
        report = seed_taxes()
        text = f"{report.added} tax rates added, {report.kept} were there."
        self.answer(options, {"added": report.added, "kept": report.kept}, [text])
