from dataclasses import dataclass
from typing import ClassVar

from common.events import Event


@dataclass(frozen=True, kw_only=True)
class DocumentGenerated(Event):
    """A new issue of a document was made."""

    name: ClassVar[str] = "documents.generated"
    document_id: int


@dataclass(frozen=True, kw_only=True)
class DocumentsDueForReissue(Event):
    """What documents say of a record is not so any more."""

    name: ClassVar[str] = "documents.due_for_reissue"
    document_ids: list[int]


@dataclass(frozen=True, kw_only=True)
class DocumentStands(Event):
    """A document that was due to be made anew is not any more: it says what is so, or is gone."""

    name: ClassVar[str] = "documents.stands"
    document_id: int


@dataclass(frozen=True, kw_only=True)
class AgreementFact(Event):
    """What all events of agreements carry: the document that is signed and what it is about."""

    name: ClassVar[str] = "documents.agreement"
    agreement_id: int
    document_id: int
    kind: str
    subject_type: str
    subject_id: int | None


@dataclass(frozen=True, kw_only=True)
class AgreementSent(AgreementFact):
    """A link to sign went to the signer."""

    name: ClassVar[str] = "documents.agreement_sent"


@dataclass(frozen=True, kw_only=True)
class AgreementViewed(AgreementFact):
    """The signer opened the document for the first time."""

    name: ClassVar[str] = "documents.agreement_viewed"


@dataclass(frozen=True, kw_only=True)
class AgreementSigned(AgreementFact):
    """The signer signed. The sealed file follows."""

    name: ClassVar[str] = "documents.agreement_signed"


@dataclass(frozen=True, kw_only=True)
class AgreementSealed(AgreementFact):
    """The signed file was made."""

    name: ClassVar[str] = "documents.agreement_sealed"


@dataclass(frozen=True, kw_only=True)
class AgreementCountersigned(AgreementFact):
    """The operator signed as well."""

    name: ClassVar[str] = "documents.agreement_countersigned"


@dataclass(frozen=True, kw_only=True)
class AgreementDeclined(AgreementFact):
    """The signer said no."""

    name: ClassVar[str] = "documents.agreement_declined"


@dataclass(frozen=True, kw_only=True)
class AgreementExpired(AgreementFact):
    """Nobody signed in time."""

    name: ClassVar[str] = "documents.agreement_expired"


@dataclass(frozen=True, kw_only=True)
class AgreementWithdrawn(AgreementFact):
    """The request to sign was taken back."""

    name: ClassVar[str] = "documents.agreement_withdrawn"
