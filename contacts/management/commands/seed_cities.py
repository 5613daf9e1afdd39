from typing import Any

from common.console import ConsoleCommand
from contacts.services.cities import seed_cities


class Command(ConsoleCommand):
    help = "Add the cities that come with the installation; those already there are left alone."

    def handle(self, *args: Any, **options: Any) -> None:
        report = seed_cities()
        text = f"{report.added} cities added, {report.kept} were there."
        self.answer(options, {"added": report.added, "kept": report.kept}, [text])
