"""How transactional tests empty a database whose append-only tables refuse to be emptied."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.commands import flush
from django.db import connection
from django.db.backends.postgresql.operations import DatabaseOperations
from psycopg import sql

# Made by migrations and post_migrate, the same for every test.
KEPT = {"django_migrations", "django_content_type", "auth_permission", "spatial_ref_sys"}


def flush_as_superuser() -> None:
    """
    Make Django's `flush` delete rows as the superuser with triggers off.

    Only tables that hold rows are touched: TRUNCATE of two hundred mostly empty tables takes a
    second, this takes milliseconds.
    """
    DatabaseOperations.sql_flush = _sql_flush  # type: ignore[method-assign]
    DatabaseOperations.execute_sql_flush = _execute  # type: ignore[method-assign]
    # Content types and permissions stay, so there is nothing to make again.
    flush.emit_post_migrate_signal = lambda *args, **kwargs: None


@contextmanager
def as_superuser() -> Iterator[Any]:
    """A cursor as the cluster's superuser, on the test's own connection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        (role,) = cursor.fetchone()
        cursor.execute("SET ROLE none")
        try:
            yield cursor
        finally:
            cursor.execute(f"SET ROLE {connection.ops.quote_name(role)}")


def _sql_flush(self: Any, style: Any, tables: list[str], **options: Any) -> list[str]:
    return [table for table in tables if table not in KEPT]


def _execute(self: Any, tables: list[str]) -> None:
    with as_superuser() as cursor:
        cursor.execute("SET session_replication_role = replica")
        try:
            for table in _filled(cursor, tables):
                cursor.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))
        finally:
            cursor.execute("SET session_replication_role = DEFAULT")


def _filled(cursor: Any, tables: list[str]) -> list[str]:
    if not tables:
        return []
    probes = [
        sql.SQL("SELECT {} WHERE EXISTS (SELECT FROM {})").format(table, sql.Identifier(table))
        for table in tables
    ]
    cursor.execute(sql.SQL(" UNION ALL ").join(probes))
    return [row[0] for row in cursor.fetchall()]
