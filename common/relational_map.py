"""
The tables of the apps as a page: columns, keys, constraints, indexes, triggers and a diagram each.

Written from models and migrations alone, so that it is the same on every machine.
"""

import re
from collections.abc import Iterator
from typing import Any

import pghistory.models
from django.apps import apps
from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.db import connection, models
from django.db.migrations import RunSQL
from django.db.migrations.loader import MigrationLoader
from django.db.models import CheckConstraint, F, Q, UniqueConstraint, Value
from django.db.models.expressions import CombinedExpression, NegatedExpression

from common.guards import guards_of_this_version, texts_of

HEAD = """\
# The tables and how they hang together

Written by `script/manage relational_map --write`; a test compares. One chapter an app, lowest
first. A diagram shows the tables of its app, and those of other apps that they point at.

**History.** A table named under "Histories" keeps every version of every row of the table it is
named after: its columns, and who, when and why (`pgh_*`). Triggers of the kept table write it, and
it only grows.

**Versions.** `version` grows by one with each update, by a trigger. **Sealed** columns hold
AES-256-GCM ciphertext (`bytea`). A trigger or policy is named with the migration it comes from.
"""


def relational_map() -> str:
    """The page."""
    guards: dict[str, list[str]] = {}
    for guard, source in sorted(guards_of_this_version().items()):
        text = f"{guard.kind} `{guard.name}` ({source})"
        guards.setdefault(guard.table, []).append(text)
    for table, column, source in _columns_of_migrations():
        guards.setdefault(table, []).append(f"column `{column}`, the database's own ({source})")
    return "\n".join([HEAD, *(line for app in _apps() for line in _chapter(app, guards))])


def _columns_of_migrations() -> Iterator[tuple[str, str, str]]:
    """Columns that no model knows of: triggers alone read and write them."""
    for key, migration in sorted(MigrationLoader(None).disk_migrations.items()):
        for operation in migration.operations:
            if isinstance(operation, RunSQL):
                for text in texts_of(operation):
                    for table, column in _ADDED.findall(text):
                        yield table, column, " ".join(key)


def _apps() -> list[Any]:
    """Our apps, lowest first: in the order in which they are installed."""
    found = [
        config
        for config in apps.get_app_configs()
        if str(settings.BASE_DIR) in config.path and "site-packages" not in config.path
    ]
    order = {label: place for place, label in enumerate(_BY_ROW)}
    return sorted(found, key=lambda config: (order.get(config.label, 99), config.label))


_ADDED = re.compile(r"ALTER TABLE\s+(\w+)\s+ADD COLUMN\s+(\w+)", re.IGNORECASE)
_BY_ROW = (
    "common", "users", "airports", "documents", "contacts", "finance", "aircraft", "rpas",
    "operations", "flight_operations", "client_management", "dispatcher",
)  # fmt: skip


def _chapter(app: Any, guards: dict[str, list[str]]) -> Iterator[str]:
    kept = [
        m
        for m in app.get_models(include_auto_created=True)
        if m._meta.managed or m._meta.db_table in guards
    ]
    histories = [m for m in kept if issubclass(m, pghistory.models.Event)]
    tables = sorted(set(kept) - set(histories), key=lambda model: str(model._meta.db_table))
    if not tables:
        return
    yield f"\n## {app.label}\n"
    yield from _diagram(app.label, tables)
    for model in tables:
        yield from _table(model, guards.get(model._meta.db_table, []))
    if histories:
        yield f"\n### Histories of {app.label}\n"
        yield ", ".join(f"`{name}`" for name in sorted(m._meta.db_table for m in histories)) + "."


def _diagram(label: str, tables: list[type[models.Model]]) -> Iterator[str]:
    yield "```mermaid"
    yield "erDiagram"
    for model in tables:
        name = model._meta.db_table
        relations = [field for field in _columns(model) if _points_at(field) is not None]
        if not relations:
            yield f"    {name}"
        for field in relations:
            other: Any = _points_at(field)
            end = "|o" if field.null else "||"
            many = "o|" if field.unique else "o{"
            yield f"    {other._meta.db_table} {end}--{many} {name} : {field.column}"
    yield "```"


def _columns(model: type[models.Model]) -> list[Any]:
    return list(model._meta.local_concrete_fields)


def _points_at(field: Any) -> Any:
    return field.related_model if field.is_relation else None


