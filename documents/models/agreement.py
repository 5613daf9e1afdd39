from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q

from common.constraints import one_of
from common.encryption import SealedModel, SealedTextField
from common.history import tracked_without
from common.models import BaseModel
from common.querysets import ScopedQuerySet
from documents.models.document import Document
from documents.models.letterhead import StaffRowsQuerySet
from documents.reach import Holds, within_reach
from users.models import User


class AgreementStatus(models.TextChoices):
    DRAFT = "draft"
    SENT = "sent"
    VIEWED = "viewed"
    SIGNED = "signed"
    COUNTERSIGNED = "countersigned"
    DECLINED = "declined"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


class SignerRole(models.TextChoices):
    CUSTOMER = "customer"
    PATIENT = "patient"
    REPRESENTATIVE = "representative", "Patient's representative"
    PHYSICIAN = "physician"
    WITNESS = "witness"
    PAYER = "payer", "Payer or guarantor"
    OTHER = "other"


_ENDS = {AgreementStatus.DECLINED, AgreementStatus.EXPIRED, AgreementStatus.WITHDRAWN}
SECRETS = ("signer_name", "signed_name", "drawing", "declined_because", "file_key")


class AgreementQuerySet(ScopedQuerySet):
    def visible_to(self, user: Any) -> Self:
        """Those of documents the user may read."""
        return self.within_reach(user, user.has_perm)

    def within_reach(self, user: Any, holds: Holds) -> Self:
        """Those of documents that `holds` lets be read, about records the user may see."""
        documents = Document.objects.filter(within_reach(user, holds))
        return self.filter(document__in=documents.values("pk"))

    def out(self) -> Self:
        """Those the signer may still answer."""
        return self.filter(status__in=(AgreementStatus.SENT, AgreementStatus.VIEWED))


