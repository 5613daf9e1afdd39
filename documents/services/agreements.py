"""
Agreements at the desk: prepared, sent, taken back, countersigned, run out.

One order of locks: document, agreement, code. Of a signature, a withdrawal and an expiry whoever
holds the agreement first decides.
"""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from common.audit import record
from common.exceptions import InvalidInput
from common.lifecycle import locked, move, require_move
from common.links import digest_of, new_salt
from common.mail.outbox import address_of, post
from common.numbering import next_number
from documents import consent, links
from documents.events import AgreementExpired, AgreementSent, AgreementWithdrawn
from documents.exceptions import (
    AgreementClosed,
    AgreementStillValid,
    DocumentOutdated,
    NotForSigning,
)
from documents.kinds import kind_of
from documents.models import Agreement, AgreementDeed, AgreementStatus, Document
from documents.services.trail import Caller, note, tell
from documents.signing.keys import signing_identity

OUT = (AgreementStatus.SENT, AgreementStatus.VIEWED)
PDF = "application/pdf"
MOST_DAYS = 90


@transaction.atomic
def create_agreement(
    document: Document,
    *,
    signer_name: str,
    signer_email: str,
    signer_role: str,
    valid_days: int | None = None,
    actor: Any,
    at: datetime,
) -> Agreement:
    """
    Prepare a signature under the issue of a document that stands; nothing is sent yet.

    The database refuses a second open one for the same signer. Raises NotForSigning,
    DocumentOutdated, InvalidInput.
    """
    document = locked(document)
    require_standing(document)
    name = " ".join(signer_name.split())
    if not name:
        raise InvalidInput("/signer_name", "Who is to sign.")
    agreement = Agreement(
        document=document,
        document_sha256=document.sha256,
        signer_name=name,
        signer_email=address_of(signer_email, pointer="/signer_email"),
        signer_role=signer_role,
        consent_text=consent.CONSENT,
        consent_sha256=consent.digest_of(consent.CONSENT),
        valid_days=min(valid_days or settings.AGREEMENT_DAYS, MOST_DAYS),
        created_by=actor,
    )
    agreement.number = next_number("AG", year=at.year)
    agreement.save()
    note(agreement, AgreementDeed.CREATED, at=at, actor=actor)
    record("agreement.created", agreement, actor=actor, at=at, document=document.number)
    return agreement


@transaction.atomic
def send_agreement(agreement: Agreement, *, actor: Any, at: datetime) -> Agreement:
    """
    Mail the signer a link, good for as many days as the agreement says.

    Raises DocumentOutdated, SigningUnavailable (nobody signs what cannot be sealed),
    TransitionNotAllowed.
    """
    document, agreement = lock_both(agreement)
    require_move(agreement, AgreementStatus.SENT)
    require_standing(document)
    signing_identity(at=at)
    agreement.link_salt = new_salt()
    agreement.link_digest = digest_of(links.token_of(agreement.link_salt))
    agreement.sent_at, agreement.sent_by = at, actor
    agreement.expires_at = at + timedelta(days=agreement.valid_days)
    move(agreement, AgreementStatus.SENT, actor=actor, at=at)
    _mail_link(agreement, once="sent", at=at)
    note(agreement, AgreementDeed.SENT, at=at, actor=actor)
    record("agreement.sent", agreement, actor=actor, at=at)
    tell(AgreementSent, agreement)
    return agreement


@transaction.atomic
def remind_signer(agreement: Agreement, *, actor: Any, at: datetime) -> Agreement:
    """Mail the same link again. Raises AgreementClosed, DocumentOutdated."""
    document, agreement = lock_both(agreement)
    if agreement.status not in OUT or is_over(agreement, at):
        raise AgreementClosed(agreement=agreement.number, status=agreement.status)
    require_standing(document)
    _mail_link(agreement, once=f"reminded {at.isoformat()}", at=at)
    note(agreement, AgreementDeed.REMINDED, at=at, actor=actor)
    record("agreement.reminded", agreement, actor=actor, at=at)
    return agreement


