"""What merging one contact into another would do; the merge itself does what this says."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import ForeignKey, Model, Q, QuerySet

from common.database import is_append_only
from contacts.models import (
    Contact,
    ContactAddress,
    ContactEmail,
    ContactPhone,
    ExternalReference,
)
from contacts.queries.hierarchy import is_above

# A detail that the survivor has already stays with the merged contact, as part of its record.
_SAME = {
    ContactPhone: ("key", "extension"),
    ContactEmail: ("key",),
    ContactAddress: ("kind", "lines", "postal_code", "locality"),
    ExternalReference: ("system", "reference"),
}
_FILLED = ("job_title", "country", "timezone", "point", "website", "parent_id")
MOST_NOTES = 10_000
_NONE = Q(pk__in=())


@dataclass(frozen=True)
class MergePlan:
    """
    What a merge moves, leaves and fills in; `refusal` says why it cannot be.

    `moved` and `left` list row keys by `app.model.field`; `filled` has the survivor's new values.
    """

    refusal: str = ""
    moved: dict[str, list[Any]] = field(default_factory=dict)
    left: dict[str, list[Any]] = field(default_factory=dict)
    filled: dict[str, Any] = field(default_factory=dict)


def plan_merge(survivor: Contact, merged: Contact) -> MergePlan:
    """Find what a merge would do, changing nothing."""
    if refusal := _refusal(survivor, merged):
        return MergePlan(refusal=refusal)
    moved: dict[str, list[Any]] = {}
    left: dict[str, list[Any]] = {}
    for model, column in references():
        if model not in _SAME:
            # The survivor itself does not come to belong to itself.
            rows = model._meta.base_manager.filter(**{column: merged})
            rows = rows.exclude(pk=survivor.pk) if model is Contact else rows
            fixed = getattr(model, "KEEPS_CONTACT", _NONE)
            _note(moved, model, column, _keys(rows.exclude(fixed)))
            _note(left, model, column, _keys(rows.filter(fixed)))
            continue
        same, others = _parted(model, survivor, merged)
        _note(moved, model, column, others)
        _note(left, model, column, same)
    return MergePlan(moved=moved, left=left, filled=_filled(survivor, merged))


def _keys(rows: QuerySet) -> list[Any]:
    return list(rows.order_by("pk").values_list("pk", flat=True))


def references() -> Iterator[tuple[type[Model], str]]:
    """
    Every column of any app that points at contacts and may be changed.

    Found, not listed: an app above that adds one is served without being known here. What is
    append-only keeps naming the contact that it was written of, and so do the rows that a model's
    `KEEPS_CONTACT` finds: bills that went out, money that came.
    """
    for relation in Contact._meta.get_fields(include_hidden=True):
        if not (relation.auto_created and not relation.concrete):
            continue
        column = getattr(relation, "field", None)
        model: Any = relation.related_model
        if isinstance(column, ForeignKey) and not is_append_only(model):
            yield model, column.name


def as_json(value: Any) -> Any:
    """A value as JSON can hold it: positions as well-known text, moments as ISO 8601."""
    if value is None or isinstance(value, bool | int | str | list):
        return value
    return value.isoformat() if isinstance(value, datetime) else str(value)


def label(model: type[Model], column: str) -> str:
    """How a column is named in plans and records of merges."""
    return f"{model._meta.label_lower}.{column}"


def _refusal(survivor: Contact, merged: Contact) -> str:
    if survivor.pk == merged.pk:
        return "it is the same contact"
    if survivor.kind != merged.kind:
        return f"one is a {survivor.kind}, the other a {merged.kind}"
    for contact in (survivor, merged):
        if contact.merged_into_id is not None:
            return f"{contact.name} was merged into contact {contact.merged_into_id}"
    if not survivor.is_active:
        return f"{survivor.name} is not in use"
    return ""


def _note(found: dict[str, list[Any]], model: type[Model], column: str, pks: list[Any]) -> None:
    if pks:
        found[label(model, column)] = pks


def _parted(model: Any, survivor: Contact, merged: Contact) -> tuple[list[Any], list[Any]]:
    """The details of the merged contact that the survivor has too, and the others."""
    columns = _SAME[model]
    held = set(model.objects.of(survivor).values_list(*columns))
    rows = list(model.objects.of(merged).order_by("pk").values_list("pk", *columns))
    same = [pk for pk, *values in rows if tuple(values) in held]
    return same, [pk for pk, *values in rows if tuple(values) not in held]


def _filled(survivor: Contact, merged: Contact) -> dict[str, Any]:
    filled = {
        name: getattr(merged, name)
        for name in _FILLED
        if not getattr(survivor, name) and getattr(merged, name)
    }
    if is_above(merged, survivor):
        # It would become its own organization.
        filled["parent_id"] = merged.parent_id
    elif is_above(survivor, merged):
        filled.pop("parent_id", None)
    roles = sorted({*survivor.roles, *merged.roles})
    if roles != sorted(survivor.roles):
        filled["roles"] = roles
    if merged.notes and merged.notes not in survivor.notes:
        both = "\n\n".join(part for part in (survivor.notes, merged.notes) if part)
        filled["notes"] = both[:MOST_NOTES]
    return filled
