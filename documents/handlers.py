from django.utils import timezone

from common.events import handles
from common.mail.events import MailFailed
from common.models import Mail
from documents.events import AgreementSealed, AgreementSigned
from documents.models import Agreement
from documents.services.agreements import note_lost_mail
from documents.services.sealing import mail_copy, seal_agreement


@handles(AgreementSigned)
def seal_what_was_signed(event: AgreementSigned) -> None:
    """Make the signed file; one that is there stays."""
    seal_agreement(Agreement.objects.get(pk=event.agreement_id), at=timezone.now())


@handles(AgreementSealed)
def mail_the_signers_copy(event: AgreementSealed) -> None:
    """Tell the signer where their copy is; a second time is the first one again."""
    mail_copy(Agreement.objects.get(pk=event.agreement_id), at=timezone.now())


@handles(MailFailed)
def note_mail_that_did_not_arrive(event: MailFailed) -> None:
    """Put it on the trail of the agreement it was about."""
    mail = Mail.objects.filter(pk=event.mail_id, about_type="documents.agreement").first()
    if mail is not None and mail.about_id is not None:
        note_lost_mail(Agreement.objects.get(pk=mail.about_id), mail.pk, at=timezone.now())
