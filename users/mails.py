"""The mails about accounts and machine access."""

from common.mail.kinds import MailKind, register

WEBHOOK_DISABLED = register(
    MailKind(
        key="webhook_disabled",
        subject="Webhook {number} was switched off",
        template="users/mail/webhook_disabled",
        fields=("name", "number", "reason"),
    )
)
