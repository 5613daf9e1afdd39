from typing import Any

from django.core.management.base import BaseCommand

from contacts.services.cities import seed_cities


class Command(BaseCommand):
    help = "Add the cities that come with the installation; those already there are left alone."

    def handle(self, *args: Any, **options: Any) -> None:
        report = seed_cities()
        self.stdout.write(f"{report.added} cities added, {report.kept} were there.")
