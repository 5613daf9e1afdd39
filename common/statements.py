"""Statements that run for every request of a machine: bound and planned by the server, once."""

from collections.abc import Sequence
from typing import Any

import psycopg
from django.conf import settings
from django.db import connection


def raw_cursor() -> psycopg.Cursor[Any]:
    """
    A cursor of the current connection and transaction that binds parameters in the server.

    Django's own cursors write values into the statement as text.
    """
    connection.ensure_connection()
    return psycopg.Cursor(connection.connection)


def execute_prepared(
    cursor: psycopg.Cursor[Any], statement: str, parameters: Sequence[Any]
) -> psycopg.Cursor[Any]:
    """
    Run a statement whose plan the connection keeps; planning a dozen joins takes milliseconds.

    With DATABASE_PREPARE off (a pooler that hands out connections per transaction) it is planned
    each time.
    """
    target = cursor.connection
    before = target.prepare_threshold
    if settings.DATABASE_PREPARE:
        # Django turns preparing off on its connections; on for this one statement.
        target.prepare_threshold = 1
    try:
        return cursor.execute(statement, parameters, prepare=settings.DATABASE_PREPARE)  # type: ignore[call-overload]
    finally:
        target.prepare_threshold = before
