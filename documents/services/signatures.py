"""What a signer does with the link: opens, reads, signs or declines."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from common.audit import record
from common.context import current
from common.exceptions import DomainError, InvalidInput
from common.lifecycle import locked, move
from documents.events import AgreementDeclined, AgreementSigned, AgreementViewed
from documents.exceptions import (
    AgreementClosed,
    AgreementNotRead,
    AgreementNotSigned,
    AgreementRunOut,
    AlreadyDeleted,
    CodeRequired,
    PurposeRequired,
    SignatureNotSealed,
    SignedTextDiffers,
)
from documents.models import (
    AccessDeed,
    Agreement,
    AgreementDeed,
    AgreementStatus,
    Document,
    DocumentAccess,
)
from documents.services import codes, files
from documents.services.agreements import (
    OUT,
    is_over,
    lock_both,
    require_standing,
    until_text,
)
from documents.services.trail import Caller, note, tell

SIGNED = (AgreementStatus.SIGNED, AgreementStatus.COUNTERSIGNED)
KEEP_COPY = timedelta(days=30)


@dataclass(frozen=True)
class Signature:
    """
    What a signer gives: a name as typed, the code, and the digests of what was shown.

    `drawing` is a data: address made by `documents.drawings`, or empty.
    """

    name: str
    code: str
    document_sha256: str
    consent_sha256: str
    drawing: str = ""


@dataclass(frozen=True)
class ReadFile:
    """A file as a signer gets it."""

    name: str
    content: bytes


@transaction.atomic
def open_agreement(agreement: Agreement, *, caller: Caller, at: datetime) -> Agreement:
    """Note that the signer opened it; the first time counts. Raises AgreementRunOut."""
    agreement = locked(agreement)
    if agreement.status != AgreementStatus.SENT:
        return agreement
    if is_over(agreement, at):
        raise AgreementRunOut(agreement=agreement.number, until=until_text(agreement))
    agreement.viewed_at = at
    move(agreement, AgreementStatus.VIEWED, actor=None, at=at)
    note(agreement, AgreementDeed.OPENED, at=at, caller=caller)
    tell(AgreementViewed, agreement)
    return agreement


@transaction.atomic
def request_code(agreement: Agreement, *, caller: Caller, at: datetime) -> Agreement:
    """
    Mail a code to who may still sign, or may read what they signed.

    Raises AgreementNotRead, AgreementClosed, AgreementRunOut, DocumentOutdated, TooManyCodes.
    """
    document, agreement = lock_both(agreement)
    if agreement.status in SIGNED:
        require_readable(agreement, at)
    else:
        _require_open(agreement, document, at)
    return codes.send_code(agreement, caller=caller, at=at)


def sign_agreement(
    agreement: Agreement, signature: Signature, *, caller: Caller, at: datetime
) -> Agreement:
    """
    Take the signature under exactly what was shown, once.

    Not for use inside a transaction: a wrong code must be counted although it is refused. Raises
    AgreementNotRead, AgreementClosed, AgreementRunOut, DocumentOutdated, SignedTextDiffers,
    InvalidInput, CodeNotSent, CodeExpired, CodeRefused.
    """
    with transaction.atomic(durable=True):
        document, agreement = lock_both(agreement)
        _require_open(agreement, document, at)
        name = _checked(agreement, signature)
        refusal = codes.try_code(agreement, signature.code, is_last=True, caller=caller, at=at)
        if refusal is None:
            _sign(agreement, signature, name, caller, at)
    if refusal is not None:
        raise refusal
    return agreement


@transaction.atomic
def decline_agreement(
    agreement: Agreement, *, reason: str, caller: Caller, at: datetime
) -> Agreement:
    """Take the signer's no, once, and keep why. Raises AgreementClosed, AgreementRunOut."""
    agreement = locked(agreement)
    _require_out(agreement, at)
    if not reason.strip():
        raise InvalidInput("/reason", "Say why.")
    agreement.declined_at, agreement.declined_because = at, reason.strip()
    # The reason may tell of a patient: the life-cycle history does not get it.
    move(agreement, AgreementStatus.DECLINED, actor=None, at=at)
    note(agreement, AgreementDeed.DECLINED, at=at, caller=caller)
    record("agreement.declined", agreement, actor=None, at=at)
    tell(AgreementDeclined, agreement)
    return agreement


