"""`texts`: the catalogs of translated texts, compiled from what is written."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser

from common.catalogs import compiled, read_po
from common.console import ConsoleCommand


class Command(ConsoleCommand):
    help = (
        "Compile the catalogs of translated texts, django.po to django.mo beside it. With --check"
        " exit 1 where one that is compiled says something else."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--check", action="store_true", help="Compare, and write nothing.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Compile or compare."""
        stale = []
        for folder in settings.LOCALE_PATHS:
            for source in sorted(Path(folder).glob("*/LC_MESSAGES/django.po")):
                try:
                    found = compiled(read_po(source))
                except ValueError as error:
                    raise CommandError(str(error)) from error
                target = source.with_suffix(".mo")
                if target.exists() and target.read_bytes() == found:
                    continue
                stale.append(str(target.relative_to(settings.BASE_DIR)))
                if not options["check"]:
                    target.write_bytes(found)
        if options["check"] and stale:
            raise CommandError(f"Out of date: {', '.join(stale)}. Run script/manage texts.")
        words = [f"Compiled: {', '.join(stale)}." if stale else "All is up to date."]
        self.answer(options, {"compiled": stale}, words)
