from typing import Any, Self

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper

from common.constraints import all_or_none, one_of
from common.encryption import SealedModel, SealedTextField
from common.history import tracked_without
from common.models import BaseModel
from common.querysets import ScopedQuerySet
from documents.kinds import UPLOADED
from documents.models.letterhead import StaffRowsQuerySet
from documents.models.template import DocumentTemplate
from documents.reach import within_reach
from users.models import User

# What the library is searched in: each has an index, or the others would be of no use.
SEARCHED = ("number", "title", "subject_title", "file_name", "snapshot_sha256")


class DocumentClass(models.TextChoices):
    """How far a document may go. Medical ones are encrypted, snapshot and file."""

    PUBLIC = "public"
    INTERNAL = "internal"
    CONFIDENTIAL = "confidential"
    MEDICAL = "medical"


class DocumentQuerySet(ScopedQuerySet):
    def visible_to(self, user: Any) -> Self:
        """Documents of kinds the user may read, about records and of operators the user may see."""
        return self.filter(within_reach(user, user.has_perm))

    def current(self) -> Self:
        """The latest issue of each."""
        return self.filter(is_current=True)

    def about(self, subject_type: str, subject_id: int) -> Self:
        """Those about one record."""
        return self.filter(subject_type=subject_type, subject_id=subject_id)


@tracked_without("snapshot", "sealed_snapshot", "file_key", "scopes")
class Document(SealedModel, BaseModel):
    """
    One issue of a document, made from one snapshot that never changes, or handed in as a file.

    What it was made from, its file and its fingerprints are fixed when it is made; only its
    standing changes (superseded, due to be issued anew, deleted). A deleted one keeps its row and
    loses file and snapshot. A file is encrypted under a key of its own (`file_key`) when the
    document is medical, or of a kind that is sealed.
    """

    number = models.CharField(max_length=20, unique=True, editable=False)
    kind = models.CharField(max_length=40)
    title = models.CharField(max_length=200)
    subject_type = models.CharField(max_length=64, blank=True)
    subject_id = models.PositiveBigIntegerField(null=True)
    subject_title = models.CharField(max_length=200, blank=True)
    scopes = ArrayField(
        models.CharField(max_length=64),
        default=list,
        help_text="Of a file about no record: the operators of who handed it in.",
    )
    issue = models.PositiveIntegerField(default=1)
    is_current = models.BooleanField(default=True)
    is_reissue_due = models.BooleanField(default=False)
    classification = models.CharField(max_length=12, choices=DocumentClass)
    retained_until = models.DateField(
        null=True, help_text="The last day on which it cannot be deleted. Null: kept by choice."
    )
    file = models.FileField(max_length=200, upload_to="documents/%Y/%m/")
    file_name = models.CharField(max_length=150)
    media_type = models.CharField(max_length=60)
    size_bytes = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64, help_text="Of the file as it is handed out.")
    page_count = models.PositiveIntegerField(null=True)
    file_key = SealedTextField(max_length=64, null=True)
    snapshot = models.JSONField(null=True)
    sealed_snapshot = SealedTextField(max_length=2_000_000, null=True)
    snapshot_sha256 = models.CharField(max_length=64, blank=True)
    source_version = models.CharField(max_length=100, blank=True)
    rule_versions = models.JSONField(default=dict)
    template = models.ForeignKey(
        DocumentTemplate, models.PROTECT, null=True, related_name="documents"
    )
    letterhead_version = models.PositiveIntegerField(default=0)
    generated_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    generated_at = models.DateTimeField()
    deleted_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    deleted_at = models.DateTimeField(null=True)
    deleted_because = models.CharField(max_length=2000, blank=True)

    objects = DocumentQuerySet.as_manager()

    class Meta(SealedModel.Meta):
        permissions = [
            ("generate_document", "Can have a document made"),
            ("link_document", "Can download a document"),
            ("view_medical_document", "Can see medical files that were handed in"),
        ]
        constraints = [
            one_of("document_class_is_known", "classification", DocumentClass),
            models.UniqueConstraint(
                fields=["kind", "subject_type", "subject_id", "issue"],
                condition=~Q(kind=UPLOADED),
                name="one_document_per_issue",
            ),
            models.UniqueConstraint(
                fields=["kind", "subject_type", "subject_id"],
                condition=Q(is_current=True) & ~Q(kind=UPLOADED),
                name="one_current_document",
            ),
            models.CheckConstraint(
                name="medical_document_is_sealed",
                condition=~Q(classification="medical")
                | Q(file_key__isnull=False, snapshot__isnull=True)
                | Q(deleted_at__isnull=False),
            ),
            models.CheckConstraint(
                name="only_current_document_is_due",
                condition=Q(is_reissue_due=False) | Q(is_current=True),
            ),
            all_or_none("document_deletion_is_whole", ["deleted_at"], ["deleted_because"]),
        ]
        indexes = [
            models.Index(fields=["subject_type", "subject_id", "-id"], name="document_of_subject"),
            models.Index(fields=["kind", "-id"], name="document_of_kind"),
            models.Index(fields=["sha256"], name="document_by_digest"),
            *(
                GinIndex(OpClass(Upper(field), name="gin_trgm_ops"), name=f"document_{field}_words")
                for field in SEARCHED
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def is_deleted(self) -> bool:
        """Whether only the row is left."""
        return self.deleted_at is not None


class AccessDeed(models.TextChoices):
    VIEW = "view", "Looked at"
    LINK = "link", "Was given a link"
    DOWNLOAD = "download", "Downloaded"
    PREVIEW = "preview", "Was shown a template with"
    REFUSED = "refused", "Was refused"


class LookPurpose(models.TextChoices):
    """Why somebody looks, where the reason is part of an address: no text of anybody's own."""

    CARE = "care", "Treatment or handover"
    TRANSPORT = "transport", "Arranging or flying the transport"
    BORDER = "border", "Border and customs formalities"
    BILLING = "billing", "Billing or a claim"
    SAFETY = "safety", "Flight safety or an incident"
    REVIEW = "review", "Quality review or a complaint"
    REQUEST = "request", "The person's own or an authority's request"


class DocumentAccess(models.Model):
    """
    One look at a document, one download, or one that was refused. Append-only.

    Trying a template shows a record without a document: then it names template and record.
    """

    IS_APPEND_ONLY = True

    document = models.ForeignKey(Document, models.PROTECT, null=True, related_name="accesses")
    template = models.ForeignKey(DocumentTemplate, models.PROTECT, null=True, related_name="+")
    subject_type = models.CharField(max_length=64, blank=True)
    subject_id = models.PositiveBigIntegerField(null=True)
    deed = models.CharField(max_length=10, choices=AccessDeed)
    user = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    purpose = models.CharField(max_length=200, blank=True)
    refusal = models.CharField(max_length=40, blank=True)
    address = models.GenericIPAddressField(null=True)
    request_id = models.CharField(max_length=64, blank=True)
    occurred_at = models.DateTimeField()

    objects = StaffRowsQuerySet.as_manager()

    class Meta:
        default_permissions = ("view",)
        verbose_name_plural = "document accesses"
        constraints = [
            one_of("document_deed_is_known", "deed", AccessDeed),
            models.CheckConstraint(
                name="access_is_of_document_or_preview",
                condition=Q(document__isnull=False, template=None, subject_id=None)
                | Q(
                    document=None, template__isnull=False, subject_id__isnull=False, deed="preview"
                ),
            ),
        ]
        indexes = [models.Index(fields=["document", "-id"], name="document_access_newest")]

    def __str__(self) -> str:
        return f"{self.deed} {self.document_id or self.subject_type}"
