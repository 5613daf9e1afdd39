"""
Applying migrations without rebuilding models that did not change.

A trigger, an index or a constraint changes no field, yet the migration state builds the model anew
for each one, with every model related to it. With some hundreds of them that is most of the time a
fresh database takes. What reaches the database is the same either way.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from django.db.migrations.state import ProjectState
from pgtrigger.migrations import AddTrigger


@contextmanager
def models_kept() -> Iterator[None]:
    """Inside, adding a trigger, an index or a constraint leaves the state's models as they are."""
    with (
        patch.object(ProjectState, "_append_option", _append_option),
        patch.object(AddTrigger, "state_forwards", _add_trigger),
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
