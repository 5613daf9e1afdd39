import uuid
from datetime import datetime
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import F, Q

from client_management.models.job import JobOrder
from client_management.models.organization import ClientOrganization
from client_management.models.scoping import ClientQuerySet
from common.constraints import all_or_none, one_of
from common.history import tracked, tracked_without
from common.models import BaseModel
from users.models import User


class DeliverableStatus(models.TextChoices):
    UPLOADED = "uploaded", "Handed in, not yet shown to the client"
    READY = "ready", "Ready for the client's review"
    ACCEPTED = "accepted"
    REWORK = "rework", "Sent back by the client"


class DeliverableKind(models.TextChoices):
    ORTHOPHOTO = "orthophoto"
    ELEVATION = "elevation", "Elevation model"
    POINT_CLOUD = "point_cloud"
    MODEL = "model", "3-D model"
    PHOTOS = "photos"
    VIDEO = "video"
    THERMAL = "thermal"
    REPORT = "report"
    DATA = "data", "Other data"


class Retention(models.TextChoices):
    """How long a file is kept after it was handed in; `DAYS` has the numbers."""

    SHORT = "short", "90 days"
    STANDARD = "standard", "2 years"
    LONG = "long", "7 years"


RETENTION_DAYS: dict[str, int] = {
    Retention.SHORT: 90,
    Retention.STANDARD: 2 * 365,
    Retention.LONG: 7 * 365 + 2,
}
# What the client may see: never what nobody has released yet.
SHOWN = (DeliverableStatus.READY, DeliverableStatus.ACCEPTED, DeliverableStatus.REWORK)


@tracked
class Deliverable(BaseModel):
    """
    One product of a job that the client gets: an orthophoto, a model, a report.

    Its files are its issues, each kept; the client reviews the newest. What was sent back comes
    again as a new issue, and goes through the same door.
    """

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        DeliverableStatus.UPLOADED: {DeliverableStatus.READY},
        DeliverableStatus.READY: {
            DeliverableStatus.ACCEPTED,
            DeliverableStatus.REWORK,
            DeliverableStatus.UPLOADED,
        },
        DeliverableStatus.REWORK: {DeliverableStatus.UPLOADED},
    }

    number = models.CharField(max_length=16, unique=True, editable=False)
    organization = models.ForeignKey(
        ClientOrganization, models.PROTECT, related_name="deliverables"
    )
    job = models.ForeignKey(JobOrder, models.PROTECT, related_name="deliverables")
    title = models.CharField(max_length=200)
    kind = models.CharField(max_length=12, choices=DeliverableKind)
    description = models.CharField(max_length=2000, blank=True)
    retention = models.CharField(
        max_length=8, choices=Retention, default=Retention.STANDARD, editable=False
    )
    issue = models.PositiveSmallIntegerField(default=1, editable=False)
    status = models.CharField(
        max_length=8, choices=DeliverableStatus, default=DeliverableStatus.UPLOADED, editable=False
    )

    objects = ClientQuerySet.as_manager()

    class Meta:
        permissions = [
            ("release_deliverable", "Can show a deliverable to the client"),
            ("share_deliverable", "Can make links to a deliverable"),
            ("download_deliverable", "Can download a deliverable"),
            ("drop_deliverable", "Can delete the files of a deliverable"),
        ]
        constraints = [
            one_of("deliverable_status_is_known", "status", DeliverableStatus),
            one_of("deliverable_kind_is_known", "kind", DeliverableKind),
            one_of("deliverable_retention_is_known", "retention", Retention),
            models.CheckConstraint(name="deliverable_has_a_title", condition=~Q(title="")),
        ]
        indexes = [
            models.Index(fields=["job", "id"], name="deliverable_of_job"),
            models.Index(fields=["organization", "-id"], name="deliverable_of_client"),
        ]

    def __str__(self) -> str:
        return self.number


class IssueQuerySet(ClientQuerySet):
    client_path = "deliverable__organization"


