import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from django.utils import timezone

from common.models import Mail
from documents.kinds import register
from documents.models import Agreement, Document
from documents.queries.agreements import agreement_by_token
from documents.services import agreements, signatures
from documents.services.generation import generate
from documents.services.signatures import Signature
from documents.services.trail import Caller
from tests.documents.factories import GRANT, letter_kind
from tests.users.factories import UserFactory, grant

CALLER = Caller("203.0.113.7", "Mozilla/5.0 (Test)")
NAME = "Jürgen Ołowski"
EMAIL = "j.olowski@family.example"
DESK = (
    GRANT,
    "documents.view_agreement",
    "documents.add_agreement",
    "documents.send_agreement",
    "documents.withdraw_agreement",
    "documents.countersign_agreement",
    "documents.download_agreement",
)


@dataclass
class Desk:
    """Somebody at the desk with documents that people outside sign."""

    clerk: Any
    contact: Any
    at: datetime

    def document(self, kind: str = "contract") -> Document:
        return generate(kind, self.contact.pk, actor=None, at=self.at)

    def draft(self, document: Document | None = None, **more: Any) -> Agreement:
        given = {"signer_name": NAME, "signer_email": EMAIL, "signer_role": "customer", **more}
        document = document or self.document()
        return agreements.create_agreement(document, **given, actor=self.clerk, at=self.at)

    def sent(self, document: Document | None = None, **more: Any) -> Agreement:
        return agreements.send_agreement(self.draft(document, **more), actor=self.clerk, at=self.at)

    def opened(self, document: Document | None = None, **more: Any) -> Agreement:
        return signatures.open_agreement(self.sent(document, **more), caller=CALLER, at=self.at)

    def code(self, agreement: Agreement, *, at: datetime | None = None) -> str:
        """Ask for a code and read it in the mail."""
        signatures.request_code(agreement, caller=CALLER, at=at or self.at)
        return code_in_mail()

    def signature(self, agreement: Agreement, code: str, **more: Any) -> Signature:
        given = {
            "name": NAME,
            "code": code,
            "document_sha256": agreement.document_sha256,
            "consent_sha256": agreement.consent_sha256,
            **more,
        }
        return Signature(**given)

    def signed(self, agreement: Agreement | None = None, **more: Any) -> Agreement:
        agreement = agreement or self.opened()
        signature = self.signature(agreement, self.code(agreement), **more)
        return signatures.sign_agreement(agreement, signature, caller=CALLER, at=self.at)


def code_in_mail() -> str:
    """The code in the newest mail that carries one."""
    mail = Mail.objects.filter(kind="agreement_code").latest("pk")
    return str(json.loads(str(mail.context))["code"])


def token_in_mail() -> str:
    """The token in the newest mail with a link."""
    mail = Mail.objects.filter(kind="agreement_link").latest("pk")
    link = str(json.loads(str(mail.context))["link"])
    token = link.rstrip("/").rpartition("/")[2]
    assert agreement_by_token(token) is not None
    return token


@pytest.fixture(autouse=True)
def signable(said: Any) -> None:
    """Two kinds that people outside sign: a contract, and a consent about a patient."""
    register(letter_kind(said, key="contract", title="Charter contract", is_signable=True))
    register(
        letter_kind(
            said,
            key="consent",
            title="Ambulance consent",
            classification="medical",
            is_signable=True,
        )
    )


@pytest.fixture(autouse=True)
def demo_key(settings: Any, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A signing key made once for all tests."""
    settings.SIGNING_DEMO_ALLOWED = True
    settings.SIGNING_DEMO_PATH = str(tmp_path_factory.getbasetemp() / "demo-signature.pem")


@pytest.fixture
def clerk() -> Any:
    user = UserFactory()
    grant(user, *DESK)
    return user


@pytest.fixture
def desk(clerk: Any, contact: Any) -> Desk:
    return Desk(clerk=clerk, contact=contact, at=timezone.now())