@transaction.atomic
def withdraw_agreement(agreement: Agreement, *, reason: str, actor: Any, at: datetime) -> Agreement:
    """Take it back while it is not signed; the link says so. Raises TransitionNotAllowed."""
    agreement = locked(agreement)
    was_out = agreement.status in OUT
    move(agreement, AgreementStatus.WITHDRAWN, actor=actor, at=at, reason=reason)
    if was_out:
        post(
            "agreement_withdrawn",
            to=agreement.signer_email,
            context={"reference": agreement.number},
            once=str(agreement.pk),
            about=agreement,
            at=at,
        )
    note(agreement, AgreementDeed.WITHDRAWN, at=at, actor=actor)
    record("agreement.withdrawn", agreement, actor=actor, at=at)
    tell(AgreementWithdrawn, agreement)
    return agreement


@transaction.atomic
def expire_agreement(agreement: Agreement, *, at: datetime) -> Agreement:
    """Close one that nobody signed in time. Raises AgreementClosed, AgreementStillValid."""
    agreement = locked(agreement)
    if agreement.status not in OUT:
        raise AgreementClosed(agreement=agreement.number, status=agreement.status)
    if not is_over(agreement, at):
        raise AgreementStillValid(agreement=agreement.number, until=until_text(agreement))
    move(agreement, AgreementStatus.EXPIRED, actor=None, at=at)
    note(agreement, AgreementDeed.EXPIRED, at=at)
    record("agreement.expired", agreement, actor=None, at=at)
    tell(AgreementExpired, agreement)
    return agreement


@transaction.atomic
def note_lost_mail(agreement: Agreement, mail_id: int, *, at: datetime) -> None:
    """Put a mail that did not arrive on the trail, once; the desk sees why at the mail."""
    agreement = locked(agreement)
    lost = agreement.trail.filter(deed=AgreementDeed.MAIL_FAILED, user_agent=f"mail {mail_id}")
    if not lost.exists():
        note(agreement, AgreementDeed.MAIL_FAILED, at=at, caller=Caller(None, f"mail {mail_id}"))


def lock_both(agreement: Agreement) -> tuple[Document, Agreement]:
    """The document and the agreement, locked in this order, the one beneath the other."""
    document = locked(agreement.document)
    agreement = locked(agreement)
    agreement.document = document
    return document, agreement


def require_standing(document: Document) -> None:
    """Raise NotForSigning or DocumentOutdated unless people may sign this issue now."""
    kind = kind_of(document.kind)
    if kind is None or not kind.is_signable or document.media_type != PDF:
        raise NotForSigning(kind=document.kind)
    if document.deleted_at is not None:
        raise DocumentOutdated(document=document.number, reason="it was deleted")
    if not document.is_current:
        raise DocumentOutdated(document=document.number, reason="a newer issue took its place")
    if document.is_reissue_due:
        raise DocumentOutdated(document=document.number, reason="what it says has changed")


def is_over(agreement: Agreement, at: datetime) -> bool:
    """Whether its time to be signed is over."""
    return agreement.expires_at is not None and agreement.expires_at <= at


def until_text(agreement: Agreement) -> str:
    """Until when it can be signed, as people read it."""
    return day_text(agreement.expires_at) if agreement.expires_at else ""


def day_text(moment: datetime) -> str:
    """A moment in a mail or on a page; in figures, for months are names of people too."""
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _mail_link(agreement: Agreement, *, once: str, at: datetime) -> None:
    post(
        "agreement_link",
        to=agreement.signer_email,
        context={
            "reference": agreement.number,
            "link": links.address_of(agreement.link_salt),
            "until": until_text(agreement),
        },
        once=f"{agreement.pk} {once}",
        about=agreement,
        at=at,
    )
