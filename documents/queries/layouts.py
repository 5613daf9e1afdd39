"""The layout of each kind: what ships with its app, and what somebody made of it here."""

import hashlib
import sys
from functools import lru_cache
from pathlib import Path

from documents.exceptions import UnknownKind
from documents.kinds import DocumentKind, kind_of
from documents.layout.language import Layout, read_layout
from documents.layout.placeholders import Placeholders
from documents.models import DocumentTemplate, TemplateStatus

FOLDER = "document_layouts"


def known_kind(key: str) -> DocumentKind:
    """The kind of a key. Raises UnknownKind."""
    kind = kind_of(key)
    if kind is None:
        raise UnknownKind(kind=key[:40])
    return kind


def shipped_text(kind: DocumentKind) -> str:
    """The layout that ships with the kind's app, as it is written."""
    app = kind.app or kind.gather.__module__.partition(".")[0]
    root = Path(str(sys.modules[app].__file__)).parent
    return _read(root / FOLDER / kind.layout)


def shipped_layout(kind: DocumentKind) -> Layout:
    """The layout that ships with the kind's app. Raises LayoutRefused."""
    return _parsed(shipped_text(kind), None)


def placeholders_of(kind: DocumentKind) -> Placeholders:
    """What a template of a kind may show."""
    return shipped_layout(kind).placeholders


def edited_layout(kind: DocumentKind, text: str) -> Layout:
    """A template of somebody's as a layout, held against the kind's list. Raises LayoutRefused."""
    return _parsed(text, shipped_text(kind))


def layout_of(kind: DocumentKind, template: DocumentTemplate) -> Layout:
    """The layout of an edition."""
    if template.is_shipped:
        return _parsed(template.text, None)
    return edited_layout(kind, template.text)


def template_in_force(kind: DocumentKind) -> DocumentTemplate | None:
    """The published edition of a kind, if there is one."""
    rows = DocumentTemplate.objects.filter(kind=kind.key, status=TemplateStatus.PUBLISHED)
    return rows.first()


def digest(text: str) -> str:
    """The SHA-256 of a text, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


@lru_cache(maxsize=128)
def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@lru_cache(maxsize=256)
def _parsed(text: str, shipped: str | None) -> Layout:
    allowed = _parsed(shipped, None).placeholders if shipped is not None else None
    return read_layout(text, allowed=allowed)
