"""Looks at documents: each is written down in the transaction that makes its answer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core import signing
from django.db import transaction

from common.context import current
from common.exceptions import DomainError
from documents.exceptions import (
    AlreadyDeleted,
    LinkExpired,
    NotYourLink,
    PurposeRequired,
    SignInForMedical,
)
from documents.models import (
    AccessDeed,
    Document,
    DocumentAccess,
    DocumentClass,
    DocumentPack,
    DocumentTemplate,
)
from documents.reach import within_reach
from documents.services import files
from users.models import User

SALT = "windsock document link"
LINK_GRANT = "documents.link_document"


@dataclass(frozen=True)
class Link:
    """A way to a file that is good for some minutes."""

    token: str
    expires_at: datetime


@dataclass(frozen=True)
class Handed:
    """A file as it is handed out."""

    content: bytes
    file_name: str
    media_type: str


def look(document: Document, *, user: Any, purpose: str = "", at: datetime) -> DocumentAccess:
    """Write down that somebody looked at what is known of a document. Raises PurposeRequired."""
    return _write(document, AccessDeed.VIEW, user=user, purpose=purpose, at=at)


def refuse(document: Document, refusal: str, *, user: Any, at: datetime) -> DocumentAccess:
    """Write down that somebody was kept from a document, and by which code."""
    return _write(document, AccessDeed.REFUSED, user=user, refusal=refusal, at=at)


def note_preview(
    template: DocumentTemplate, row: Any, *, user: Any, purpose: str, at: datetime
) -> DocumentAccess:
    """Write down that somebody saw a record by trying a template with it."""
    about = {"subject_type": row._meta.label_lower, "subject_id": row.pk, "template": template}
    return _write(None, AccessDeed.PREVIEW, user=user, purpose=purpose, at=at, **about)


@transaction.atomic
def link_to(document: Document, *, user: Any, purpose: str = "", at: datetime) -> Link:
    """
    A short-lived way to a document's file, for one person. Raises PurposeRequired, AlreadyDeleted.

    What it is for stays with us: an address may end up in places where no purpose belongs.
    """
    if document.deleted_at is not None:
        raise AlreadyDeleted(document=document.number)
    require_purpose(document, purpose)
    row = _write(document, AccessDeed.LINK, user=user, purpose=purpose, at=at)
    return _signed({"a": row.pk}, at)


@transaction.atomic
def link_to_pack(pack: DocumentPack, *, user: Any, purpose: str = "", at: datetime) -> Link:
    """
    A short-lived way to the file of a pack, for who asked for it.

    Raises PurposeRequired where a medical document is in it, as one of its own would.
    """
    documents = list(pack.documents.order_by("pk"))
    for document in documents:
        require_purpose(document, purpose)
    for document in documents:
        _write(document, AccessDeed.LINK, user=user, purpose=purpose, at=at)
    return _signed({"p": pack.pk}, at)


def require_purpose(document: Document, purpose: str) -> None:
    """Raise PurposeRequired for a medical document that somebody wants for no stated reason."""
    if document.classification == DocumentClass.MEDICAL and not purpose.strip():
        raise PurposeRequired


def follow(token: str, *, user: Any, at: datetime) -> Handed | None:
    """
    What a link leads to, written down as a download; None for one that leads nowhere.

    A link is its owner's: who is signed in as somebody else is refused, and medical files are
    handed to nobody who is not signed in. Grants are looked at anew. Raises LinkExpired.
    """
    try:
        said = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        return None
    if "p" in said:
        pack = DocumentPack.objects.select_related("requested_by").filter(pk=said["p"]).first()
        if pack is None:
            return None
        documents = list(pack.documents.order_by("pk"))
        return _or_refused(documents, user, at, lambda: _packed(pack, documents, said, user, at))
    row = DocumentAccess.objects.select_related("document", "user").filter(pk=said["a"]).first()
    if row is None or row.user is None or row.document is None:
        return None
    return _or_refused([row.document], user, at, lambda: _handed(row, said, user, at))


def _or_refused(
    documents: Sequence[Document], user: Any, at: datetime, hand_out: Callable[[], Handed]
) -> Handed:
    """Hand out, or write down for each document that it was refused, after what was undone."""
    try:
        return hand_out()
    except DomainError as refusal:
        for document in documents:
            refuse(document, refusal.code, user=user, at=at)
        raise


@transaction.atomic
def hand_to(document: Document, *, user: Any, at: datetime) -> Handed:
    """
    Hand a document to somebody whom another app lets have it, such as a client; written down.

    Medical ones leave this way for nobody. Raises NotYourLink, AlreadyDeleted.
    """
    if document.classification == DocumentClass.MEDICAL:
        raise NotYourLink
    if document.deleted_at is not None:
        raise AlreadyDeleted(document=document.number)
    _write(document, AccessDeed.DOWNLOAD, user=user, at=at)
    return Handed(files.read(document), document.file_name, document.media_type)


@transaction.atomic
def _handed(row: DocumentAccess, said: dict[str, Any], user: Any, at: datetime) -> Handed:
    document, owner = row.document, row.user
    assert owner is not None and document is not None  # noqa: PT018, S101 - looked at by the caller
    _check_owner(owner, user)
    if document.classification == DocumentClass.MEDICAL and not user.is_authenticated:
        raise SignInForMedical
    _check_age(said, at)
    if not may_reach(document, owner) or document.deleted_at is not None:
        raise NotYourLink
    _write(document, AccessDeed.DOWNLOAD, user=owner, purpose=row.purpose, at=at)
    return Handed(files.read(document), document.file_name, document.media_type)


@transaction.atomic
def _packed(
    pack: DocumentPack, documents: Sequence[Document], said: dict[str, Any], user: Any, at: datetime
) -> Handed:
    owner = pack.requested_by
    _check_owner(owner, user)
    _check_age(said, at)
    if not pack.file or not all(may_reach(document, owner) for document in documents):
        raise NotYourLink
    is_medical = any(d.classification == DocumentClass.MEDICAL for d in documents)
    if is_medical and not user.is_authenticated:
        raise SignInForMedical
    for document in documents:
        _write(document, AccessDeed.DOWNLOAD, user=owner, purpose=f"pack {pack.pk}", at=at)
    return Handed(files.read(pack), pack.file_name, "application/zip")


def may_reach(document: Document, user: User) -> bool:
    """Whether somebody may have a document now, at work and by grants."""
    if not (user.is_active and user.has_perm(LINK_GRANT)):
        return False
    rows = Document.objects.filter(within_reach(user, user.has_perm))
    return rows.filter(pk=document.pk).exists()


def _check_owner(owner: User, user: Any) -> None:
    if user.is_authenticated and user.pk != owner.pk:
        raise NotYourLink


def _check_age(said: dict[str, Any], at: datetime) -> None:
    if at.timestamp() >= said["e"]:
        raise LinkExpired


def _signed(said: dict[str, Any], at: datetime) -> Link:
    until = at + timedelta(seconds=settings.DOCUMENT_LINK_SECONDS)
    token = signing.dumps({**said, "e": int(until.timestamp())}, salt=SALT)
    return Link(token, until)


def _write(
    document: Document | None, deed: str, *, user: Any, at: datetime, **more: Any
) -> DocumentAccess:
    now = current()
    return DocumentAccess.objects.create(
        document=document,
        deed=deed,
        user=user if getattr(user, "pk", None) else None,
        address=now.address,
        request_id=now.request_id,
        occurred_at=at,
        **more,
    )
