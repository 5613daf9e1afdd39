from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from common.audit import record
from common.exceptions import InvalidInput, StaleVersion
from common.outbox import announce
from contacts.events import ContactDeactivated
from contacts.exceptions import ContactActive, ContactInactive, ContactMerged
from contacts.models import Contact, ContactKind
from contacts.normalization import fault_in_name
from contacts.queries.hierarchy import is_above
from contacts.services.details import DETAILS, refresh_words, replace_details, reread_phones


@transaction.atomic
def create_contact(*, actor: Any, at: datetime, **values: Any) -> Contact:
    """
    Enter a person or an organization, with its telephones, addresses and references.

    Raises InvalidInput; ContactMerged or ContactInactive where the organization above is so.
    """
    details = {name: values.pop(name) for name in DETAILS if name in values}
    contact = Contact(**values)
    _check_name(contact)
    contact.roles = sorted(set(contact.roles))
    if contact.parent is not None:
        _check_parent(contact, usable(contact.parent))
    refresh_words(contact)
    contact.save()
    for name, rows in details.items():
        replace_details(contact, name, rows)
    if details:
        refresh_words(contact)
        contact.save(update_fields=["search_words", "updated_at"])
    record("contact.created", contact, actor=actor, at=at)
    return contact


@transaction.atomic
def amend_contact(
    contact: Contact,
    *,
    changes: Mapping[str, Any],
    version: int | None,
    actor: Any,
    at: datetime,
) -> Contact:
    """
    Change what is known of a contact; a list given replaces the list that was.

    Raises StaleVersion, ContactMerged, InvalidInput.
    """
    new_parent = changes.get("parent")
    if new_parent is not None:
        hold_hierarchy()
    rows = locked_contacts(contact.pk, *([new_parent.pk] if new_parent else []))
    contact = rows[contact.pk]
    _check_version(contact, version)
    require_current(contact)
    if new_parent is not None:
        changes = {**changes, "parent": rows[new_parent.pk]}
        require_usable(rows[new_parent.pk])
    _change(contact, changes)
    for name in DETAILS.keys() & changes.keys():
        replace_details(contact, name, changes[name])
    if changes.get("country") and "phones" not in changes:
        reread_phones(contact)
    refresh_words(contact)
    contact.save()
    record("contact.amended", contact, actor=actor, at=at, fields=sorted(changes))
    return contact


@transaction.atomic
def deactivate_contact(contact: Contact, *, reason: str, actor: Any, at: datetime) -> Contact:
    """Take a contact out of use. Raises ContactMerged, ContactInactive."""
    contact = usable(contact)
    contact.is_active = False
    contact.save(update_fields=["is_active", "updated_at"])
    record("contact.deactivated", contact, actor=actor, at=at, reason=reason)
    announce(ContactDeactivated(contact_id=contact.pk))
    return contact


@transaction.atomic
def reactivate_contact(contact: Contact, *, reason: str, actor: Any, at: datetime) -> Contact:
    """Bring a contact back into use. Raises ContactMerged, ContactActive."""
    contact = locked_contacts(contact.pk)[contact.pk]
    require_current(contact)
    if contact.is_active:
        raise ContactActive(name=contact.name)
    contact.is_active = True
    contact.save(update_fields=["is_active", "updated_at"])
    record("contact.reactivated", contact, actor=actor, at=at, reason=reason)
    return contact


def usable(contact: Contact) -> Contact:
    """
    Lock a contact that something new is to point at, until the transaction ends.

    A merge waits for it and then moves the new row too, or was first and this raises
    ContactMerged; ContactInactive where the contact is out of use.
    """
    contact = locked_contacts(contact.pk)[contact.pk]
    require_usable(contact)
    return contact


def hold_hierarchy() -> None:
    """
    Let one transaction at a time change who belongs to whom; taken before contacts are locked.

    A circle can be closed by two changes that have no contact in common.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('contacts_hierarchy'))")


def locked_contacts(*pks: int) -> dict[int, Contact]:
    """
    Re-read contacts under row locks, in the order of their keys so that nobody waits in a circle.

    The full lock, which the foreign keys of rows being added wait for as well.
    """
    rows = Contact.objects.select_for_update(of=("self",)).filter(pk__in=set(pks))
    found = {row.pk: row for row in rows.order_by("pk")}
    if missing := set(pks) - found.keys():
        raise Contact.DoesNotExist(f"There is no contact {sorted(missing)}.")
    return found


def require_current(contact: Contact) -> None:
    """Raise ContactMerged, naming the one that stands for it, for a contact that was merged."""
    if contact.merged_into_id is not None:
        raise ContactMerged(name=contact.name, merged_into=contact.merged_into_id)


def require_usable(contact: Contact) -> None:
    """Raise ContactMerged or ContactInactive unless the contact is in use."""
    require_current(contact)
    if not contact.is_active:
        raise ContactInactive(name=contact.name)


def _change(contact: Contact, changes: Mapping[str, Any]) -> None:
    for name, value in changes.items():
        if name not in DETAILS:
            setattr(contact, name, value)
    contact.roles = sorted(set(contact.roles))
    if "name" in changes:
        _check_name(contact)
    if contact.parent is not None and {"parent", "kind"} & changes.keys():
        _check_parent(contact, contact.parent)
    if contact.is_person and "kind" in changes:
        _check_stands_for_nothing(contact)


def _check_version(contact: Contact, version: int | None) -> None:
    if version is not None and contact.version != version:
        raise StaleVersion(yours=version, current=contact.version)


def _check_name(contact: Contact) -> None:
    if fault := fault_in_name(contact.name):
        raise InvalidInput("/name", fault)


def _check_parent(contact: Contact, parent: Contact) -> None:
    if parent.kind != ContactKind.ORGANIZATION:
        raise InvalidInput("/parent", "Not an organization.")
    if contact.pk and (parent.pk == contact.pk or is_above(contact, parent)):
        raise InvalidInput("/parent", "It belongs to this contact itself.")


def _check_stands_for_nothing(person: Contact) -> None:
    """Refuse to make a person of an organization that something is part of."""
    if person.parts.exists():
        raise InvalidInput("/kind", "Other contacts belong to this organization.")
    if person.fbos.exists() or person.groundproviders.exists():
        raise InvalidInput("/kind", "It serves at an airport.")
