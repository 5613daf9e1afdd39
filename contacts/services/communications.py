from datetime import datetime
from typing import Any

from django.db import transaction

from common.audit import record
from common.exceptions import InvalidInput
from contacts.exceptions import AlreadyCorrected
from contacts.models import Communication, Contact
from contacts.services.contacts import locked_contacts, require_current


@transaction.atomic
def log_communication(
    contact: Contact,
    *,
    channel: str,
    direction: str,
    subject: str = "",
    body: str = "",
    occurred_at: datetime | None = None,
    actor: Any,
    at: datetime,
) -> Communication:
    """
    Write down a call, mail, message or note; now unless another moment is given.

    An inactive contact may still call. Raises ContactMerged, InvalidInput.
    """
    contact = locked_contacts(contact.pk)[contact.pk]
    require_current(contact)
    entry = Communication(
        contact=contact,
        channel=channel,
        direction=direction,
        subject=subject,
        body=body,
        occurred_at=at if occurred_at is None else occurred_at,
        author=actor,
        recorded_at=at,
    )
    return _add(entry, at)


@transaction.atomic
def correct_communication(
    entry: Communication, *, reason: str, actor: Any, at: datetime, **values: Any
) -> Communication:
    """
    Write a new entry in place of a wrong one, which stays; what is not given is as it was.

    Raises AlreadyCorrected, ContactMerged, InvalidInput.
    """
    # Under the contact that stands for it today, where the entry is read.
    standing = entry.contact.merged_into or entry.contact
    contact = locked_contacts(standing.pk)[standing.pk]
    require_current(contact)
    # The contact's lock serves: rows of an append-only table cannot be locked by the application.
    if later := Communication.objects.filter(corrects=entry).first():
        raise AlreadyCorrected(correction=later.pk)
    kept = {
        name: values.get(name, getattr(entry, name))
        for name in ("channel", "direction", "subject", "body", "occurred_at")
    }
    correction = Communication(
        contact=contact,
        author=actor,
        recorded_at=at,
        corrects=entry,
        correction_reason=reason,
        **kept,
    )
    record("communication.corrected", entry, actor=actor, at=at)
    return _add(correction, at)


def _add(entry: Communication, at: datetime) -> Communication:
    if not (entry.subject.strip() or entry.body.strip()):
        raise InvalidInput("/subject", "Say what it was about: a subject or a body.")
    if entry.occurred_at > at:
        raise InvalidInput("/occurred_at", "That is still to come.")
    entry.save(force_insert=True)
    return entry
