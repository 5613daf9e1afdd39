"""The mails of a desk: what changed or happened, never a customer's or a patient's affairs."""

from datetime import timedelta

from common.mail.kinds import MailKind, register

NOTICE = register(
    MailKind(
        key="dispatch_notice",
        subject="{text}",
        template="dispatcher/mail/notice",
        fields=("text", "details", "answer_by", "link", "center"),
        # What concerns a flight is of no use when it has flown.
        lasts=timedelta(hours=12),
    )
)
