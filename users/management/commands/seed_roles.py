from typing import Any

from django.core.management.base import BaseCommand

from users.services.seeding import seed_roles


class Command(BaseCommand):
    help = "Make the standard roles and grant what their patterns match; safe to run again."

    def handle(self, *args: Any, **options: Any) -> None:
        """Seed, and say what was added."""
        for code, added in seed_roles().items():
            self.stdout.write(f"{code}: {added} permissions added")
