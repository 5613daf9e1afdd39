"""Mails about payments: they name bills and amounts, never what was done or for whom."""

from collections.abc import Mapping, Sequence

from django.utils.translation import gettext_noop

from common.mail.kinds import Attachment, MailKind, register
from documents.exceptions import FileAltered, FileMissing
from documents.models import Document
from documents.services import files


def _receipt_file(context: Mapping[str, str]) -> Sequence[Attachment]:
    """The receipt as it was made; without its file a mail says what came all the same."""
    document = Document.objects.filter(number=context["document"], deleted_at=None).first()
    if document is None:
        return ()
    try:
        content = files.read(document)
    except (FileMissing, FileAltered):
        return ()
    return (Attachment(document.file_name, document.media_type, content),)


RECEIPT = register(
    MailKind(
        key="payment_receipt",
        subject=gettext_noop("Receipt {number}"),
        template="finance/mail/payment_receipt",
        is_translated=True,
        fields=("number", "amount", "received", "bills", "document"),
        attach=_receipt_file,
    )
)
