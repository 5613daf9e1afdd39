"""
Applying migrations without rebuilding models that did not change.

A trigger, an index or a constraint changes no field, yet the migration state builds the model anew
for each one, with every model related to it; and a new model or field builds all of them anew for
each of a hundred. That is most of the time a fresh database takes. What reaches the database is the
same either way.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import groupby
from typing import Any
from unittest.mock import patch

from django.db.migrations import AddField, CreateModel, Migration
from django.db.migrations.state import ProjectState
from pgtrigger.migrations import AddTrigger, RemoveTrigger

_apply_one_by_one = Migration.apply


@contextmanager
def models_kept() -> Iterator[None]:
    """Inside, what changes no field leaves the state's models, and what only adds shares them."""
    with (
        patch.object(ProjectState, "_append_option", _append_option),
        patch.object(AddTrigger, "state_forwards", _add_trigger),
        patch.object(RemoveTrigger, "state_forwards", _remove_trigger),
        patch.object(Migration, "apply", _apply),
    ):
        yield


def _append_option(
    state: ProjectState, app_label: str, model_name: str, name: str, it: Any
) -> None:
    options = state.models[app_label, model_name].options
    options[name] = [*options[name], it]


def _add_trigger(operation: AddTrigger, app_label: str, state: ProjectState) -> None:
    options = state.models[app_label, operation.model_name].options
    options["triggers"] = [*options.get("triggers", []), operation.trigger]


def _remove_trigger(operation: RemoveTrigger, app_label: str, state: ProjectState) -> None:
    options = state.models[app_label, operation.model_name].options
    options["triggers"] = [it for it in options["triggers"] if it.name != operation.name]


def _apply(
    migration: Migration, state: ProjectState, schema_editor: Any, collect_sql: bool = False
) -> ProjectState:
    """
    `Migration.apply`, with the models built once for a run of new models, or of new fields.

    A new model or field is made in the database alike whether or not later ones are known.
    """
    if collect_sql or not schema_editor.atomic_migration:
        return _apply_one_by_one(migration, state, schema_editor, collect_sql)
    for kind, operations in groupby(migration.operations, type):
        part = Migration(migration.name, migration.app_label)
        vars(part)["operations"] = list(operations)
        if kind in (CreateModel, AddField):
            _add_at_once(part, state, schema_editor)
        else:
            state = _apply_one_by_one(part, state, schema_editor)
    return state


def _add_at_once(part: Migration, state: ProjectState, schema_editor: Any) -> None:
    # Without built models the state only notes what is added; the next use builds them.
    vars(state).pop("apps", None)
    for operation in part.operations:
        operation.state_forwards(part.app_label, state)
    for operation in part.operations:
        operation.database_forwards(part.app_label, schema_editor, state, state)
