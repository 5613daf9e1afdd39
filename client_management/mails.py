"""The mails of client management. They name the client and the matter, never a person's data."""

from datetime import timedelta

from django.utils.translation import gettext_noop

from common.mail.kinds import MailKind, register

INVITATION_LASTS = timedelta(days=14)

INVITATION = register(
    MailKind(
        key="portal_invitation",
        subject=gettext_noop("Invitation to the client portal of {client}"),
        template="client_management/mail/portal_invitation",
        is_translated=True,
        fields=("client", "inviter", "message", "link", "until"),
        lasts=INVITATION_LASTS,
    )
)
