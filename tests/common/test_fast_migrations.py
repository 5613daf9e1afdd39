"""Migrations applied with shared models make the same tables and rows as applied one by one."""

from typing import Any

import pytest
from django.db import connection, migrations, models, transaction
from django.db.migrations import Migration
from django.db.migrations.state import ProjectState

from common.fast_migrations import models_kept
from tests.flush import as_superuser

pytestmark = pytest.mark.django_db


class Undo(Exception):
    """Ends a transaction that is not to stay."""


def _fill(apps: Any, schema_editor: Any) -> None:
    berth = apps.get_model("quay", "Berth").objects.create(name="North")
    ship = apps.get_model("quay", "Ship").objects.create(name="Ada", berth=berth, mast_count=3)
    berth.guest = ship
    berth.save()
    # By the name of the relation back, which only models of one rendering know of each other.
    berth_class = apps.get_model("quay", "Berth")
    assert list(berth_class.objects.filter(ship__mast_count=3)) == [berth]
    ship.delete()
    assert berth_class.objects.get().guest_id is None


def _migration() -> Migration:
    key = ("id", models.BigAutoField(primary_key=True))
    migration = Migration("0001_initial", "quay")
    vars(migration)["operations"] = [
        migrations.CreateModel("Berth", [key, ("name", models.CharField(max_length=9))]),
        migrations.CreateModel(
            "Ship",
            [
                key,
                ("name", models.CharField(max_length=9, unique=True)),
                ("berth", models.ForeignKey("quay.Berth", models.PROTECT)),
            ],
        ),
        migrations.AddField(
            "ship", "mast_count", models.IntegerField(default=2), preserve_default=False
        ),
        migrations.AddField(
            "berth", "guest", models.ForeignKey("quay.Ship", models.SET_NULL, null=True)
        ),
        migrations.AddConstraint(
            "ship",
            models.CheckConstraint(name="some_masts", condition=models.Q(mast_count__gte=1)),
        ),
        migrations.RunPython(_fill),
        migrations.AddField("ship", "flag", models.CharField(max_length=2, default="AU")),
    ]
    return migration


def _outcome() -> list[tuple[Any, ...]]:
    """Columns, constraints and rows after the migration, whose work is then undone."""
    with pytest.raises(Undo), transaction.atomic(), as_superuser() as cursor:
        with connection.schema_editor(atomic=True) as editor:
            state = _migration().apply(ProjectState(), editor)
        ship = state.apps.get_model("quay", "Ship")
        found = [("state", *(field.name for field in ship._meta.get_fields()))]
        for question in (
            "SELECT table_name, column_name, data_type, column_default, is_nullable FROM"
            " information_schema.columns WHERE table_name LIKE 'quay_%' ORDER BY 1, 2",
            "SELECT conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE conrelid::regclass::text LIKE 'quay_%' ORDER BY 1, 2",
            "SELECT name, guest_id FROM quay_berth",
        ):
            cursor.execute(question)
            found += cursor.fetchall()
        raise Undo
    return found


def test_what_reaches_the_database_is_the_same() -> None:
    one_by_one = _outcome()
    with models_kept():
        shared = _outcome()
    assert shared == one_by_one
    assert ("quay_ship", "flag") in [row[:2] for row in shared]
    assert ("North", None) in shared


def test_a_preview_in_sql_is_the_same() -> None:
    def preview() -> str:
        with as_superuser(), connection.schema_editor(collect_sql=True, atomic=True) as editor:
            migration = _migration()
            vars(migration)["operations"] = migration.operations[:5]
            migration.apply(ProjectState(), editor, collect_sql=True)
        return "\n".join(editor.collected_sql)

    one_by_one = preview()
    with models_kept():
        assert preview() == one_by_one
    assert 'CREATE TABLE "quay_ship"' in one_by_one