@tracked_without(*SECRETS, "link_salt", "link_digest")
class Agreement(SealedModel, BaseModel):
    """
    One person's signature under one issue of a document: asked for, given or refused.

    The signer may be a patient, so names, the drawn signature and reasons are encrypted. What was
    signed never changes; `file` is the document with evidence and seal, encrypted as the document's
    own file is. The link is opened by a token that is not stored.
    """

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        AgreementStatus.DRAFT: {AgreementStatus.SENT, AgreementStatus.WITHDRAWN},
        AgreementStatus.SENT: {AgreementStatus.VIEWED, *_ENDS},
        AgreementStatus.VIEWED: {AgreementStatus.SIGNED, *_ENDS},
        AgreementStatus.SIGNED: {AgreementStatus.COUNTERSIGNED},
    }

    number = models.CharField(max_length=16, unique=True, editable=False)
    document = models.ForeignKey(Document, models.PROTECT, related_name="agreements")
    document_sha256 = models.CharField(max_length=64)
    signer_name = SealedTextField(max_length=200)
    signer_email = models.EmailField()
    signer_role = models.CharField(max_length=16, choices=SignerRole)
    consent_text = models.CharField(max_length=2000)
    consent_sha256 = models.CharField(max_length=64)
    valid_days = models.PositiveSmallIntegerField()
    status = models.CharField(max_length=14, choices=AgreementStatus, default=AgreementStatus.DRAFT)
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    sent_at = models.DateTimeField(null=True)
    sent_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    expires_at = models.DateTimeField(null=True)
    link_salt = models.CharField(max_length=32, blank=True)
    link_digest = models.CharField(max_length=64, blank=True)
    viewed_at = models.DateTimeField(null=True)
    signed_at = models.DateTimeField(null=True)
    signed_name = SealedTextField(max_length=200, null=True)
    drawing = SealedTextField(max_length=300_000, null=True, help_text="A data: address.")
    signed_from = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=300, blank=True)
    declined_at = models.DateTimeField(null=True)
    declined_because = SealedTextField(max_length=2000, null=True)
    countersigned_at = models.DateTimeField(null=True)
    countersigned_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    sealed_at = models.DateTimeField(null=True, help_text="When the signed file was made.")
    certificate_sha256 = models.CharField(max_length=64, blank=True)
    file = models.FileField(max_length=200, upload_to="agreements/%Y/%m/", blank=True)
    file_key = SealedTextField(max_length=64, null=True)
    sha256 = models.CharField(max_length=64, blank=True)
    size_bytes = models.PositiveBigIntegerField(null=True)

    objects = AgreementQuerySet.as_manager()

    class Meta(SealedModel.Meta):
        permissions = [
            ("send_agreement", "Can send an agreement to its signer"),
            ("withdraw_agreement", "Can take an agreement back"),
            ("countersign_agreement", "Can countersign an agreement for the operator"),
            ("download_agreement", "Can download the signed file of an agreement"),
        ]
        constraints = [
            one_of("agreement_status_is_known", "status", AgreementStatus),
            one_of("agreement_role_is_known", "signer_role", SignerRole),
            models.UniqueConstraint(
                fields=["link_digest"], condition=~Q(link_digest=""), name="one_agreement_per_link"
            ),
            models.UniqueConstraint(
                fields=["document", "signer_email"],
                condition=Q(status__in=["draft", "sent", "viewed"]),
                name="one_open_agreement_per_signer",
            ),
            models.CheckConstraint(
                name="sent_agreement_names_its_link",
                condition=Q(sent_at=None, sent_by=None, expires_at=None, link_digest="")
                | (
                    Q(sent_at__isnull=False, sent_by__isnull=False, expires_at__isnull=False)
                    & ~Q(link_digest="")
                ),
            ),
            models.CheckConstraint(
                name="agreement_is_signed_as_a_whole",
                condition=Q(
                    status__in=["signed", "countersigned"],
                    signed_at__isnull=False,
                    signed_name__isnull=False,
                    viewed_at__isnull=False,
                )
                | (~Q(status__in=["signed", "countersigned"]) & Q(signed_at=None)),
            ),
            models.CheckConstraint(
                name="agreement_is_declined_as_a_whole",
                condition=Q(
                    status="declined", declined_at__isnull=False, declined_because__isnull=False
                )
                | (~Q(status="declined") & Q(declined_at=None)),
            ),
            models.CheckConstraint(
                name="agreement_is_countersigned_as_a_whole",
                condition=Q(
                    status="countersigned",
                    countersigned_at__isnull=False,
                    countersigned_by__isnull=False,
                    sealed_at__isnull=False,
                )
                | (~Q(status="countersigned") & Q(countersigned_at=None)),
            ),
        ]
        indexes = [
            models.Index(fields=["status", "-id"], name="agreement_by_status"),
            models.Index(
                fields=["expires_at"],
                condition=Q(status__in=["sent", "viewed"]),
                name="agreement_running_out",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def is_medical(self) -> bool:
        """Whether what is signed tells of a patient: reading it takes more than the link."""
        return bool(self.document.classification == "medical")


class AgreementDeed(models.TextChoices):
    CREATED = "created", "Prepared"
    SENT = "sent", "Link sent by e-mail"
    REMINDED = "reminded", "Link sent again"
    MAIL_FAILED = "mail_failed", "An e-mail did not arrive"
    OPENED = "opened", "Opened by the signer"
    CODE_SENT = "code_sent", "One-time code sent by e-mail"
    CODE_REFUSED = "code_refused", "Wrong one-time code"
    SIGNED = "signed", "One-time code confirmed and signed"
    SEALED = "sealed", "Sealed"
    DECLINED = "declined", "Declined by the signer"
    EXPIRED = "expired", "Not signed in time"
    WITHDRAWN = "withdrawn", "Taken back"
    COUNTERSIGNED = "countersigned", "Countersigned"


class AgreementEntry(models.Model):
    """One entry of the trail that is printed with a signature. Append-only."""

    IS_APPEND_ONLY = True

    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="trail")
    deed = models.CharField(max_length=14, choices=AgreementDeed)
    actor = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    address = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=300, blank=True)
    occurred_at = models.DateTimeField()

    objects = StaffRowsQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "agreement entries"
        default_permissions = ()
        constraints = [one_of("agreement_deed_is_known", "deed", AgreementDeed)]

    def __str__(self) -> str:
        return self.get_deed_display()


class AgreementCode(models.Model):
    """A one-time code that was mailed to a signer; its digest, how often it was tried, its end."""

    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="codes")
    salt = models.CharField(max_length=32)
    digest = models.CharField(max_length=64)
    sent_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True)
    replaced_at = models.DateTimeField(null=True)

    objects = StaffRowsQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["agreement"],
                condition=Q(used_at=None, replaced_at=None),
                name="one_live_code_per_agreement",
            )
        ]

    def __str__(self) -> str:
        return f"Code {self.pk}"
