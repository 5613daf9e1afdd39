"""
The mails of agreements: they say that there is something to sign, never what it is or for whom.

The signer may be a patient and the mailbox somebody else's, so not even the kind of document shows.
"""

from datetime import timedelta

from common.mail.kinds import MailKind, register
from documents.services.codes import CODE_LASTS

LINK = register(
    MailKind(
        key="agreement_link",
        subject="A document for you to sign: {reference}",
        template="documents/mail/agreement_link",
        fields=("reference", "link", "until"),
    )
)
CODE = register(
    MailKind(
        key="agreement_code",
        subject="Your code for {reference}",
        template="documents/mail/agreement_code",
        fields=("reference", "code", "minutes"),
        lasts=CODE_LASTS,
    )
)
SIGNED = register(
    MailKind(
        key="agreement_signed",
        subject="Signed: {reference}",
        template="documents/mail/agreement_signed",
        fields=("reference", "link", "until"),
    )
)
WITHDRAWN = register(
    MailKind(
        key="agreement_withdrawn",
        subject="No longer to be signed: {reference}",
        template="documents/mail/agreement_withdrawn",
        fields=("reference",),
        lasts=timedelta(days=1),
    )
)
