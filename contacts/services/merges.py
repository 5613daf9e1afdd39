from datetime import datetime
from typing import Any

from django.apps import apps
from django.db import transaction

from common.audit import record
from common.outbox import announce
from contacts.events import ContactsMerged
from contacts.exceptions import MergeRefused
from contacts.models import Contact, ContactEmail, ContactMerge, ContactPhone
from contacts.queries.merges import MergePlan, as_json, plan_merge
from contacts.services.contacts import (
    hold_hierarchy,
    locked_contacts,
    require_current,
    require_usable,
)
from contacts.services.details import DETAILS, refresh_words


@transaction.atomic
def merge_contacts(
    survivor: Contact, merged: Contact, *, reason: str, actor: Any, at: datetime
) -> Contact:
    """
    Make one contact stand for another: whatever pointed at the other points at it.

    The other stays, out of use, naming the survivor; a contact merged into it earlier names the
    survivor too. What is append-only keeps its own name and is read through that. Raises
    ContactMerged when either was merged already, ContactInactive, MergeRefused.
    """
    hold_hierarchy()
    # Those that will name the survivor, too: whoever amends one locks it with its organization.
    named = Contact.objects.naming(merged).values_list("pk", flat=True)
    rows = locked_contacts(survivor.pk, merged.pk, *named)
    survivor, merged = rows[survivor.pk], rows[merged.pk]
    require_current(merged)
    require_usable(survivor)
    plan = plan_merge(survivor, merged)
    if plan.refusal:
        raise MergeRefused(merged=merged.name, survivor=survivor.name, reason=plan.refusal)
    before = {"survivor": _snapshot(survivor), "merged": _snapshot(merged)}
    _fill(survivor, plan)
    moved = _move(survivor, merged, plan)
    merged.is_active, merged.merged_into = False, survivor
    merged.save(update_fields=["is_active", "merged_into", "updated_at"])
    refresh_words(survivor)
    survivor.save(update_fields=["name_key", "search_words", "updated_at"])
    ContactMerge.objects.create(
        survivor=survivor,
        merged=merged,
        actor=actor,
        reason=reason,
        merged_at=at,
        before=before,
        moved=moved,
        filled={name: as_json(value) for name, value in plan.filled.items()},
    )
    record("contact.merged", merged, actor=actor, at=at, reason=reason, survivor=survivor.pk)
    announce(ContactsMerged(survivor_id=survivor.pk, merged_id=merged.pk))
    return survivor


def _fill(survivor: Contact, plan: MergePlan) -> None:
    for name, value in plan.filled.items():
        setattr(survivor, name, value)
    survivor.save()


def _move(survivor: Contact, merged: Contact, plan: MergePlan) -> dict[str, list[Any]]:
    """Point the rows at the survivor and say which; one that has turned elsewhere stays there."""
    moved: dict[str, list[Any]] = {}
    for named, pks in plan.moved.items():
        app, name, column = named.split(".")
        model = apps.get_model(app, name)
        values: dict[str, Any] = {column: survivor}
        if model in (ContactPhone, ContactEmail) and _has_primary(model, survivor):
            values["is_primary"] = False
        rows = model._meta.base_manager.filter(**{column: merged}, pk__in=pks).order_by("pk")
        if held := [row.pk for row in rows.select_for_update(of=("self",)).only("pk")]:
            model._meta.base_manager.filter(pk__in=held).update(**values)
            moved[named] = held
    return moved


def _has_primary(model: Any, survivor: Contact) -> bool:
    return bool(model.objects.of(survivor).filter(is_primary=True).exists())


def _snapshot(contact: Contact) -> dict[str, Any]:
    details = {
        name: [_values(row) for row in model._default_manager.filter(contact=contact)]
        for name, model in DETAILS.items()
    }
    return {**_values(contact), **details}


def _values(row: Any) -> dict[str, Any]:
    return {
        column.attname: as_json(getattr(row, column.attname))
        for column in row._meta.concrete_fields
    }
