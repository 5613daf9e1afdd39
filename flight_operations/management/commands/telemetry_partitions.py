from contextlib import contextmanager
from datetime import date
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser
from django.db import connection
from django.utils import timezone
from environ import Env
from psycopg import sql

from common.console import ConsoleCommand, Misuse, local_day
from flight_operations.services.telemetry_watch import DAYS_AHEAD, ensure_partitions

MOST_AHEAD = 366
# Part 101 MOS 10.05 keeps what was flown for seven years.
KEPT_YEARS = 7
TABLE = "flight_operations_flightexecutionlog"
ATTACHED = """
SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
WHERE i.inhparent = %s::regclass AND c.relname ~ '^log_[0-9]{8}$' ORDER BY c.relname
"""


class Command(ConsoleCommand):
    help = "Make day partitions of positions ahead; detach old ones, which then can be archived."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--ahead", type=int, default=DAYS_AHEAD, help="Days to prepare.")
        parser.add_argument(
            "--retire-before", type=local_day, help="Detach the days before YYYY-MM-DD."
        )
        parser.add_argument(
            "--drop",
            action="store_true",
            help=f"Delete what is detached, after {KEPT_YEARS} years; otherwise it stays.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Prepare days; with `--retire-before` detach old ones as the schema's owner."""
        before: date | None = options["retire_before"]
        if before is not None and before >= timezone.now().date():
            raise Misuse("Only days that are over can be retired.")
        if options["drop"]:
            _check_drop(before)
        if not 0 <= options["ahead"] <= MOST_AHEAD:
            raise Misuse(f"--ahead is 0 to {MOST_AHEAD}.")
        made = ensure_partitions(today=timezone.now().date(), days_ahead=options["ahead"])
        retired: list[str] = []
        if before is not None:
            with _as_owner():
                for name in _older(before):
                    self._retire(name, drop=options["drop"])
                    retired.append(f"telemetry.{name}")
        deed = "dropped" if options["drop"] else "detached"
        lines = [f"{len(made)} days prepared.", *(f"{name} {deed}." for name in retired)]
        self.answer(options, {"prepared": len(made), deed: retired}, lines)

    def _retire(self, name: str, *, drop: bool) -> None:
        part = sql.Identifier("telemetry", name)
        with connection.cursor() as cursor:
            cursor.execute(
                sql.SQL("ALTER TABLE {} DETACH PARTITION {}").format(sql.Identifier(TABLE), part)
            )
            if drop:
                cursor.execute(sql.SQL("DROP TABLE {}").format(part))


def _check_drop(before: date | None) -> None:
    """Raise Misuse for days that nobody named, and for days under retention."""
    if before is None:
        raise Misuse("--drop deletes what --retire-before detaches; say which days.")
    if before > _kept_since():
        raise Misuse(f"What was flown since {_kept_since()} must be kept: leave --drop out.")


def _kept_since() -> date:
    """The first day that is under retention, leap days on the safe side."""
    today = timezone.now().date()
    return today.replace(year=today.year - KEPT_YEARS, day=min(today.day, 28))


def _older(before: date) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(ATTACHED, [TABLE])
        return [name for (name,) in cursor.fetchall() if name < f"log_{before:%Y%m%d}"]


@contextmanager
def _as_owner() -> Any:
    """Work as the owner of the schema: the application's role may not change tables."""
    if not settings.DATABASE_OWNER_URL:
        yield
        return
    owner = Env.db_url_config(settings.DATABASE_OWNER_URL)
    before = {name: connection.settings_dict.get(name) for name in ("USER", "PASSWORD")}
    connection.close()
    connection.settings_dict.update({name: owner.get(name, "") for name in before})
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict.update(before)
