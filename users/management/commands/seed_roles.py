from typing import Any

from common.console import ConsoleCommand
from users.services.seeding import seed_roles


class Command(ConsoleCommand):
    help = "Make the standard roles and grant what their patterns match; safe to run again."

    def handle(self, *args: Any, **options: Any) -> None:
        """Seed, and say what was added."""
        seeded = seed_roles()
        lines = (f"{code}: {added} permissions added" for code, added in seeded.items())
        self.answer(options, seeded, lines)
