"""Kinds of document that only tests know: a letter to a contact, and a medical note about one."""

from dataclasses import dataclass, field
from typing import Any

from contacts.models import Contact
from documents.kinds import DocumentKind, Source

CONTACT = "contacts.contact"
GRANT = "contacts.view_contact"


@dataclass
class Said:
    """What the next letter says, for a test to change."""

    data: dict[str, Any] = field(default_factory=dict)
    pictures: dict[str, bytes] = field(default_factory=dict)
    version: str = "1"


def letter_kind(said: Said, **more: Any) -> DocumentKind:
    """A kind of document about contacts, made of what `said` holds."""

    def gather(subject_id: int, reader: Any, at: Any) -> Source:
        rows = Contact.objects.all() if reader is None else Contact.objects.visible_to(reader)
        contact = rows.get(pk=subject_id)
        return Source(
            title=f"Contact {contact.pk}",
            version=said.version,
            data={"name": contact.name, **said.data},
            pictures=said.pictures,
            rules={"DOC-TEST": "1"},
        )

    given = {
        "key": "letter",
        "title": "Letter",
        "subject": CONTACT,
        "gather": gather,
        "make": GRANT,
        "read": GRANT,
        "layout": "letter.html",
        "classification": "confidential",
        "retention_years": 7,
        "app": "tests.documents",
    }
    return DocumentKind(**{**given, **more})
