"""The signed file: the document, the pages of evidence, and signatures that show any change."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import transaction

from common.audit import record
from common.lifecycle import locked, move, require_move
from common.mail.outbox import post
from documents import links
from documents.events import AgreementCountersigned, AgreementSealed
from documents.evidence import Evidence, TrailLine, evidence_page, seal_picture, stamp
from documents.exceptions import (
    AgreementNotSigned,
    AlreadyDeleted,
    FileAltered,
    SignatureNotSealed,
    SigningUnavailable,
)
from documents.models import Agreement, AgreementDeed, AgreementStatus
from documents.queries.letterheads import letterhead, sender_of
from documents.rendering import render_pdf
from documents.services import files
from documents.services.agreements import day_text, lock_both
from documents.services.signatures import KEEP_COPY, SIGNED
from documents.services.trail import note, tell
from documents.signing import pdf
from documents.signing.keys import SigningIdentity, signing_identity
from documents.signing.validation import SignatureCheck, check_signatures


@transaction.atomic
def seal_agreement(agreement: Agreement, *, at: datetime) -> Agreement:
    """
    Make the signed file of a signature; one that is made stays.

    Raises AgreementNotSigned, SigningUnavailable, FileMissing, FileAltered when the document is not
    what was signed, and what laying out raises.
    """
    document, agreement = lock_both(agreement)
    if agreement.status not in SIGNED:
        raise AgreementNotSigned(agreement=agreement.number, status=agreement.status)
    if agreement.sealed_at is not None:
        return agreement
    identity = signing_identity(at=at)
    original = files.read(document)
    if files.sha256(original) != agreement.document_sha256:
        raise FileAltered(document=document.number)
    pages = render_pdf(evidence_page(_evidence(agreement, identity), sender_of(letterhead())))
    signed = pdf.sign(pdf.with_pages(original, pages.content), _statement(agreement), identity)
    agreement.sealed_at, agreement.certificate_sha256 = at, identity.fingerprint
    with _kept(agreement, signed):
        agreement.save()
    note(agreement, AgreementDeed.SEALED, at=at)
    record("agreement.sealed", agreement, actor=None, at=at, sha256=agreement.sha256)
    tell(AgreementSealed, agreement)
    return agreement


@transaction.atomic
def countersign_agreement(agreement: Agreement, *, actor: Any, at: datetime) -> Agreement:
    """
    Sign for the operator, beneath the signer's signature, which stays valid.

    Raises TransitionNotAllowed, SignatureNotSealed, SigningUnavailable, FileMissing, FileAltered.
    """
    document, agreement = lock_both(agreement)
    require_move(agreement, AgreementStatus.COUNTERSIGNED)
    if agreement.sealed_at is None:
        raise SignatureNotSealed(agreement=agreement.number)
    if document.deleted_at is not None:
        raise AlreadyDeleted(document=document.number)
    identity = signing_identity(at=at)
    name = actor.full_name
    picture = seal_picture(
        title="Countersigned for the operator",
        name=name,
        lines=[stamp(at), agreement.number, identity.holder],
    )
    statement = pdf.Statement(
        name, f"Countersignature of {agreement.number}", render_pdf(picture).content
    )
    countersigned = pdf.countersign(files.read(agreement), statement, identity)
    agreement.countersigned_at, agreement.countersigned_by = at, actor
    with _kept(agreement, countersigned):
        move(agreement, AgreementStatus.COUNTERSIGNED, actor=actor, at=at)
    note(agreement, AgreementDeed.COUNTERSIGNED, at=at, actor=actor)
    record("agreement.countersigned", agreement, actor=actor, at=at, sha256=agreement.sha256)
    tell(AgreementCountersigned, agreement)
    return agreement


@transaction.atomic
def mail_copy(agreement: Agreement, *, at: datetime) -> None:
    """Tell the signer where the signed file is, once."""
    agreement = locked(agreement)
    kept_until = _signed_at(agreement) + KEEP_COPY
    post(
        "agreement_signed",
        to=agreement.signer_email,
        context={
            "reference": agreement.number,
            "link": links.address_of(agreement.link_salt),
            "until": day_text(kept_until),
        },
        once=str(agreement.pk),
        about=agreement,
        at=at,
    )


def check_agreement(agreement: Agreement, *, at: datetime) -> list[SignatureCheck]:
    """
    Whether the signatures of the signed file hold, by the certificate that was noted when it was
    sealed, or the one in use: a newer key does not make an older signature wrong.

    Raises AgreementNotSigned, FileMissing, FileAltered.
    """
    if agreement.sealed_at is None:
        raise AgreementNotSigned(agreement=agreement.number, status=agreement.status)
    if agreement.document.deleted_at is not None:
        raise AlreadyDeleted(document=agreement.document.number)
    made_at = {pdf.SIGNED: agreement.sealed_at}
    if agreement.countersigned_at is not None:
        made_at[pdf.COUNTERSIGNED] = agreement.countersigned_at
    return check_signatures(
        files.read(agreement),
        trusted=_in_use(at),
        at=at,
        recorded={agreement.certificate_sha256},
        made_at=made_at,
    )


def _in_use(at: datetime) -> list[bytes]:
    """The certificate that files are signed with now, if there is one."""
    try:
        return [signing_identity(at=at).certificate_der]
    except SigningUnavailable:
        return []


@contextmanager
def _kept(agreement: Agreement, content: bytes) -> Iterator[None]:
    """Put a signed file in the place of the one before while the block saves the row."""
    storage, before = agreement.file.storage, agreement.file.name
    # It says who signed, so it is no less secret than what was signed.
    is_sealed = agreement.document.file_key is not None
    files.keep(agreement, content, ending=".pdf", is_sealed=is_sealed)
    made = agreement.file.name
    try:
        yield
    except Exception:
        files.drop(storage, made)
        raise

    def drop() -> None:
        files.drop(storage, before)

    # Robust: what is left behind does not undo a signature that is committed.
    transaction.on_commit(drop, robust=True)


def _statement(agreement: Agreement) -> pdf.Statement:
    name = str(agreement.signed_name)
    picture = seal_picture(
        title=f"Signed electronically, {agreement.get_signer_role_display().lower()}",
        name=name,
        lines=[stamp(_signed_at(agreement)), agreement.number],
        drawing=agreement.drawing or "",
    )
    reason = f"Signature of {agreement.number}, confirmed with a one-time code"
    return pdf.Statement(name, reason, render_pdf(picture).content)


def _evidence(agreement: Agreement, identity: SigningIdentity) -> Evidence:
    document = agreement.document
    return Evidence(
        number=agreement.number,
        document=f"{document.title}, {document.number}, issue {document.issue}",
        document_sha256=agreement.document_sha256,
        signer_name=str(agreement.signer_name),
        signer_email=agreement.signer_email,
        signer_role=agreement.get_signer_role_display().lower(),
        signed_name=str(agreement.signed_name),
        drawing=agreement.drawing or "",
        signed_at=_signed_at(agreement),
        signed_from=agreement.signed_from or "",
        user_agent=agreement.user_agent,
        consent_text=agreement.consent_text,
        consent_sha256=agreement.consent_sha256,
        certificate=identity.holder,
        certificate_sha256=identity.fingerprint,
        trail=tuple(
            TrailLine(
                entry.occurred_at,
                entry.get_deed_display(),
                entry.actor.full_name if entry.actor else "",
                entry.address or "",
            )
            for entry in agreement.trail.select_related("actor").order_by("pk")
        ),
    )


def _signed_at(agreement: Agreement) -> datetime:
    """When it was signed. Raises AgreementNotSigned."""
    if agreement.signed_at is None:
        raise AgreementNotSigned(agreement=agreement.number, status=agreement.status)
    return agreement.signed_at