def read_file(
    agreement: Agreement, *, code: str | None = None, caller: Caller, at: datetime
) -> ReadFile:
    """
    The document, or the signed file once there is one, for who holds the link; each look is noted.

    A medical document takes the mailed code as well. Not for use inside a transaction, as
    `sign_agreement`. Raises CodeRequired, CodeNotSent, CodeExpired, CodeRefused, AgreementNotRead,
    AgreementClosed, AgreementRunOut, FileMissing, FileAltered.
    """
    refusal: DomainError | None = None
    with transaction.atomic(durable=True):
        document, agreement = lock_both(agreement)
        require_readable(agreement, at)
        if agreement.is_medical:
            if code is None:
                raise CodeRequired
            refusal = codes.try_code(agreement, code, is_last=False, caller=caller, at=at)
        _note_look(document, agreement, refusal, caller, at)
        found = None if refusal else file_of(agreement)
    if refusal is not None or found is None:
        raise refusal or CodeRequired()
    return found


@transaction.atomic
def download_signed(
    agreement: Agreement, *, purpose: str, actor: Any, address: str | None, at: datetime
) -> ReadFile:
    """
    The signed file for somebody at work, written down as a download.

    Raises PurposeRequired, AgreementNotSigned, SignatureNotSealed, FileMissing, FileAltered.
    """
    if agreement.status not in SIGNED:
        raise AgreementNotSigned(agreement=agreement.number, status=agreement.status)
    if agreement.sealed_at is None:
        raise SignatureNotSealed(agreement=agreement.number)
    if agreement.is_medical and not purpose.strip():
        raise PurposeRequired
    DocumentAccess.objects.create(
        document=agreement.document,
        deed=AccessDeed.DOWNLOAD,
        user=actor,
        purpose=f"Signed file of {agreement.number}: {purpose}"[:200],
        address=address,
        request_id=current().request_id,
        occurred_at=at,
    )
    return file_of(agreement)


def file_of(agreement: Agreement) -> ReadFile:
    """
    The signed file, or the document while there is none.

    Raises FileMissing, FileAltered, AlreadyDeleted.
    """
    document = agreement.document
    if document.deleted_at is not None:
        raise AlreadyDeleted(document=document.number)
    stem = document.file_name.removesuffix(".pdf")
    if agreement.sealed_at is not None:
        return ReadFile(f"{stem}-signed.pdf", files.read(agreement))
    return ReadFile(f"{stem}.pdf", files.read(document))


def require_readable(agreement: Agreement, at: datetime) -> None:
    """
    Raise unless the link still shows the file.

    Raises AgreementNotRead, AgreementClosed, AgreementRunOut.
    """
    if agreement.status in SIGNED and agreement.signed_at is not None:
        if agreement.signed_at + KEEP_COPY <= at:
            raise AgreementClosed(agreement=agreement.number, status=agreement.status)
        return
    _require_out(agreement, at)
    if agreement.status == AgreementStatus.SENT:
        raise AgreementNotRead


def _require_open(agreement: Agreement, document: Document, at: datetime) -> None:
    _require_out(agreement, at)
    if agreement.status != AgreementStatus.VIEWED:
        raise AgreementNotRead
    require_standing(document)


def _require_out(agreement: Agreement, at: datetime) -> None:
    if agreement.status == AgreementStatus.EXPIRED or (
        agreement.status in OUT and is_over(agreement, at)
    ):
        raise AgreementRunOut(agreement=agreement.number, until=until_text(agreement))
    if agreement.status not in OUT:
        raise AgreementClosed(agreement=agreement.number, status=agreement.status)


def _checked(agreement: Agreement, signature: Signature) -> str:
    """The name as typed, cleaned. Raises SignedTextDiffers, InvalidInput."""
    if (signature.document_sha256, signature.consent_sha256) != (
        agreement.document_sha256,
        agreement.consent_sha256,
    ):
        raise SignedTextDiffers
    name = " ".join(signature.name.split())
    if len(name) < 2:
        raise InvalidInput("/name", "Type your whole name.")
    return name


def _sign(
    agreement: Agreement, signature: Signature, name: str, caller: Caller, at: datetime
) -> None:
    agreement.signed_at, agreement.signed_name = at, name
    agreement.drawing = signature.drawing or None
    agreement.signed_from, agreement.user_agent = caller.address, caller.agent
    move(agreement, AgreementStatus.SIGNED, actor=None, at=at)
    note(agreement, AgreementDeed.SIGNED, at=at, caller=caller)
    record("agreement.signed", agreement, actor=None, at=at, document=agreement.document_sha256)
    tell(AgreementSigned, agreement)


def _note_look(
    document: Document,
    agreement: Agreement,
    refusal: DomainError | None,
    caller: Caller,
    at: datetime,
) -> None:
    DocumentAccess.objects.create(
        document=document,
        deed=AccessDeed.REFUSED if refusal else AccessDeed.DOWNLOAD,
        purpose=f"Signer of {agreement.number}",
        refusal=refusal.code if refusal else "",
        address=caller.address,
        occurred_at=at,
    )
