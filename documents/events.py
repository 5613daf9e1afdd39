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
