"""Statements that run for every request of a machine: bound and planned by the server, once."""

from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.models import QuerySet


@contextmanager
def raw_cursor() -> Iterator[psycopg.Cursor[Any]]:
    """
    A cursor of the current connection and transaction that binds parameters in the server.

    Django's own cursors write values into the statement as text. Errors are Django's.
    """
    # Each look through `connection` costs as much as the rest of this function.
    wrapper = connections[DEFAULT_DB_ALIAS]
    if wrapper.connection is None:
        wrapper.ensure_connection()
    with wrapper.wrap_database_errors, psycopg.Cursor(wrapper.connection) as cursor:
        yield cursor


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
        return cursor.execute(statement, parameters, prepare=settings.DATABASE_PREPARE)
    finally:
        target.prepare_threshold = before
        wrapper = connections[DEFAULT_DB_ALIAS]
        if wrapper.queries_logged:
            # As Django's own cursors do, so that tests count these too.
            wrapper.queries_log.append({"sql": statement, "time": "0"})


class PreparedQuery:
    """
    A queryset's statement, made by the ORM once a process, run again with other values.

    For the few queries that every request makes: there the ORM's own work is most of the cost.
    `build` makes the queryset of plain values from keyword arguments; `stand_ins` are values for
    them that occur nowhere else. Whatever else the queryset depends on must not change. With
    `keeps_plan` the connection keeps its plan too.
    """

    def __init__(
        self,
        build: Callable[..., QuerySet[Any, Any]],
        *,
        keeps_plan: bool = False,
        **stand_ins: Any,
    ) -> None:
        self._build = build
        self._keeps_plan = keeps_plan
        self._stand_ins = stand_ins
        self._statement = ""
        self._slots: list[tuple[str | None, Any]] = []

    def rows(self, **values: Any) -> list[tuple[Any, ...]]:
        """Run with these values."""
        if not self._statement:
            self._make()
        parameters = [values[name] if name else value for name, value in self._slots]
        if self._keeps_plan:
            with raw_cursor() as cursor:
                return execute_prepared(cursor, self._statement, parameters).fetchall()
        with connection.cursor() as counted:
            counted.execute(self._statement, parameters)
            return list(counted.fetchall())

    def _make(self) -> None:
        statement, parameters = self._build(**self._stand_ins).query.sql_with_params()
        names = {value: name for name, value in self._stand_ins.items()}
        self._slots = [
            (names.get(each) if isinstance(each, Hashable) else None, each) for each in parameters
        ]
        missing = set(self._stand_ins) - {name for name, _ in self._slots}
        if missing:
            raise RuntimeError(f"The statement does not hold {', '.join(sorted(missing))}.")
        self._statement = statement
