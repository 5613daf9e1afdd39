"""
Handing mails to the server, at most once each.

A mail is claimed, its hand-over is noted just before the content goes out, and how it ended is
written last: three short transactions with the network between them. Who finds a claim that ran out
can tell a mail that never left from one that the server may have.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.mail import get_connection
from django.core.mail.message import sanitize_address
from django.db import transaction
from django.template import TemplateDoesNotExist

from common.audit import record
from common.exceptions import DomainError
from common.lifecycle import locked
from common.mail.events import MailFailed
from common.mail.messages import message_of
from common.mail.replies import SENT, Outcome, outcome_of
from common.mail.transport import SmtpTransport
from common.models import Mail, MailStatus, SuppressedAddress
from common.outbox import announce

logger = logging.getLogger(__name__)
# Longer than a worker lets a task run: whoever held it is gone.
LEASE = timedelta(minutes=12)
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=1)
AT_A_TIME = 200
Clock = Callable[[], datetime]


class ClaimLost(ConnectionError):
    """Another worker took the mail over; nothing of it has gone out here."""


class AlreadyLifted(DomainError):
    code = "already_lifted"
    message = "Mail goes to this address again already."


def send(mail_id: int, *, clock: Clock) -> None:
    """
    Send one mail that is due, unless somebody else does or it came too late.

    Never inside a transaction: what is noted on the way must stand whatever comes after.
    """
    mail = claim(mail_id, at=clock())
    if mail is None:
        return
    finish(mail, _handed_over(mail, clock), at=clock())


@transaction.atomic
def claim(mail_id: int, *, at: datetime) -> Mail | None:
    """Take a mail that is due, for a while; None for one that is taken, ended or came too late."""
    rows = Mail.objects.select_for_update(skip_locked=True, no_key=True)
    mail = rows.filter(pk=mail_id, status=MailStatus.QUEUED, next_attempt_at__lte=at).first()
    if mail is None:
        return None
    if mail.not_after <= at:
        _end(mail, MailStatus.LAPSED, mail.reply, at)
        return None
    if _is_suppressed(mail.recipient):
        _end(mail, MailStatus.SUPPRESSED, mail.reply, at)
        return None
    mail.status, mail.claimed_until = MailStatus.SENDING, at + LEASE
    mail.attempts, mail.next_attempt_at, mail.handed_over_at = mail.attempts + 1, None, None
    mail.save()
    return mail


@transaction.atomic
def finish(mail: Mail, outcome: Outcome, *, at: datetime) -> None:
    """Write down how a claimed mail ended; nothing when the claim was lost meanwhile."""
    fresh = _still_ours(mail)
    if fresh is None:
        return
    if outcome.result == "later":
        wait = min(FIRST_WAIT * 2 ** (fresh.attempts - 1), LONGEST_WAIT)
        fresh.status, fresh.next_attempt_at = MailStatus.QUEUED, at + wait
        fresh.claimed_until = fresh.handed_over_at = None
        fresh.reply = outcome.reply
        fresh.save()
    elif outcome.result == "sent":
        _end(fresh, MailStatus.SENT, outcome.reply, at)
    else:
        status = MailStatus.FAILED if outcome.result == "refused" else MailStatus.UNKNOWN
        _end(fresh, status, outcome.reply, at)
        if outcome.is_address_dead:
            suppress(fresh.recipient, reason=outcome.reply, at=at)


def sweep(*, at: datetime) -> list[int]:
    """
    Free the mails of workers that are gone, and name those that are due.

    One whose content had begun to go out ends as unknown: it is not sent a second time.
    """
    over = Mail.objects.filter(status=MailStatus.SENDING, claimed_until__lte=at).order_by("pk")
    for mail in over[:AT_A_TIME]:
        outcome = "unknown" if mail.handed_over_at else "later"
        finish(mail, Outcome(outcome, "The worker was lost."), at=at)  # type: ignore[arg-type]
    due = Mail.objects.filter(status=MailStatus.QUEUED, next_attempt_at__lte=at)
    return list(due.order_by("next_attempt_at", "pk").values_list("pk", flat=True)[:AT_A_TIME])


@transaction.atomic
def suppress(address: str, *, reason: str, at: datetime) -> None:
    """Send nothing more to an address; twice is once."""
    SuppressedAddress.objects.get_or_create(
        address=address.lower(),
        lifted_at=None,
        defaults={"reason": reason, "suppressed_at": at},
    )


@transaction.atomic
def lift(suppression: SuppressedAddress, *, actor: Any, at: datetime) -> SuppressedAddress:
    """Let mail go to an address again. Raises AlreadyLifted."""
    suppression = locked(suppression)
    if suppression.lifted_at is not None:
        raise AlreadyLifted
    suppression.lifted_at, suppression.lifted_by = at, actor
    suppression.save()
    record("mail.suppression_lifted", suppression, actor=actor, at=at)
    return suppression


def _handed_over(mail: Mail, clock: Clock) -> Outcome:
    """Give a claimed mail to the server and say how that ended."""
    transport: Any = get_connection()
    try:
        message = message_of(mail, at=clock().timestamp())
    except (KeyError, ValueError, TemplateDoesNotExist) as error:
        # A kind that is gone, a header that is none: it will not be better the next time.
        logger.exception("Mail %s cannot be written", mail.pk)
        return Outcome("refused", type(error).__name__)
    try:
        if isinstance(transport, SmtpTransport):
            transport.hand_over(
                message,
                envelope_from=settings.MAIL_ENVELOPE_FROM,
                recipient=sanitize_address(mail.recipient, "utf-8"),
                before_content=lambda: _note_hand_over(mail, clock()),
            )
        else:
            transport.send_messages([message])
    except OSError as error:
        is_over = getattr(transport, "is_handed_over", False)
        return outcome_of(error, is_handed_over=is_over)
    return SENT


def _note_hand_over(mail: Mail, at: datetime) -> None:
    """Write down, and commit, that the server may have it from here on. Raises ClaimLost."""
    ours = Mail.objects.filter(pk=mail.pk, status=MailStatus.SENDING, attempts=mail.attempts)
    if not ours.update(handed_over_at=at):
        raise ClaimLost


def _still_ours(mail: Mail) -> Mail | None:
    """The claimed row, locked, unless somebody claimed it anew."""
    rows = Mail.objects.select_for_update(no_key=True)
    ours = rows.filter(pk=mail.pk, status=MailStatus.SENDING, attempts=mail.attempts)
    return ours.first()


def _is_suppressed(address: str) -> bool:
    live = SuppressedAddress.objects.filter(address=address.lower(), lifted_at=None)
    return live.exists()


def _end(mail: Mail, status: str, reply: str, at: datetime) -> None:
    """Close a mail and forget what was in it; one that did not arrive is announced."""
    mail.status, mail.reply, mail.ended_at = status, reply, at
    mail.context = mail.next_attempt_at = mail.claimed_until = None
    mail.save()
    if status != MailStatus.SENT:
        announce(MailFailed(mail_id=mail.pk))
