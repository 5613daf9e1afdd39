import re
from typing import Any

from rest_framework import serializers

from client_management.models import (
    Deliverable,
    DeliverableDownload,
    DeliverableIssue,
    DeliverableKind,
    DeliverableReview,
    JobOrder,
    Retention,
    ShareLink,
    Upload,
)
from common.api.fields import VisibleSlugField
from common.api.serializers import CommandSerializer

LISTED = [
    "number",
    "organization",
    "job",
    "title",
    "kind",
    "description",
    "retention",
    "issue",
    "status",
    "file_name",
    "media_type",
    "size_bytes",
    "sha256",
    "uploaded_at",
    "retained_until",
    "is_dropped",
    "version",
]


class NewestIssueSerializer(serializers.ModelSerializer):
    """What every reader of a deliverable sees; the file's facts are those of the newest issue."""

    organization = serializers.CharField(source="organization.number")
    job = serializers.CharField(source="job.number")
    file_name = serializers.CharField(source="newest_file_name")
    media_type = serializers.CharField(source="newest_media_type")
    size_bytes = serializers.IntegerField(source="newest_size_bytes")
    sha256 = serializers.CharField(source="newest_sha256")
    uploaded_at = serializers.DateTimeField(source="newest_uploaded_at")
    retained_until = serializers.DateField()
    is_dropped = serializers.SerializerMethodField()

    class Meta:
        model = Deliverable
        fields = LISTED
        read_only_fields = fields

    def get_is_dropped(self, row: Any) -> bool:
        """Whether the file was deleted when its time was over."""
        return row.newest_dropped_at is not None


class DeliverableSerializer(NewestIssueSerializer):
    """One product of a job as the desk sees it."""

    download_count = serializers.IntegerField()

    class Meta(NewestIssueSerializer.Meta):
        fields = [*LISTED, "download_count"]
        read_only_fields = fields


class DeliverableIssueSerializer(serializers.ModelSerializer):
    """One file that was handed in for a deliverable."""

    uploaded_by = serializers.CharField(source="uploaded_by.email", default=None, allow_null=True)

    class Meta:
        model = DeliverableIssue
        fields = [
            "issue",
            "file_name",
            "media_type",
            "size_bytes",
            "sha256",
            "note",
            "uploaded_by",
            "uploaded_at",
            "retained_until",
            "dropped_at",
            "dropped_because",
        ]
        read_only_fields = fields
        extra_kwargs = {"dropped_at": {"allow_null": True}}


class DeliverableReviewSerializer(serializers.ModelSerializer):
    """What the client said of one issue."""

    reviewer = serializers.CharField(source="reviewer.email")

    class Meta:
        model = DeliverableReview
        fields = ["issue", "verdict", "note", "reviewer", "reviewed_at"]
        read_only_fields = fields


class DownloadSerializer(serializers.ModelSerializer):
    """One time that a deliverable was handed out."""

    issue = serializers.IntegerField(source="issue.issue")
    user = serializers.CharField(source="user.email", default=None, allow_null=True)
    link = serializers.IntegerField(source="link_id", allow_null=True)

    class Meta:
        model = DeliverableDownload
        fields = ["id", "issue", "user", "link", "address", "downloaded_at"]
        read_only_fields = fields
        extra_kwargs = {"address": {"allow_null": True}}


class DropFilesSerializer(CommandSerializer):
    """Why the files of a deliverable are deleted."""

    reason = serializers.CharField(max_length=2000)


class ShareSerializer(CommandSerializer):
    """For whom a link is, and for how many days."""

    days = serializers.IntegerField(min_value=1, max_value=90)
    label = serializers.CharField(max_length=200, required=False, allow_blank=True)


class ShareLinkSerializer(serializers.ModelSerializer):
    """A link at which a deliverable is had without an account. Who has the address can."""

    deliverable = serializers.CharField(source="deliverable.number")
    address = serializers.SerializerMethodField()

    class Meta:
        model = ShareLink
        fields = ["id", "deliverable", "label", "address", "expires_at", "revoked_at", "version"]
        read_only_fields = fields
        extra_kwargs = {"revoked_at": {"allow_null": True}}

    def get_address(self, link: ShareLink) -> str:
        """The address itself; empty once it is useless."""
        make: Any = self.context["address_of"]
        return "" if link.revoked_at else str(make(link))


class BeginUploadSerializer(CommandSerializer):
    """A file to come: how large it is, its SHA-256, and what it will be."""

    job = VisibleSlugField("number", queryset=JobOrder.objects.all())
    deliverable = VisibleSlugField(
        "number",
        queryset=Deliverable.objects.all(),
        required=False,
        help_text="To add an issue to one that is there.",
    )
    title = serializers.CharField(max_length=200, required=False)
    kind = serializers.ChoiceField(DeliverableKind.choices, required=False)
    description = serializers.CharField(max_length=2000, required=False, allow_blank=True)
    retention = serializers.ChoiceField(Retention.choices, required=False)
    note = serializers.CharField(max_length=2000, required=False, allow_blank=True)
    file_name = serializers.CharField(max_length=200)
    size_bytes = serializers.IntegerField(min_value=1, max_value=2**53)
    sha256 = serializers.RegexField(re.compile(r"^[0-9a-fA-F]{64}$"))

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "deliverable" not in attrs and not {"title", "kind"} <= attrs.keys():
            raise serializers.ValidationError("Name title and kind, or the deliverable it is for.")
        return attrs


class UploadSerializer(serializers.ModelSerializer):
    """A file on its way in. `offset_bytes` of it are safe; go on from there."""

    job = serializers.CharField(source="job.number")
    deliverable = serializers.CharField(source="deliverable.number", default=None, allow_null=True)

    class Meta:
        model = Upload
        fields = [
            "key",
            "job",
            "deliverable",
            "title",
            "kind",
            "file_name",
            "size_bytes",
            "offset_bytes",
            "sha256",
            "status",
            "refusal",
            "expires_at",
        ]
        read_only_fields = fields
