"""The mails that clients' people get, and answer. They name the client and the matter."""

from datetime import timedelta

from django.utils.translation import gettext_noop

from common.mail.kinds import MailKind, register

MESSAGE = register(
    MailKind(
        key="portal_message",
        subject="{subject}",
        template="client_management/mail/portal_message",
        is_translated=True,
        fields=("client", "subject", "author", "body", "link", "reply_to"),
        reply_to="reply_to",
    )
)
NOTICE = register(
    MailKind(
        key="portal_notice",
        subject="{title}",
        template="client_management/mail/portal_notice",
        is_translated=True,
        fields=("client", "title", "text", "link"),
    )
)
DIGEST = register(
    MailKind(
        key="portal_digest",
        subject=gettext_noop("{client}: what is new"),
        template="client_management/mail/portal_digest",
        is_translated=True,
        fields=("client", "text", "link"),
        lasts=timedelta(hours=20),
    )
)
