"""How transactional tests empty a database whose append-only tables refuse to be emptied."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

from django.core.management.commands import flush
from django.db import connection
from django.db.backends.postgresql.operations import DatabaseOperations
from psycopg import sql

# Most were never written to and take no space. A query for each is planned in a fraction of the
# time that one about all of them takes.
EMPTY = """
DO $$ DECLARE name text; is_filled boolean; BEGIN
    FOR name IN
        SELECT relname FROM pg_class
            WHERE relnamespace = 'public'::regnamespace AND relname = ANY({})
                AND (relkind = 'p' OR pg_relation_size(oid) > 0)
    LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %I)', name) INTO is_filled;
        IF is_filled THEN EXECUTE format('DELETE FROM %I', name); END IF;
    END LOOP;
END $$
"""
# Made by migrations and post_migrate, the same for every test.
KEPT = {"django_migrations", "django_content_type", "auth_permission", "spatial_ref_sys"}


def flush_as_superuser() -> None:
    """
    Make Django's `flush` delete rows as the superuser with triggers off.

    Only tables that hold rows are touched: TRUNCATE of two hundred mostly empty tables takes a
    second, this takes milliseconds.
    """
    flush.sql_flush = _tables
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


@cache
def _known_tables() -> tuple[str, ...]:
    tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
    return tuple(table for table in tables if table not in KEPT)


def _tables(style: Any, connection: Any, **options: Any) -> tuple[str, ...]:
    return _known_tables()


def _execute(self: Any, tables: Sequence[str]) -> None:
    with as_superuser() as cursor:
        cursor.execute("SET session_replication_role = replica")
        try:
            cursor.execute(sql.SQL(EMPTY).format(sql.Literal(list(tables))))
        finally:
            cursor.execute("SET session_replication_role = DEFAULT")