def _table(model: type[models.Model], guards: list[str]) -> Iterator[str]:
    yield f"\n### {model._meta.db_table}\n"
    if not model.__module__.startswith("django") and (text := _first_sentence(model)):
        yield f"{text}\n"
    yield "| column | type | null | key |"
    yield "| --- | --- | --- | --- |"
    for field in _columns(model):
        kind = field.db_type(connection)
        yield f"| {field.column} | {kind} | {'yes' if field.null else ''} | {_key(field)} |"
    lines = [*_constraints(model), *_indexes(model), *guards]
    if lines:
        yield ""
    for line in lines:
        yield f"- {line}"


def _first_sentence(model: type[models.Model]) -> str:
    text = " ".join((model.__doc__ or "").split())
    # Django makes one of the fields where a model has none of its own.
    if text.startswith(f"{model.__name__}("):
        return ""
    sentence = text.split(". ", 1)[0]
    return sentence if sentence.endswith(".") else f"{sentence}."


def _key(field: Any) -> str:
    parts = []
    if field.primary_key:
        parts.append("primary")
    elif field.unique:
        parts.append("unique")
    other = _points_at(field)
    if other is not None and field.db_constraint:
        parts.append(f"to {other._meta.db_table}")
    elif other is not None:
        parts.append(f"to {other._meta.db_table}, unchecked")
    if field.db_index and not field.unique:
        parts.append("index")
    return ", ".join(parts)


def _constraints(model: type[models.Model]) -> Iterator[str]:
    for constraint in sorted(model._meta.constraints, key=lambda each: each.name):
        yield f"{_kind_of(constraint)} `{constraint.name}`{_about(constraint)}"


def _kind_of(constraint: Any) -> str:
    if isinstance(constraint, UniqueConstraint):
        return "unique"
    if isinstance(constraint, CheckConstraint):
        return "check"
    return "exclusion" if isinstance(constraint, ExclusionConstraint) else "constraint"


def _about(constraint: Any) -> str:
    condition = getattr(constraint, "condition", None)
    text = _condition(condition) if condition is not None else ""
    if isinstance(constraint, UniqueConstraint):
        names = ", ".join(constraint.fields) or "an expression"
        return f": {names}" + (f" where {text}" if text else "")
    if isinstance(constraint, ExclusionConstraint):
        parts = ", ".join(f"{_value(part)} with {sign}" for part, sign in constraint.expressions)
        return f": {parts}" + (f" where {text}" if text else "")
    return f": {text}" if text else ""


def _condition(condition: Any) -> str:
    """A condition in words, as far as it is made of columns and values."""
    if not isinstance(condition, Q):
        return _value(condition)
    parts = [
        _condition(child) if isinstance(child, Q) else _lookup(child)
        for child in condition.children
    ]
    joined = f" {condition.connector.lower()} ".join(
        f"({part})" if " or " in part and len(parts) > 1 else part for part in parts
    )
    return f"not ({joined})" if condition.negated else joined


_SIGNS = {
    "exact": "=", "gt": ">", "gte": ">=", "lt": "<", "lte": "<=", "in": "in", "regex": "~",
}  # fmt: skip


def _lookup(child: Any) -> str:
    if not isinstance(child, tuple):
        return _value(child)
    name, value = child
    column, _, lookup = name.rpartition("__")
    if lookup == "isnull":
        return f"{column} is {'' if value else 'not '}null"
    if not column or lookup not in _SIGNS:
        column, lookup = name, "exact"
    if value is None:
        return f"{column} is null"
    return f"{column} {_SIGNS[lookup]} {_value(value)}"


def _value(value: Any) -> str:
    match value:
        case F():
            text = str(vars(value)["name"])
        case NegatedExpression():
            text = f"not {_value(value.get_source_expressions()[0])}"
        case Value():
            text = _value(value.value)
        case CombinedExpression():
            text = f"{_value(value.lhs)} {value.connector} {_value(value.rhs)}"
        case models.Func() | models.Expression():
            name = getattr(value, "function", None) or type(value).__name__
            inside = ", ".join(_value(part) for part in value.get_source_expressions() if part)
            text = f"{name.lower()}({inside})"
        case set() | frozenset() | list() | tuple():
            parts = [_value(part) for part in value]
            is_ordered = isinstance(value, list | tuple)
            text = f"({', '.join(parts if is_ordered else sorted(parts))})"
        case str():
            text = f"'{value}'"
        case _:
            text = str(value).lower()
    return text


def _indexes(model: type[models.Model]) -> Iterator[str]:
    for index in sorted(model._meta.indexes, key=lambda each: each.name):
        kind = (index.suffix or "btree").lower()
        names = ", ".join(index.fields) or ", ".join(_value(part) for part in index.expressions)
        where = f" where {_condition(index.condition)}" if index.condition else ""
        yield f"index `{index.name}` ({kind}): {names}{where}"
