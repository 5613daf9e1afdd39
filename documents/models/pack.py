from typing import Any, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q

from common.constraints import one_of
from common.encryption import SealedModel, SealedTextField
from common.history import tracked_without
from common.models import BaseModel
from common.querysets import ScopedQuerySet
from documents.models.document import Document
from documents.reach import Holds, pack_within_reach, within_reach
from users.models import User


class PackStatus(models.TextChoices):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class PackQuerySet(ScopedQuerySet):
    """How far a pack is shows to who may read everything in it; its file is its asker's alone."""

    def visible_to(self, user: Any) -> Self:
        """Packs of documents that the user may all read."""
        return self.within_reach(user, user.has_perm)

    def within_reach(self, user: Any, holds: Holds) -> Self:
        """
        Packs of documents that `holds` lets all be read, about records the user may see.

        A pack of no kind says nothing of what will be in it: while it is empty it is its asker's.
        """
        readable = Document.objects.filter(within_reach(user, holds))
        contents = DocumentPack.documents.through.objects.filter(documentpack=OuterRef("pk"))
        is_filled = ~Q(kinds=[]) | Exists(contents)
        found = self.filter(pack_within_reach(user, holds), is_filled | Q(requested_by=user))
        return found.exclude(Exists(contents.exclude(document__in=readable.values("pk"))))

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
