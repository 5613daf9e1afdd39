from typing import Any

from django.core.management.base import BaseCommand

from finance.services.accounts import seed_accounts


class Command(BaseCommand):
    help = "Add the accounts that come with the installation; others are left alone."

    def handle(self, *args: Any, **options: Any) -> None:
        """Add what is missing and say how much."""
        report = seed_accounts()
        self.stdout.write(f"{report.added} accounts added, {report.kept} were there.")
