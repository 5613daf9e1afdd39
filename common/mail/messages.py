"""A mail as it goes out: headers, plain text and HTML."""

import json
from collections.abc import Mapping
from email.utils import formatdate, parseaddr
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template import Context
from django.template.loader import get_template
from django.utils import translation
from django.utils.translation import gettext

from common.mail.kinds import MailKind, mail_kind
from common.models import Mail


def packed(context: Mapping[str, str]) -> str:
    """
    The fields as the row keeps them.

    Without blanks: log lines are cleared of each word of what is sealed, and the words of a
    mail are those of everybody's lines.
    """
    return json.dumps(dict(context), separators=(",", ":")).replace(" ", "\\u0020")


def message_of(mail: Mail, *, at: float) -> EmailMultiAlternatives:
    """The message of a mail; `at` is the moment it is sent, in seconds since 1970."""
    kind = mail_kind(mail.kind)
    context = json.loads(str(mail.context))
    with translation.override(mail.language or settings.LANGUAGE_CODE):
        text, html = rendered(kind, context)
        subject = subject_of(kind, context)
    reply_to = (context[kind.reply_to] if kind.reply_to else "") or settings.MAIL_REPLY_TO
    message = EmailMultiAlternatives(
        subject=subject,
        body=text,
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[mail.recipient],
        reply_to=[reply_to] if reply_to else None,
        headers=_headers(mail, at),
    )
    message.attach_alternative(html, "text/html")
    for file in kind.attach(context) if kind.attach else ():
        message.attach(file.name, file.content, file.content_type)
    return message


def subject_of(kind: MailKind, context: Mapping[str, str]) -> str:
    """The subject on one line, however many its fields had, in the language that is active."""
    subject = gettext(kind.subject) if kind.is_translated else kind.subject
    return " ".join(subject.format(**context).split())


def rendered(kind: MailKind, context: Mapping[str, str]) -> tuple[str, str]:
    """The plain text and the HTML of a kind with its fields."""
    sender = parseaddr(settings.DEFAULT_FROM_EMAIL)[0] or "Windsock"
    given: dict[str, Any] = {
        **context,
        "sender": sender,
        "subject": subject_of(kind, context),
        "language": translation.get_language() if kind.is_translated else settings.LANGUAGE_CODE,
    }
    plain: Any = get_template(f"{kind.template}.txt")
    # Not HTML: an apostrophe stays one.
    text = plain.template.render(Context(given, autoescape=False))
    return text, get_template(f"{kind.template}.html").render(given)


def _headers(mail: Mail, at: float) -> dict[str, str]:
    return {
        "Message-ID": mail.message_id,
        "Date": formatdate(at, localtime=False),
        # RFC 3834: no machine is to answer this.
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
    }
