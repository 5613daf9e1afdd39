"""
What the migrations that were applied have put in the database to guard it: triggers and policies.

Read out of the migrations themselves, so that a guard which somebody dropped is missed. Statements
are recognized by their first words; a test holds the result against a database as it was migrated.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db.migrations import Migration, RunSQL
from django.db.migrations.loader import MigrationLoader
from pgtrigger.migrations import AddTrigger, RemoveTrigger

# A name that a function fills in at run time (`telemetry.%I`) is none of these.
_STATEMENT = re.compile(
    r"""
    CREATE\s+(?:OR\s+REPLACE\s+)?(?:CONSTRAINT\s+)?TRIGGER\s+(?P<trigger>\w+)
        \s+(?:BEFORE|AFTER)\b[^;]*?\bON\s+(?P<trigger_on>[\w.]*\w)\s
    | DROP\s+TRIGGER\s+(?:IF\s+EXISTS\s+)?(?P<no_trigger>\w+)\s+ON\s+(?P<no_trigger_on>[\w.]+)
    | CREATE\s+POLICY\s+(?P<policy>\w+)\s+ON\s+(?P<policy_on>[\w.]+)
    | DROP\s+POLICY\s+(?P<no_policy>\w+)\s+ON\s+(?P<no_policy_on>[\w.]+)
    """,
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
_THERE = """
SELECT 'trigger', c.oid::regclass::text, t.tgname FROM pg_trigger t
    JOIN pg_class c ON c.oid = t.tgrelid WHERE NOT t.tgisinternal
UNION ALL
SELECT 'policy', p.polrelid::regclass::text, p.polname FROM pg_policy p
    JOIN pg_class c ON c.oid = p.polrelid WHERE c.relrowsecurity
"""
# What guards a whole table by the statement is not handed on to its partitions by the database.
_BARE_PARTITIONS = """
SELECT i.inhrelid::regclass::text, i.inhparent::regclass::text, t.tgname
FROM pg_inherits i
JOIN pg_class c ON c.oid = i.inhrelid AND c.relkind IN ('r', 'p')
JOIN pg_trigger t ON t.tgrelid = i.inhparent AND NOT t.tgisinternal AND t.tgtype & 1 = 0
WHERE NOT EXISTS (SELECT 1 FROM pg_trigger own
                  WHERE own.tgrelid = i.inhrelid AND own.tgname = t.tgname)
ORDER BY 1, 3
"""
_CONSTRAINTS = """
SELECT conrelid::regclass::text, conname::text FROM pg_constraint
UNION ALL
SELECT indrelid::regclass::text, relname::text FROM pg_index
    JOIN pg_class ON pg_class.oid = indexrelid WHERE indisunique
"""


@dataclass(frozen=True, order=True)
class Guard:
    """One trigger or row-level policy on a table."""

    kind: str
    table: str
    name: str


class Declared:
    """Follows migrations in their order; `found` names the migration that made each guard."""

    def __init__(self) -> None:
        self.found: dict[Guard, str] = {}
        self._of_models: dict[tuple[str, str, str | None], Guard] = {}

    def follow(self, migration: Migration) -> None:
        """Take in what a migration makes and what it takes away."""
        source = f"{migration.app_label} {migration.name}"
        for operation in migration.operations:
            if isinstance(operation, AddTrigger):
                trigger: Any = operation.trigger
                sql = trigger.sql
                guard = Guard("trigger", sql.table, sql.pgid)
                self._of_models[self._key(migration, operation, trigger.name)] = guard
                self.found[guard] = source
            elif isinstance(operation, RemoveTrigger):
                gone = self._of_models.pop(self._key(migration, operation, operation.name), None)
                if gone is not None:
                    self.found.pop(gone, None)
            elif isinstance(operation, RunSQL):
                for text in texts_of(operation):
                    self._follow_text(text, source)

    def _key(
        self, migration: Migration, operation: Any, name: str | None
    ) -> tuple[str, str, str | None]:
        return migration.app_label, operation.model_name.lower(), name

    def _follow_text(self, text: str, source: str) -> None:
        for statement in _STATEMENT.finditer(text):
            for kind in ("trigger", "policy"):
                if name := statement[kind]:
                    self.found[Guard(kind, _plain(statement[f"{kind}_on"]), name)] = source
                elif name := statement[f"no_{kind}"]:
                    self.found.pop(Guard(kind, _plain(statement[f"no_{kind}_on"]), name), None)


def _plain(table: str) -> str:
    return table.removeprefix("public.")


def texts_of(operation: RunSQL) -> Iterator[str]:
    """The statements that a migration runs as they are."""
    if isinstance(operation.sql, str):
        yield operation.sql
        return
    for part in operation.sql:
        yield part if isinstance(part, str) else part[0]


def declared_guards(connection: Any) -> dict[Guard, str]:
    """The guards that the applied migrations made, each with the migration it comes from."""
    loader = MigrationLoader(connection)
    return _followed(loader, lambda key: key in loader.applied_migrations)


def guards_of_this_version() -> dict[Guard, str]:
    """The guards that all migrations on the disk make, whatever a database has."""
    return _followed(MigrationLoader(None), lambda key: True)


def _followed(
    loader: MigrationLoader, counts: Callable[[tuple[str, str]], bool]
) -> dict[Guard, str]:
    declared = Declared()
    seen: set[tuple[str, str]] = set()
    for leaf in loader.graph.leaf_nodes():
        for key in loader.graph.forwards_plan(leaf):
            if key not in seen and counts(key):
                declared.follow(loader.graph.nodes[key])
            seen.add(key)
    return declared.found


def guards_there(connection: Any) -> set[Guard]:
    """The triggers and the policies in force that the database has."""
    with connection.cursor() as cursor:
        cursor.execute(_THERE)
        return {Guard(*row) for row in cursor.fetchall()}


def bare_partitions(connection: Any) -> list[tuple[str, str, str]]:
    """Partitions that lack a trigger of their table, as (partition, table, trigger)."""
    with connection.cursor() as cursor:
        cursor.execute(_BARE_PARTITIONS)
        return list(cursor.fetchall())


def missing_constraints(connection: Any) -> list[tuple[str, str]]:
    """The constraints of models that their tables lack, as (table, constraint)."""
    with connection.cursor() as cursor:
        cursor.execute(_CONSTRAINTS)
        there = set(cursor.fetchall())
        tables = {table for table, _ in there}
    wanted = {
        (model._meta.db_table, constraint.name)
        for model in apps.get_models()
        for constraint in model._meta.constraints
        # A table that is not there at all is a matter of migrations.
        if model._meta.managed and model._meta.db_table in tables
    }
    return sorted(wanted - there)
