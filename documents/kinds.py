"""Which documents there are: each app that knows the data registers its kinds here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Classification = Literal["public", "internal", "confidential", "medical"]
Snapshot = Mapping[str, Any]
# The kind of what was handed in instead of made here; nothing is registered under it.
UPLOADED = "uploaded"


@dataclass(frozen=True)
class Source:
    """
    The row a document is made from, as its app found it for one reader.

    `title` names it in lists ("TR-2026-0012"), `version` changes whenever its documents must be
    made anew, `data` is JSON: text, numbers, lists, mappings; pictures (PNG, JPEG or SVG, made
    here) under `pictures`. Equal data is the same document, so no clock goes into it. `title` is
    shown in lists and logs: no names of patients. `scope` is whose record it is, as audit has it.
    """

    title: str
    version: str
    data: Snapshot
    pictures: Mapping[str, bytes] = field(default_factory=dict)
    rules: Mapping[str, str] = field(default_factory=dict)
    scope: str = ""


@dataclass(frozen=True)
class DocumentKind:
    """
    One kind of document: what it is made from, who may make and read it, how long it is kept.

    `subject` is the label of the model ("operations.trip"). `gather(subject_id, reader, at)` gives
    the snapshot; it raises Django's ObjectDoesNotExist for what the reader may not see.
    `make` and `read` are permissions ("operations.view_trip"). `layout` is the file of the layout
    that ships with the app, below its folder `document_layouts`; the app is the one that `gather`
    is in, unless `app` names another package. `retention_years` None keeps it until somebody
    deletes it. Without letterhead the layout has the page to itself, but for its edges. `also_read`
    are permissions that makers and readers must hold beside the others, where a document shows
    what several grants open. `is_signable`: it may be sent to somebody outside to be signed.
    `keeps_uploads`: a file that is handed in about the same record is kept as long, whatever else
    is said of it. `is_sealed`: snapshot and file are encrypted although it is no medical record,
    because it names people whose names are encrypted where they come from.
    """

    key: str
    title: str
    subject: str
    gather: Callable[[int, Any, datetime], Source]
    make: str
    read: str
    layout: str
    classification: Classification = "confidential"
    retention_years: int | None = None
    is_landscape: bool = False
    in_pack: bool = True
    has_letterhead: bool = True
    app: str = ""
    also_read: tuple[str, ...] = ()
    is_signable: bool = False
    is_sealed: bool = False
    keeps_uploads: bool = False

    def may_make(self, holds: Callable[[str], bool]) -> bool:
        """Whether grants are enough to have one made, which shows it."""
        return all(holds(name) for name in (self.make, *self.also_read))

    def may_read(self, holds: Callable[[str], bool]) -> bool:
        """Whether grants are enough to read one."""
        return all(holds(name) for name in (self.read, *self.also_read))


_KINDS: dict[str, DocumentKind] = {}


def rows_for(rows: Any, reader: Any) -> Any:
    """The rows that a reader may see; all of them for the system, which is nobody (None)."""
    return rows.all() if reader is None else rows.visible_to(reader)


def register(kind: DocumentKind) -> DocumentKind:
    """Add a kind at start-up. Raises ValueError for a key that is taken."""
    if kind.key in _KINDS or kind.key == UPLOADED:
        raise ValueError(f"document kind {kind.key} is registered twice")
    _KINDS[kind.key] = kind
    return kind


def kinds() -> tuple[DocumentKind, ...]:
    """Every kind, by key."""
    return tuple(_KINDS[key] for key in sorted(_KINDS))


def kind_of(key: str) -> DocumentKind | None:
    """The kind of a key, or None."""
    return _KINDS.get(key)


def kinds_of(subject: str) -> tuple[DocumentKind, ...]:
    """The kinds made from a model, by key."""
    return tuple(kind for kind in kinds() if kind.subject == subject)


def years_of_uploads(subject: str) -> int | None:
    """How many years a file handed in about a record of a model is kept at least; None: as said."""
    years = [kind.retention_years or 0 for kind in kinds_of(subject) if kind.keeps_uploads]
    return max(years, default=None)
