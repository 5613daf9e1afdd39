"""What a signer reads and sends, with nothing but the link."""

from typing import Any

from rest_framework import serializers

from common.api.fields import FiniteFloatField
from common.api.serializers import CommandSerializer
from documents import drawings
from documents.models import Agreement
from documents.queries.agreements import state_of

HASH = r"^[0-9a-f]{64}$"
CODE = r"^[0-9]{6}$"


class SigningDocumentSerializer(serializers.Serializer):
    """The document as its link shows it."""

    number = serializers.CharField()
    title = serializers.CharField()
    page_count = serializers.IntegerField(allow_null=True)
    sha256 = serializers.CharField()


class SigningSerializer(serializers.Serializer):
    """An agreement as its link shows it."""

    number = serializers.CharField()
    state = serializers.SerializerMethodField()
    signer_role = serializers.CharField()
    signer_email = serializers.SerializerMethodField()
    document = SigningDocumentSerializer()
    consent_text = serializers.CharField()
    consent_sha256 = serializers.CharField()
    expires_at = serializers.DateTimeField()
    signed_at = serializers.DateTimeField(allow_null=True)
    needs_code_to_read = serializers.BooleanField(source="is_medical")
    is_sealed = serializers.SerializerMethodField()

    def get_state(self, agreement: Agreement) -> str:
        return state_of(agreement, at=self.context["now"])

    def get_signer_email(self, agreement: Agreement) -> str:
        return masked(agreement.signer_email)

    def get_is_sealed(self, agreement: Agreement) -> bool:
        return agreement.sealed_at is not None


class SigningCodeSerializer(CommandSerializer):
    """The one-time code."""

    code = serializers.RegexField(CODE)


class DrawingSerializer(CommandSerializer):
    """
    A drawn signature: lines of points in a field of 600 x 200 from the upper left, or a PNG in
    base64. It is drawn anew; nothing else of it is kept.
    """

    strokes = serializers.ListField(
        child=serializers.ListField(
            child=serializers.ListField(child=FiniteFloatField(), min_length=2, max_length=2),
            max_length=drawings.MOST_POINTS,
        ),
        max_length=drawings.MOST_STROKES,
        required=False,
    )
    png = serializers.CharField(required=False, max_length=drawings.MOST_PNG_BYTES * 2)

    def validate(self, attrs: dict[str, Any]) -> Any:
        if len(attrs) != 1:
            raise serializers.ValidationError("Send strokes or png.")
        if "png" in attrs:
            return drawings.drawn_from_png(attrs["png"])
        return drawings.drawn_from_strokes(attrs["strokes"])


class SignAgreementSerializer(CommandSerializer):
    """The signature: a name, the code, and the digests of what was read."""

    name = serializers.CharField(max_length=200)
    code = serializers.RegexField(CODE)
    document_sha256 = serializers.RegexField(HASH)
    consent_sha256 = serializers.RegexField(HASH)
    agrees = serializers.BooleanField()
    drawing = DrawingSerializer(required=False)

    def validate_agrees(self, value: bool) -> bool:
        if not value:
            raise serializers.ValidationError("Nothing is signed without agreeing.")
        return value


class DeclineAgreementSerializer(CommandSerializer):
    """Why it is not signed."""

    reason = serializers.CharField(max_length=2000)


def masked(address: str) -> str:
    """An e-mail address whose owner knows it again, and nobody else."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}...@{domain}"
