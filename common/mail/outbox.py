"""Writing a mail down, with the change that causes it."""

from collections.abc import Mapping
from datetime import datetime
from email.utils import parseaddr
from secrets import token_hex
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import connection, models
from django.utils import translation
from django.utils.crypto import salted_hmac
from django.utils.functional import Promise

from common.exceptions import InvalidInput
from common.mail.events import MailFailed
from common.mail.kinds import MailKind, mail_kind
from common.mail.languages import language_for
from common.mail.messages import packed
from common.models import Mail, MailStatus, SuppressedAddress
from common.outbox import announce
from common.redaction import names_withheld
from common.scheduler import schedule_on_commit


class MailNotAllowed(RuntimeError):
    """A mail with fields its kind does not have, or with a sealed value: a defect, never sent."""


def post(
    key: str,
    *,
    to: str,
    context: Mapping[str, str | Promise],
    once: str,
    about: models.Model | None = None,
    at: datetime,
) -> Mail:
    """
    Queue one mail to one address; it is sent after commit.

    Lazy texts of `context` are taken in the reader's language. `once` names the cause: a second
    mail of the kind to the address for the same cause is the first one again. An address that
    returned mail for good gets none: the mail is `suppressed` at once.
    Raises InvalidInput for what is no address, MailNotAllowed for fields the kind does not list or
    that repeat a sealed value opened in this request, RuntimeError outside a transaction.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("post() must run inside the transaction that makes the mail true")
    kind = mail_kind(key)
    recipient = address_of(to)
    language, texts = _said(kind, recipient, context)
    is_dead = SuppressedAddress.objects.filter(address=recipient.lower(), lifted_at=None).exists()
    mail, is_new = Mail.objects.get_or_create(
        dedupe=_dedupe(key, recipient, once),
        defaults={
            "kind": key,
            "recipient": recipient,
            "language": language,
            **_subject(about),
            "message_id": _message_id(),
            "queued_at": at,
            "not_after": at + kind.lasts,
            **(_never(at) if is_dead else _waiting(texts, at)),
        },
    )
    if is_new:
        _tell(mail)
    return mail


def _tell(mail: Mail) -> None:
    """Have a mail sent, or whose it is hear that it never will be."""
    if mail.status == MailStatus.SUPPRESSED:
        announce(MailFailed(mail_id=mail.pk))
    else:
        schedule_on_commit("common.tasks.send_mail", mail_id=mail.pk)


def address_of(text: str, *, pointer: str = "/email") -> str:
    """
    One plain address, its domain in small letters.

    Raises InvalidInput for none, several, or one with a display name or a line break in it.
    """
    address = text.strip()
    try:
        validate_email(address)
    except ValidationError:
        raise InvalidInput(pointer, "Not an e-mail address.") from None
    local, _, domain = address.rpartition("@")
    return f"{local}@{domain.lower()}"


def _said(
    kind: MailKind, recipient: str, context: Mapping[str, str | Promise]
) -> tuple[str, dict[str, str]]:
    """The reader's language, and the fields as text in it. Raises MailNotAllowed."""
    language = language_for(kind, recipient)
    with translation.override(language):
        texts = {k: str(v) if isinstance(v, Promise) else v for k, v in context.items()}
    _check(kind, texts)
    return language, texts


def _subject(about: models.Model | None) -> dict[str, Any]:
    """What a mail is about, as its row names it."""
    return {
        "about_type": about._meta.label_lower if about else "",
        "about_id": about.pk if about else None,
    }


def _check(kind: MailKind, context: Mapping[str, str]) -> None:
    if set(context) != set(kind.fields):
        raise MailNotAllowed(f"{kind.key} takes {sorted(kind.fields)}.")
    for name, value in context.items():
        if not isinstance(value, str):
            raise MailNotAllowed(f"{kind.key}: {name} is not text.")
        if names_withheld(value):
            raise MailNotAllowed(f"{kind.key}: {name} repeats a value that is sealed.")


def _waiting(texts: Mapping[str, str], at: datetime) -> dict[str, Any]:
    """What is written of a mail that is to be sent."""
    return {"context": packed(texts), "next_attempt_at": at}


def _never(at: datetime) -> dict[str, Any]:
    """What is written of a mail that nobody will send."""
    return {"status": MailStatus.SUPPRESSED, "ended_at": at}


def _dedupe(key: str, recipient: str, once: str) -> str:
    # Keyed: a plain hash of an address could be guessed back.
    text = "\x1f".join([key, recipient.lower(), once])
    return salted_hmac("windsock mail", text, algorithm="sha256").hexdigest()


def _message_id() -> str:
    """Random, so that nobody who did not get the mail can return it."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    return f"<{token_hex(16)}@{domain}>"
