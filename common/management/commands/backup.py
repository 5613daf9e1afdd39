"""`backup`: one folder with the database, the media files and what is needed to restore them."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from common.backup.failures import BackupFailed, RestoreRefused
from common.backup.making import make_backup
from common.backup.manifest import Manifest
from common.backup.named import Unlike
from common.console import ConsoleCommand, tidy_when_terminated

MOST_SHOWN = 20


class Command(ConsoleCommand):
    help = (
        "Write the database at one moment, the media files and a manifest to a new folder, and read"
        " it all back. The folder has its name only when it is whole. A file that a row names"
        " and that is not there is told, with exit 1. It holds no key: keep"
        " FIELD_ENCRYPTION_KEYS elsewhere. Runs as the schema's owner (DATABASE_OWNER_URL)."
    )
    has_progress = True
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, help="The folder to make; must not be there yet.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make it, and say what is in it."""
        folder = options["folder"].absolute()
        try:
            with tidy_when_terminated():
                manifest = make_backup(folder, at=timezone.now(), tell=self.console.show)
        except (BackupFailed, RestoreRefused) as failed:
            raise CommandError(str(failed)) from failed
        self.answer(options, _document(folder, manifest), _lines(folder, manifest))
        if manifest.missing or manifest.altered:
            raise SystemExit(1)


def _document(folder: Path, manifest: Manifest) -> dict[str, Any]:
    return {
        "folder": str(folder),
        "made_at": manifest.made_at,
        "database": manifest.database,
        "tables": len(manifest.rows),
        "rows": sum(manifest.rows.values()),
        "media_files": manifest.media_files,
        "media_bytes": manifest.media_bytes,
        "missing": manifest.missing,
        "altered": manifest.altered,
        "keys": sorted(manifest.keys),
        "bytes": sum(part.size for part in manifest.parts.values()),
    }


def _lines(folder: Path, manifest: Manifest) -> list[str]:
    size = sum(part.size for part in manifest.parts.values())
    lines = [
        f"{folder}: {len(manifest.rows)} tables with {sum(manifest.rows.values()):,} rows,"
        f" {manifest.media_files:,} files, {size / 1024**2:,.1f} MB; read back and whole.",
    ]
    if manifest.keys:
        lines.append(f"Sealed values need the keys {', '.join(sorted(manifest.keys))}.")
    faults = Unlike(manifest.missing, manifest.altered).lines()
    lines += [f"FAULT    {fault}" for fault in faults[:MOST_SHOWN]]
    if faults:
        lines.append(
            f"{len(faults)} files are not as the rows of this backup say. Where they were deleted"
            " while it was made, make another; otherwise take them from an older backup."
        )
    return lines
