"""One-time codes: six digits by mail, ten minutes, five attempts, the newest alone."""

import secrets
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext_noop

from common.exceptions import DomainError
from common.lifecycle import locked
from common.links import new_salt
from common.mail.outbox import post
from documents.exceptions import CodeExpired, CodeNotSent, CodeRefused, TooManyCodes
from documents.models import Agreement, AgreementCode, AgreementDeed
from documents.services.trail import Caller, note

CODE_LASTS = timedelta(minutes=10)
MOST_ATTEMPTS = 5
MOST_AN_HOUR = 5
# All guesses at all codes of one agreement: 1 in 10,000 at most.
MOST_CODES = 20
DIGITS = 6


@transaction.atomic
def send_code(agreement: Agreement, *, caller: Caller, at: datetime) -> Agreement:
    """Mail a new code; the one before is good no more. Raises TooManyCodes."""
    agreement = locked(agreement)
    sent = agreement.codes.all()
    if sent.count() >= MOST_CODES:
        raise TooManyCodes(hint=gettext_noop("Ask for a new link."))
    if sent.filter(sent_at__gt=at - timedelta(hours=1)).count() >= MOST_AN_HOUR:
        raise TooManyCodes(hint=gettext_noop("Try again in an hour."))
    sent.filter(used_at=None, replaced_at=None).update(replaced_at=at)
    code, salt = f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}", new_salt()
    row = AgreementCode.objects.create(
        agreement=agreement,
        salt=salt,
        digest=_digest(salt, code),
        sent_at=at,
        expires_at=at + CODE_LASTS,
    )
    minutes = str(int(CODE_LASTS.total_seconds() // 60))
    post(
        "agreement_code",
        to=agreement.signer_email,
        context={"reference": agreement.number, "code": code, "minutes": minutes},
        once=str(row.pk),
        about=agreement,
        at=at,
    )
    note(agreement, AgreementDeed.CODE_SENT, at=at, caller=caller)
    return agreement


def try_code(
    agreement: Agreement, code: str, *, is_last: bool, caller: Caller, at: datetime
) -> DomainError | None:
    """
    Hold a code against the one that was mailed; the agreement is locked. None when it is right.

    A refusal is returned and not raised: the attempt counts, so the transaction must stand, and
    who calls raises it afterwards. `is_last` uses the code up.
    """
    rows = AgreementCode.objects.select_for_update(no_key=True)
    row = rows.filter(agreement=agreement, used_at=None, replaced_at=None).first()
    if row is None:
        return CodeNotSent()
    if row.expires_at <= at or row.attempts >= MOST_ATTEMPTS:
        return CodeExpired()
    if not constant_time_compare(row.digest, _digest(row.salt, code)):
        row.attempts += 1
        row.save(update_fields=["attempts"])
        note(agreement, AgreementDeed.CODE_REFUSED, at=at, caller=caller)
        return CodeRefused(left=MOST_ATTEMPTS - row.attempts)
    if is_last:
        row.used_at = at
        row.save(update_fields=["used_at"])
    return None


def _digest(salt: str, code: str) -> str:
    """Keyed with the server's secret: a million codes are soon tried against a plain hash."""
    return salted_hmac(f"documents.code.{salt}", code, algorithm="sha256").hexdigest()
