"""
Mails that came back: delivery status notifications (RFC 3464) that a mail server pipes in.

They come with the null path and are never answered. Only one that names a mail of ours by its
message id, which nobody but its receiver's servers saw, has an effect.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.errors import MessageError
from email.message import Message
from typing import Any, cast

from django.db import transaction

from common.mail.dispatch import suppress
from common.mail.events import MailFailed
from common.mail.replies import DEAD, MOST_TEXT
from common.models import Mail, MailStatus
from common.outbox import announce

MOST_BYTES = 1024 * 1024
_ID = re.compile(r"^message-id:\s*(<[^<>\s]{1,200}>)\s*$", re.IGNORECASE | re.MULTILINE)
_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
ORIGINALS = {"message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers"}


@dataclass(frozen=True)
class Bounce:
    """What one notification says of one recipient of one mail."""

    message_id: str
    recipient: str
    status: str
    reply: str


def read_bounce(raw: bytes) -> list[Bounce]:
    """
    The recipients that a notification gives up for good; none for any other mail.

    A delay, a success and what cannot be read come to nothing: this never raises for its input.
    """
    if len(raw) > MOST_BYTES:
        return []
    try:
        report = message_from_bytes(raw, policy=policy.compat32)
        if report.get_content_type() != "multipart/report":
            return []
        original = _original_id(report)
        return list(_given_up(report, original)) if original else []
    except (MessageError, ValueError, LookupError, TypeError, AttributeError):
        return []


@transaction.atomic
def take_bounce(raw: bytes, *, at: datetime) -> int:
    """
    Note the mails that a notification returns for good; returns how many there were.

    An address that does not exist gets no more mail.
    """
    taken = 0
    for bounce in read_bounce(raw):
        rows = Mail.objects.select_for_update(no_key=True).filter(message_id=bounce.message_id)
        mail = rows.first()
        if mail is None or mail.recipient.lower() != bounce.recipient.lower():
            continue
        if mail.status in (MailStatus.SENT, MailStatus.UNKNOWN):
            mail.status, mail.reply, mail.ended_at = MailStatus.FAILED, bounce.reply, at
            mail.save()
            announce(MailFailed(mail_id=mail.pk))
            taken += 1
        if bounce.status in DEAD:
            suppress(mail.recipient, reason=bounce.reply, at=at)
    return taken


def _original_id(report: Message) -> str | None:
    for part in report.walk():
        if part.get_content_type() not in ORIGINALS:
            continue
        inner: Any = part.get_payload()
        if isinstance(inner, list):
            found = str(inner[0].get("Message-ID", "")).strip()
            return found or None
        match = _ID.search(str(inner))
        return match[1] if match else None
    return None


def _given_up(report: Message, original: str) -> Iterator[Bounce]:
    for part in report.walk():
        if part.get_content_type() != "message/delivery-status":
            continue
        for block in cast(list[Message], part.get_payload()):
            status = _STATUS.search(str(block.get("Status", "")))
            named = block.get("Original-Recipient") or block.get("Final-Recipient")
            is_over = str(block.get("Action", "")).strip().lower() == "failed"
            if named and is_over and status and status[0].startswith("5"):
                said = str(block.get("Diagnostic-Code", "")) or status[0]
                yield Bounce(
                    original, _address(str(named)), status[0], " ".join(said.split())[:MOST_TEXT]
                )


def _address(field: str) -> str:
    """`rfc822; a@b` without its type."""
    return field.rpartition(";")[2].strip().strip("<>")
