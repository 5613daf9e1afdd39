from documents.models.document import (
    UPLOADED,
    AccessDeed,
    Document,
    DocumentAccess,
    DocumentClass,
)
from documents.models.letterhead import Letterhead
from documents.models.pack import DocumentPack, PackStatus
from documents.models.template import DocumentTemplate, TemplateStatus

__all__ = [
    "UPLOADED",
    "AccessDeed",
    "Document",
    "DocumentAccess",
    "DocumentClass",
    "DocumentPack",
    "DocumentTemplate",
    "Letterhead",
    "PackStatus",
    "TemplateStatus",
]
