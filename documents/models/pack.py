from typing import Self

from django.db import models
from django.db.models import Q

from common.constraints import one_of
from common.encryption import SealedModel, SealedTextField
from common.history import tracked_without
from common.models import BaseModel
from documents.models.document import Document
from documents.models.letterhead import StaffRowsQuerySet
from users.models import User


class PackStatus(models.TextChoices):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class PackQuerySet(StaffRowsQuerySet):
    """How far a pack is shows to whoever works here; its file is its asker's alone."""

    def unfinished(self) -> Self:
        return self.filter(status__in=(PackStatus.QUEUED, PackStatus.RUNNING))


@tracked_without("file_key")
class DocumentPack(SealedModel, BaseModel):
    """
    All documents of one record that its asker may have, as one ZIP, made in the background.

    The file is encrypted under a key of its own and dropped some days later.
    """

    TRANSITIONS = {
        PackStatus.QUEUED: {PackStatus.RUNNING, PackStatus.CANCELLED},
        PackStatus.RUNNING: {PackStatus.DONE, PackStatus.FAILED, PackStatus.CANCELLED},
    }

    subject_type = models.CharField(max_length=64)
    subject_id = models.PositiveBigIntegerField()
    subject_title = models.CharField(max_length=200)
    requested_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()
    kinds = models.JSONField(default=list)
    status = models.CharField(max_length=10, choices=PackStatus, default=PackStatus.QUEUED)
    done_count = models.PositiveIntegerField(default=0)
    total_count = models.PositiveIntegerField(default=0)
    left_out = models.JSONField(
        default=list, help_text="Kinds that there is no document of now, and why."
    )
    documents = models.ManyToManyField(Document, related_name="+")
    file = models.FileField(max_length=200, upload_to="document-packs/%Y/%m/", blank=True)
    file_key = SealedTextField(max_length=64, null=True)
    file_name = models.CharField(max_length=150, blank=True)
    size_bytes = models.PositiveBigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    finished_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)

    objects = PackQuerySet.as_manager()

    class Meta(SealedModel.Meta):
        default_permissions = ("view",)
        constraints = [
            one_of("pack_status_is_known", "status", PackStatus),
            models.CheckConstraint(
                name="pack_progress_is_within", condition=Q(done_count__lte=models.F("total_count"))
            ),
        ]
        indexes = [models.Index(fields=["requested_by", "-id"], name="pack_of_person")]

    def __str__(self) -> str:
        return f"pack {self.pk} of {self.subject_title}"

    @property
    def progress_percent(self) -> int:
        """How far it is."""
        if self.status == PackStatus.DONE:
            return 100
        return self.done_count * 99 // self.total_count if self.total_count else 0
