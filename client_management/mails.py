"""The mails of client management. They name the client and the matter, never a person's data."""

from datetime import timedelta

from common.mail.kinds import MailKind, register

INVITATION_LASTS = timedelta(days=14)

INVITATION = register(
    MailKind(
        key="portal_invitation",
        subject="Invitation to the client portal of {client}",
        template="client_management/mail/portal_invitation",
        fields=("client", "inviter", "message", "link", "until"),
        lasts=INVITATION_LASTS,
    )
)
