"""One document, pack and template, for tests of every route."""

from datetime import UTC, datetime
from typing import Any

from documents.models import Document, DocumentPack, DocumentTemplate
from tests.users.factories import UserFactory

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def document_rows() -> dict[str, tuple[str, Any]]:
    """The key in the address of one row of every kind; whoever works here shares them."""
    document = Document.objects.create(
        number="DC-2020-000001",
        kind="uploaded",
        title="Insurance certificate",
        classification="confidential",
        file="documents/not-there.pdf",
        file_name="insurance.pdf",
        media_type="application/pdf",
        size_bytes=1,
        sha256="0" * 64,
        generated_at=LONG_AGO,
    )
    pack = DocumentPack.objects.create(
        subject_type="operations.trip",
        subject_id=1,
        subject_title="TR-2020-0001",
        requested_by=UserFactory(),
        requested_at=LONG_AGO,
    )
    template = DocumentTemplate.objects.create(
        kind="letter", edition=1, text="x", text_sha256="0" * 64, status="retired"
    )
    return {
        "documents/documents": ("number", document.number),
        "documents/packs": ("id", pack.pk),
        "documents/templates": ("id", template.pk),
        "documents/downloads": ("token", "not-a-token"),
    }
