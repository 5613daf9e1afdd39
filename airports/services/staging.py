"""Fill a temporary table by COPY: tens of thousands of rows in a fraction of a second."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection


def stage(table: str, columns: Sequence[tuple[str, str]], rows: Iterable[Sequence[Any]]) -> int:
    """
    Create a temporary table (name and columns are our own constants) and copy the rows into it.

    The first column is indexed: what is held is found by it. The table lasts until the transaction
    ends. Returns the number of rows.
    """
    declared = ", ".join(f"{name} {kind}" for name, kind in columns)
    names = ", ".join(name for name, _ in columns)
    count = 0
    with connection.cursor() as cursor:
        # A second import in the same transaction finds the table of the first.
        cursor.execute(f"DROP TABLE IF EXISTS pg_temp.{table}")
        cursor.execute(f"CREATE TEMPORARY TABLE {table} ({declared}) ON COMMIT DROP")
        with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
                count += 1
        cursor.execute(f"CREATE INDEX ON {table} ({columns[0][0]})")
        cursor.execute(f"ANALYZE {table}")
    return count


def run(sql: str, parameters: dict[str, Any] | None = None) -> list[tuple[Any, ...]]:
    """Execute a statement and return its rows, if it has any."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall() if cursor.description else []


def run_on_many(sql: str, parameters: dict[str, Any] | None = None) -> list[tuple[Any, ...]]:
    """
    Execute a statement that writes thousands of rows.

    The history triggers' own statement is planned at its first use in a session and kept: a plan
    made for no row at all took minutes for 24,000 (PostgreSQL 15). So the plans are dropped first.
    """
    run("DISCARD PLANS")
    return run(sql, parameters)


def prepare_for_many(seconds: int) -> None:
    """
    Make this transaction one that handles tens of thousands of rows.

    Its statements may run for so many seconds. Tables are joined by hashing: the planner knows a
    table as it was last analyzed, perhaps empty, and then went through 74,000 aerodromes for each
    of 44,000 runways. Only the owner, which the application is not, may have it look again.
    """
    run("SELECT set_config('statement_timeout', %(limit)s, TRUE)", {"limit": f"{seconds}s"})
    run("SET LOCAL enable_nestloop = off")
