from typing import Any

from django.core.management.base import BaseCommand

from finance.services.taxes import seed_taxes


class Command(BaseCommand):
    help = "Add the tax rates that come with the installation; those already there stay."

    def handle(self, *args: Any, **options: Any) -> None:
        report = seed_taxes()
        self.stdout.write(f"{report.added} tax rates added, {report.kept} were there.")
