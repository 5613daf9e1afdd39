"""`restore`: read a backup, hold it against this installation, and put it in its place."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from common.backup.checking import Plan, check
from common.backup.failures import BackupFailed, RestoreFailed, RestoreRefused
from common.backup.named import Unlike
from common.backup.restoring import compare, examined, is_behind, restore
from common.console import ConsoleCommand, Misuse
from common.diagnosis import Result


class Command(ConsoleCommand):
    help = (
        "Put a backup back into an empty database and media folder. Everything is read and checked"
        " first: digests, version, roles, keys and the place it goes to. The database is restored"
        " whole or not at all; then its guards, audit trail, books and logs are verified. Runs as"
        " the schema's owner (DATABASE_OWNER_URL)."
    )
    has_progress = True
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, help="The folder that backup made.")
        parser.add_argument("--check", action="store_true", help="Check alone; change nothing.")
        parser.add_argument(
            "--replace",
            action="store_true",
            help="Drop what the database and the media folder hold; asks for the database's name.",
        )
        parser.add_argument("--yes", metavar="DATABASE", help="The name, given instead of asked.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Check, ask, restore, verify."""
        try:
            plan = check(
                options["folder"].absolute(),
                may_replace=options["replace"],
                tell=self.console.show,
            )
            if options["check"]:
                stated = Unlike(plan.manifest.missing, plan.manifest.altered).lines()
                self._answer(plan, options, stated, [])
                if stated:
                    raise SystemExit(1)
                return
            self._require_word(plan, options)
            restore(plan, tell=self.console.show)
            faults = compare(plan, self.console.show)
        except (BackupFailed, RestoreRefused, RestoreFailed) as failed:
            raise CommandError(str(failed)) from failed
        results = [] if is_behind() else list(examined())
        self._answer(plan, options, faults, results)
        if faults or any(not each.is_in_order for each in results):
            raise SystemExit(1)

    def _require_word(self, plan: Plan, options: dict[str, Any]) -> None:
        """What replaces something is done on somebody's word alone."""
        if not (plan.is_replacing or plan.differing or plan.strange):
            return
        wanted = plan.access.database
        word = options["yes"]
        if word is None and sys.stdin.isatty():
            self.console.say(f"This drops everything in {wanted} and its media folder.")
            word = input(f"Type {wanted} to go on: ").strip()
        if word != wanted:
            raise Misuse(f"Nothing was changed: to replace {wanted}, name it with --yes.")

    def _answer(
        self, plan: Plan, options: dict[str, Any], faults: list[str], results: list[Result]
    ) -> None:
        is_restored = not options["check"]
        needs_migrations = is_restored and not results
        troubles = [
            {"key": each.key, **asdict(trouble)} for each in results for trouble in each.troubles
        ]
        document = {
            "folder": str(plan.folder),
            "made_at": plan.manifest.made_at,
            "database": plan.access.database,
            "is_restored": is_restored,
            "tables": len(plan.manifest.rows),
            "rows": sum(plan.manifest.rows.values()),
            "media_files": len(plan.files),
            "needs_migrations": needs_migrations,
            "faults": faults,
            "examined": [each.key for each in results],
            "troubles": troubles,
        }
        self.answer(options, document, _lines(document))


def _lines(found: dict[str, Any]) -> list[str]:
    what = f"{found['tables']} tables with {found['rows']:,} rows, {found['media_files']:,} files"
    if not found["is_restored"]:
        lines = [f"Whole, and fits into {found['database']}: {what}, made {found['made_at']}."]
        return lines + [f"FAULT    {fault}" for fault in found["faults"]]
    lines = [f"Restored into {found['database']}: {what}, made {found['made_at']}."]
    lines += [f"FAULT    {fault}" for fault in found["faults"]]
    for trouble in found["troubles"]:
        word = "FAULT" if trouble["is_fault"] else "warning"
        lines.append(f"{word:8} {trouble['message']}")
        lines.append(f"         {trouble['remedy']}  [{trouble['key']}]")
    if found["needs_migrations"]:
        lines.append("It is of an older version: script/manage migrate, then doctor --all.")
    else:
        lines.append(f"Verified: {', '.join(found['examined'])}.")
    return lines
