"""The guards that are read out of the migrations are those that migrating makes."""

import pytest
from django.db import connection
from django.db.migrations import Migration, RunSQL

from common.guards import Declared, bare_partitions, declared_guards, guards_there

pytestmark = pytest.mark.django_db


def test_what_is_read_out_of_the_migrations_is_what_they_made():
    declared = declared_guards(connection)
    # Handed on to partitions by the database itself, which does not let them be dropped there.
    there = {
        guard for guard in guards_there(connection) if not guard.table.startswith("telemetry.")
    }

    named = {guard for guard in declared if not guard.table.startswith("telemetry.")}
    assert named == there
    assert len(named) > 800
    assert declared.keys() <= guards_there(connection)
    assert bare_partitions(connection) == []


def test_a_guard_that_a_later_migration_drops_is_not_missed():
    declared = Declared()
    first, later = Migration("0001", "rpas"), Migration("0002", "rpas")
    make = """
        CREATE CONSTRAINT TRIGGER adds_up AFTER INSERT OR UPDATE
            ON public.rpas_flight DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION f();
        CREATE POLICY mine ON rpas_flight USING (true);
    """
    first.operations = [RunSQL(make)]
    later.operations = [RunSQL(["DROP TRIGGER adds_up ON rpas_flight;", ("SELECT 1", None)])]

    declared.follow(first)
    made = {(guard.kind, guard.table, guard.name) for guard in declared.found}
    declared.follow(later)

    assert made == {("trigger", "rpas_flight", "adds_up"), ("policy", "rpas_flight", "mine")}
    assert [guard.name for guard in declared.found] == ["mine"]
