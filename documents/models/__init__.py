from documents.models.agreement import (
    Agreement,
    AgreementCode,
    AgreementDeed,
    AgreementEntry,
    AgreementStatus,
    SignerRole,
)
from documents.models.document import (
    SEARCHED,
    UPLOADED,
    AccessDeed,
    Document,
    DocumentAccess,
    DocumentClass,
    LookPurpose,
)
from documents.models.letterhead import Letterhead
from documents.models.pack import DocumentPack, PackStatus
from documents.models.template import DocumentTemplate, TemplateStatus

__all__ = [
    "SEARCHED",
    "UPLOADED",
    "AccessDeed",
    "Agreement",
    "AgreementCode",
    "AgreementDeed",
    "AgreementEntry",
    "AgreementStatus",
    "Document",
    "DocumentAccess",
    "DocumentClass",
    "DocumentPack",
    "DocumentTemplate",
    "Letterhead",
    "LookPurpose",
    "PackStatus",
    "SignerRole",
    "TemplateStatus",
]
