"""
The mails of agreements: they say that there is something to sign, never what it is or for whom.

The signer may be a patient and the mailbox somebody else's, so not even the kind of document shows.
"""

from datetime import timedelta

from django.utils.translation import gettext_noop

from common.mail.kinds import MailKind, register
from documents.services.codes import CODE_LASTS

LINK = register(
    MailKind(
        key="agreement_link",
        subject=gettext_noop("A document for you to sign: {reference}"),
        template="documents/mail/agreement_link",
        is_translated=True,
        fields=("reference", "link", "until"),
    )
)
CODE = register(
    MailKind(
        key="agreement_code",
        subject=gettext_noop("Your code for {reference}"),
        template="documents/mail/agreement_code",
        is_translated=True,
        fields=("reference", "code", "minutes"),
        lasts=CODE_LASTS,
    )
)
SIGNED = register(
    MailKind(
        key="agreement_signed",
        subject=gettext_noop("Signed: {reference}"),
        template="documents/mail/agreement_signed",
        is_translated=True,
        fields=("reference", "link", "until"),
    )
)
WITHDRAWN = register(
    MailKind(
        key="agreement_withdrawn",
        subject=gettext_noop("No longer to be signed: {reference}"),
        template="documents/mail/agreement_withdrawn",
        is_translated=True,
        fields=("reference",),
        lasts=timedelta(days=1),
    )
)
