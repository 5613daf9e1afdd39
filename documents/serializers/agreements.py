from typing import Any

from rest_framework import serializers

from common.api.fields import VisibleSlugField
from common.api.serializers import CommandSerializer
from documents.models import Agreement, AgreementEntry, Document, SignerRole
from documents.services.agreements import MOST_DAYS

FIELDS = [
    "number",
    "document",
    "document_title",
    "kind",
    "subject_type",
    "subject_id",
    "subject_title",
    "signer_email",
    "signer_role",
    "status",
    "valid_days",
    "created_by",
    "created_at",
    "sent_at",
    "expires_at",
    "viewed_at",
    "signed_at",
    "declined_at",
    "countersigned_at",
    "countersigned_by",
    "sealed_at",
    "version",
]


class AgreementTrailSerializer(serializers.ModelSerializer):
    """One entry of the trail."""

    actor = serializers.CharField(source="actor.email", default=None, allow_null=True)

    class Meta:
        model = AgreementEntry
        fields = ["deed", "actor", "address", "user_agent", "occurred_at"]
        read_only_fields = fields


class AgreementSerializer(serializers.ModelSerializer):
    """A signature under a document: asked for, given or refused. Names show one at a time."""

    document = serializers.CharField(source="document.number")
    document_title = serializers.CharField(source="document.title")
    kind = serializers.CharField(source="document.kind")
    subject_type = serializers.CharField(source="document.subject_type")
    subject_id = serializers.IntegerField(source="document.subject_id", allow_null=True)
    subject_title = serializers.CharField(source="document.subject_title")
    created_by = serializers.CharField(source="created_by.email")
    countersigned_by = serializers.CharField(
        source="countersigned_by.email", default=None, allow_null=True
    )

    class Meta:
        model = Agreement
        fields = FIELDS
        read_only_fields = fields


class AgreementDetailSerializer(AgreementSerializer):
    """One agreement with who signed, what they agreed to, and its trail."""

    signer_name = serializers.CharField()
    signed_name = serializers.CharField(allow_null=True)
    declined_because = serializers.CharField(allow_null=True)
    trail = serializers.SerializerMethodField()

    class Meta(AgreementSerializer.Meta):
        fields = [
            *FIELDS,
            "signer_name",
            "signed_name",
            "signed_from",
            "user_agent",
            "declined_because",
            "consent_text",
            "consent_sha256",
            "document_sha256",
            "certificate_sha256",
            "sha256",
            "trail",
        ]
        read_only_fields = fields

    def get_trail(self, agreement: Agreement) -> list[dict[str, Any]]:
        entries = agreement.trail.select_related("actor").order_by("pk")
        return list(AgreementTrailSerializer(entries, many=True).data)


class CreateAgreementSerializer(CommandSerializer):
    """Which document is to be signed, and by whom."""

    document = VisibleSlugField("number", queryset=Document.objects.all())
    signer_name = serializers.CharField(max_length=200)
    signer_email = serializers.EmailField()
    signer_role = serializers.ChoiceField(SignerRole.choices)
    valid_days = serializers.IntegerField(min_value=1, max_value=MOST_DAYS, required=False)


class SignatureCheckSerializer(serializers.Serializer):
    """Whether one signature in a signed file holds."""

    field = serializers.CharField()
    name = serializers.CharField()
    is_intact = serializers.BooleanField(help_text="The bytes are those that were signed.")
    is_trusted = serializers.BooleanField(help_text="Made with this installation's certificate.")
    is_last_change_allowed = serializers.BooleanField()
    holds = serializers.BooleanField()
    fingerprint = serializers.CharField(help_text="SHA-256 of the certificate.")
