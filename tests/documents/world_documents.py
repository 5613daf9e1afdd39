"""A document and a pack of one operator, and a template, for tests of every route."""

from datetime import UTC, datetime
from itertools import count
from typing import Any

from documents.models import Document, DocumentPack, DocumentTemplate
from flight_operations.models import FlightOperation
from tests.users.factories import UserFactory

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


_number = count(1)


def document_rows(operation: FlightOperation) -> dict[str, tuple[str, Any]]:
    """The key in the address of a file and a pack that belong to the operator of an operation."""
    document = Document.objects.create(
        number=f"DC-2020-{next(_number):06}",
        kind="uploaded",
        title="Insurance certificate",
        scopes=[f"rpas_operator:{operation.operator_id}"],
        classification="confidential",
        file="documents/not-there.pdf",
        file_name="insurance.pdf",
        media_type="application/pdf",
        size_bytes=1,
        sha256="0" * 64,
        generated_at=LONG_AGO,
    )
    pack = DocumentPack.objects.create(
        subject_type="flight_operations.flightoperation",
        subject_id=operation.pk,
        subject_title=operation.number,
        requested_by=UserFactory(),
        requested_at=LONG_AGO,
    )
    pack.documents.set([document])
    return {
        "documents/documents": ("number", document.number),
        "documents/packs": ("id", pack.pk),
    }


def layout_rows() -> dict[str, tuple[str, Any]]:
    """The key in the address of one row of every kind that whoever works here shares."""
    template = DocumentTemplate.objects.create(
        kind="letter", edition=1, text="x", text_sha256="0" * 64, status="retired"
    )
    return {
        "documents/templates": ("id", template.pk),
        "documents/downloads": ("token", "not-a-token"),
    }
