"""`relational_map`: docs/DATABASE_RELATIONAL_MAP.md, from models and migrations."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser

from common.console import ConsoleCommand
from common.relational_map import relational_map

PAGE = Path(settings.BASE_DIR) / "docs" / "DATABASE_RELATIONAL_MAP.md"


class Command(ConsoleCommand):
    help = (
        "Print the map of all tables: columns, keys, constraints, indexes, triggers, policies and a"
        f" diagram for each app. With --check exit 1 where docs/{PAGE.name} says something else."
    )
    # It is a page for people.
    has_json = False
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--check", action="store_true", help="Compare with the page in docs.")
        what.add_argument("--write", action="store_true", help="Write the page in docs.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print, compare or write."""
        made = relational_map()
        if options["write"]:
            PAGE.write_text(made)
            self.stdout.write(f"{PAGE}: {len(made.splitlines())} lines")
        elif options["check"]:
            if not PAGE.exists() or PAGE.read_text() != made:
                raise CommandError(f"{PAGE} is out of date: script/manage relational_map --write")
            self.stdout.write(f"{PAGE} is up to date.")
        else:
            self.stdout.write(made, ending="")
