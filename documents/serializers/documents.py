from rest_framework import serializers

from common.api.serializers import CommandSerializer
from documents.models import Document, DocumentAccess, DocumentClass, DocumentPack, LookPurpose

SUBJECT = "Its number, such as `TR-2026-0012`, or its id."


class DocumentSerializer(serializers.ModelSerializer):
    """One issue of a document; its file comes by a link."""

    subject_id = serializers.IntegerField(allow_null=True)
    template_edition = serializers.IntegerField(
        source="template.edition", allow_null=True, default=None
    )
    generated_by = serializers.CharField(source="generated_by.email", allow_null=True, default=None)
    is_deleted = serializers.BooleanField()

    class Meta:
        model = Document
        fields = [
            "number",
            "kind",
            "title",
            "subject_type",
            "subject_id",
            "subject_title",
            "issue",
            "is_current",
            "is_reissue_due",
            "is_deleted",
            "classification",
            "retained_until",
            "file_name",
            "media_type",
            "size_bytes",
            "page_count",
            "sha256",
            "snapshot_sha256",
            "rule_versions",
            "template_edition",
            "letterhead_version",
            "generated_by",
            "generated_at",
            "version",
        ]
        read_only_fields = fields


class UploadDocumentSerializer(CommandSerializer):
    """A file to keep: PDF, PNG, JPEG or WebP."""

    file = serializers.FileField(max_length=200)
    title = serializers.CharField(max_length=200)
    subject_type = serializers.CharField(
        max_length=64, required=False, help_text="Such as `operations.trip`."
    )
    subject = serializers.CharField(max_length=40, required=False, help_text=SUBJECT)
    classification = serializers.ChoiceField(DocumentClass.choices, required=False)
    retention_years = serializers.IntegerField(
        min_value=0,
        max_value=75,
        required=False,
        allow_null=True,
        help_text="About a drone operation or a technical log seven at least.",
    )

    def validate(self, attrs: dict) -> dict:
        if ("subject" in attrs) != ("subject_type" in attrs):
            raise serializers.ValidationError("Name subject_type and subject, or neither.")
        return attrs


class GenerateDocumentSerializer(CommandSerializer):
    """One document of a record (`kind`), or all of them as a ZIP (`pack`)."""

    kind = serializers.CharField(max_length=40, required=False)
    pack = serializers.CharField(
        max_length=64, required=False, help_text="Such as `operations.trip`."
    )
    subject = serializers.CharField(max_length=40, help_text=SUBJECT)

    def validate(self, attrs: dict) -> dict:
        if ("kind" in attrs) == ("pack" in attrs):
            raise serializers.ValidationError("Name either kind or pack.")
        return attrs


class LinkPurposeSerializer(CommandSerializer):
    """What a document is wanted for; medical ones must say. No names."""

    purpose = serializers.CharField(max_length=200, required=False)


class LookPurposeSerializer(CommandSerializer):
    """What a document is wanted for, where that is part of the address: one of a list."""

    purpose = serializers.ChoiceField(
        LookPurpose.choices,
        required=False,
        default="",
        error_messages={"invalid_choice": "Not one of the choices."},
    )


class DocumentLinkSerializer(serializers.Serializer):
    """A way to a file, good for some minutes and for who asked."""

    url = serializers.CharField()
    expires_at = serializers.DateTimeField()


class KeepDocumentSerializer(CommandSerializer):
    """The last day on which it is kept."""

    until = serializers.DateField()


class DocumentSnapshotSerializer(serializers.Serializer):
    """What a document was made from, and its fingerprint."""

    number = serializers.CharField()
    sha256 = serializers.CharField()
    is_intact = serializers.BooleanField()
    snapshot = serializers.JSONField()


class DocumentAccessSerializer(serializers.ModelSerializer):
    """One look at a document, one download, or one that was refused."""

    document = serializers.CharField(source="document.number", allow_null=True, default=None)
    template = serializers.CharField(
        allow_null=True, help_text="What was tried with a record, instead of a document."
    )
    user = serializers.CharField(source="user.email", allow_null=True, default=None)

    class Meta:
        model = DocumentAccess
        fields = [
            "id",
            "document",
            "template",
            "subject_type",
            "subject_id",
            "deed",
            "user",
            "purpose",
            "refusal",
            "address",
            "request_id",
            "occurred_at",
        ]
        read_only_fields = fields


class DocumentPackSerializer(serializers.ModelSerializer):
    """All documents of one record as one ZIP, and how far it is."""

    progress_percent = serializers.IntegerField()
    requested_by = serializers.CharField(source="requested_by.email")

    class Meta:
        model = DocumentPack
        fields = [
            "id",
            "requested_by",
            "subject_type",
            "subject_id",
            "subject_title",
            "kinds",
            "status",
            "progress_percent",
            "done_count",
            "total_count",
            "left_out",
            "file_name",
            "size_bytes",
            "sha256",
            "requested_at",
            "finished_at",
            "expires_at",
            "version",
        ]
        read_only_fields = fields
