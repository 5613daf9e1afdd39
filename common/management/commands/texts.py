from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError

from common.catalogs import compiled, read_po


class Command(BaseCommand):
    """Compile the translated texts, or say whether what is compiled is what the sources say."""

    help = "Compile the catalogs of translated texts (.po to .mo), or check them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="Write nothing.")

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
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
                if not check:
                    target.write_bytes(found)
        if check and stale:
            raise CommandError(f"Out of date: {', '.join(stale)}. Run `script/manage texts`.")
        self.stdout.write(f"Compiled: {', '.join(stale)}." if stale else "All is up to date.")