class DeliverableIssue(models.Model):
    """
    One file that was handed in for a deliverable. Fixed; only its bytes may be dropped one day.

    `retained_until` is the last day on which it cannot be deleted.
    """

    deliverable = models.ForeignKey(Deliverable, models.PROTECT, related_name="issues")
    issue = models.PositiveSmallIntegerField()
    file = models.FileField(upload_to="deliverables/%Y/%m/", max_length=200)
    file_name = models.CharField(max_length=150)
    media_type = models.CharField(max_length=100)
    size_bytes = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    note = models.CharField(max_length=2000, blank=True)
    uploaded_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    uploaded_at = models.DateTimeField()
    retained_until = models.DateField()
    dropped_at = models.DateTimeField(null=True)
    dropped_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    dropped_because = models.CharField(max_length=2000, blank=True)

    objects = IssueQuerySet.as_manager()

    class Meta:
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(fields=["deliverable", "issue"], name="one_file_per_issue"),
            models.CheckConstraint(name="issue_has_bytes", condition=Q(size_bytes__gt=0)),
            all_or_none("issue_drop_is_whole", ("dropped_at",), ("dropped_because",)),
        ]

    def __str__(self) -> str:
        return f"{self.deliverable_id} issue {self.issue}"

    @property
    def is_dropped(self) -> bool:
        """Whether only the row is left."""
        return self.dropped_at is not None


class ReviewVerdict(models.TextChoices):
    ACCEPTED = "accepted"
    REWORK = "rework", "To be done again"


class DeliverableReview(models.Model):
    """What a client's person said of one issue. Append-only."""

    IS_APPEND_ONLY = True

    deliverable = models.ForeignKey(Deliverable, models.PROTECT, related_name="reviews")
    issue = models.PositiveSmallIntegerField()
    verdict = models.CharField(max_length=8, choices=ReviewVerdict)
    note = models.CharField(max_length=2000, blank=True)
    reviewer = models.ForeignKey(User, models.PROTECT, related_name="+")
    reviewed_at = models.DateTimeField()

    objects = IssueQuerySet.as_manager()

    class Meta:
        default_permissions = ("view",)
        constraints = [
            one_of("review_verdict_is_known", "verdict", ReviewVerdict),
            models.CheckConstraint(
                name="rework_says_why", condition=~Q(verdict="rework") | ~Q(note="")
            ),
            models.UniqueConstraint(fields=["deliverable", "issue"], name="one_review_per_issue"),
        ]

    def __str__(self) -> str:
        return f"{self.deliverable_id} issue {self.issue}: {self.verdict}"


class ShareLinkQuerySet(ClientQuerySet):
    client_path = "deliverable__organization"

    def open(self, at: datetime) -> Self:
        """Links that still lead somewhere."""
        return self.filter(revoked_at=None, expires_at__gt=at)


@tracked_without("link_salt")
class ShareLink(BaseModel):
    """An address at which a deliverable's newest issue is had without an account, for a while."""

    deliverable = models.ForeignKey(Deliverable, models.PROTECT, related_name="share_links")
    label = models.CharField(max_length=200, blank=True, help_text="For whom it is.")
    link_salt = models.CharField(max_length=32, editable=False)
    link_digest = models.CharField(max_length=64, unique=True, editable=False)
    expires_at = models.DateTimeField()
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    revoked_at = models.DateTimeField(null=True, editable=False)
    revoked_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", editable=False
    )

    objects = ShareLinkQuerySet.as_manager()

    class Meta:
        permissions = [("revoke_sharelink", "Can make a link useless")]
        constraints = [
            all_or_none("share_link_revoked_by_somebody", ("revoked_at", "revoked_by")),
            models.CheckConstraint(
                name="share_link_runs_out", condition=Q(expires_at__gt=F("created_at"))
            ),
        ]

    def __str__(self) -> str:
        return f"link {self.pk} to {self.deliverable_id}"


class DeliverableDownload(models.Model):
    """One time that an issue was handed out: to whom, over which link, from where. Append-only."""

    IS_APPEND_ONLY = True

    issue = models.ForeignKey(DeliverableIssue, models.PROTECT, related_name="downloads")
    user = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    link = models.ForeignKey(ShareLink, models.PROTECT, null=True, related_name="downloads")
    address = models.GenericIPAddressField(null=True)
    request_id = models.CharField(max_length=64, blank=True)
    downloaded_at = models.DateTimeField()

    class DownloadQuerySet(ClientQuerySet):
        client_path = "issue__deliverable__organization"

    objects = DownloadQuerySet.as_manager()

    class Meta:
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(
                name="download_is_somebodys",
                condition=Q(user__isnull=False) | Q(link__isnull=False),
            )
        ]
        indexes = [models.Index(fields=["issue", "-id"], name="download_newest")]

    def __str__(self) -> str:
        return f"download {self.pk} of {self.issue_id}"


