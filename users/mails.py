"""The mails about accounts and machine access."""

from common.mail import languages
from common.mail.kinds import MailKind, register
from users.queries.preferences import language_at

languages.register(language_at)

WEBHOOK_DISABLED = register(
    MailKind(
        key="webhook_disabled",
        subject="Webhook {number} was switched off",
        template="users/mail/webhook_disabled",
        fields=("name", "number", "reason"),
    )
)
