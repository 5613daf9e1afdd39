"""One agreement that is out for signing, for tests of every route."""

from datetime import UTC, datetime
from itertools import count
from typing import Any

from common.links import digest_of, new_salt
from documents.links import token_of
from documents.models import Agreement, Document
from rpas.models import RPASOperator
from tests.users.factories import UserFactory

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


_number = count(1)


def agreement_rows(operator: RPASOperator) -> dict[str, tuple[str, Any]]:
    """The key in the address of one row of every kind, under a file of an operator."""
    n = next(_number)
    clerk, salt = UserFactory(), new_salt()
    document = Document.objects.create(
        number=f"DC-2020-{n:08}",
        kind="uploaded",
        title="Contract",
        scopes=[f"rpas_operator:{operator.pk}"],
        classification="confidential",
        file="documents/not-there-either.pdf",
        file_name="contract.pdf",
        media_type="application/pdf",
        size_bytes=1,
        sha256="1" * 64,
        generated_at=LONG_AGO,
    )
    agreement = Agreement.objects.create(
        number=f"AG-2020-{n:04}",
        document=document,
        document_sha256=document.sha256,
        signer_name="J. García",
        signer_email="j@family.example",
        signer_role="customer",
        consent_text="Yes",
        consent_sha256="2" * 64,
        valid_days=1,
        status="sent",
        created_by=clerk,
        sent_by=clerk,
        sent_at=LONG_AGO,
        expires_at=LONG_AGO,
        link_salt=salt,
        link_digest=digest_of(token_of(salt)),
    )
    return {
        "documents/agreements": ("number", agreement.number),
        "documents/signing": ("token", token_of(salt)),
    }