def new_key() -> str:
    """An address for an upload that nobody guesses."""
    return uuid.uuid4().hex


class UploadStatus(models.TextChoices):
    OPEN = "open"
    RECEIVED = "received", "All here, being put together"
    FINISHED = "finished"
    REFUSED = "refused", "Not what was announced"
    ABANDONED = "abandoned"


class UploadQuerySet(ClientQuerySet):
    def of(self, user: Any) -> Self:
        """Uploads that a person began."""
        return self.filter(created_by=user)


class Upload(models.Model):
    """
    A file on its way in, in parts. What was acknowledged stays, whoever dies meanwhile.

    `offset_bytes` is how much arrived; it moves only with a part that is on disk. `sha256` is of
    the whole, named before the first byte. Without a deliverable the end makes a new one.
    """

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        UploadStatus.OPEN: {UploadStatus.RECEIVED, UploadStatus.ABANDONED},
        UploadStatus.RECEIVED: {UploadStatus.FINISHED, UploadStatus.REFUSED},
    }

    key = models.CharField(max_length=32, unique=True, default=new_key, editable=False)
    organization = models.ForeignKey(ClientOrganization, models.PROTECT, related_name="+")
    job = models.ForeignKey(JobOrder, models.PROTECT, related_name="uploads")
    deliverable = models.ForeignKey(
        Deliverable, models.PROTECT, null=True, blank=True, related_name="uploads"
    )
    title = models.CharField(max_length=200)
    kind = models.CharField(max_length=12, choices=DeliverableKind)
    description = models.CharField(max_length=2000, blank=True)
    retention = models.CharField(max_length=8, choices=Retention, default=Retention.STANDARD)
    note = models.CharField(max_length=2000, blank=True)
    file_name = models.CharField(max_length=150)
    size_bytes = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    offset_bytes = models.PositiveBigIntegerField(default=0)
    refusal = models.CharField(max_length=200, blank=True)
    status = models.CharField(max_length=10, choices=UploadStatus, default=UploadStatus.OPEN)
    moved_at = models.DateTimeField(help_text="When the last part came, or the last step was made.")
    expires_at = models.DateTimeField()
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+")

    objects = UploadQuerySet.as_manager()

    class Meta:
        default_permissions = ("add", "view")
        constraints = [
            one_of("upload_status_is_known", "status", UploadStatus),
            one_of("upload_kind_is_known", "kind", DeliverableKind),
            one_of("upload_retention_is_known", "retention", Retention),
            models.CheckConstraint(
                name="upload_offset_within_size", condition=Q(offset_bytes__lte=F("size_bytes"))
            ),
            models.CheckConstraint(
                name="received_upload_is_whole",
                condition=~Q(status__in=["received", "finished"]) | Q(offset_bytes=F("size_bytes")),
            ),
            models.CheckConstraint(
                name="finished_upload_is_a_deliverable",
                condition=~Q(status="finished") | Q(deliverable__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                fields=["expires_at"],
                condition=Q(status__in=["open", "received"]),
                name="upload_still_open",
            )
        ]

    def __str__(self) -> str:
        return self.key


class UploadPart(models.Model):
    """A run of bytes that is on disk; gone once the whole has been put together."""

    upload = models.ForeignKey(Upload, models.CASCADE, related_name="parts")
    offset_bytes = models.PositiveBigIntegerField()
    size_bytes = models.PositiveBigIntegerField()
    file = models.FileField(upload_to="uploads/%Y/%m/", max_length=200)

    class PartQuerySet(ClientQuerySet):
        client_path = "upload__organization"

    objects = PartQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["upload", "offset_bytes"], name="one_part_per_offset"),
            models.CheckConstraint(name="part_has_bytes", condition=Q(size_bytes__gt=0)),
        ]

    def __str__(self) -> str:
        return f"{self.upload_id} from {self.offset_bytes}"
