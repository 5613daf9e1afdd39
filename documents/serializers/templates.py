from rest_framework import serializers

from common.api.serializers import CommandSerializer, SomeChangeSerializer
from documents.layout.language import MOST_CHARACTERS
from documents.models import DocumentTemplate


class DocumentKindSerializer(serializers.Serializer):
    """A kind of document, and what the caller may do with it."""

    key = serializers.CharField()
    title = serializers.CharField()
    subject = serializers.CharField()
    classification = serializers.CharField()
    retention_years = serializers.IntegerField(allow_null=True)
    in_pack = serializers.BooleanField()
    may_make = serializers.BooleanField()
    may_read = serializers.BooleanField()


class PlaceholderSerializer(serializers.Serializer):
    """What a template may show."""

    path = serializers.CharField()
    meaning = serializers.CharField(allow_blank=True)


class ShippedLayoutSerializer(serializers.Serializer):
    """The layout that ships with a kind, and what a template of it may show."""

    kind = serializers.CharField()
    placeholders = PlaceholderSerializer(many=True)
    text = serializers.CharField()


class DocumentTemplateRowSerializer(serializers.ModelSerializer):
    """One edition of a template, without its text."""

    author = serializers.CharField(source="author.email", allow_null=True, default=None)
    is_shipped = serializers.BooleanField()

    class Meta:
        model = DocumentTemplate
        fields = [
            "id",
            "kind",
            "edition",
            "status",
            "author",
            "is_shipped",
            "note",
            "text_sha256",
            "created_at",
            "published_at",
            "version",
        ]
        read_only_fields = fields


class DocumentTemplateSerializer(DocumentTemplateRowSerializer):
    """One edition of a template."""

    class Meta(DocumentTemplateRowSerializer.Meta):
        fields = [*DocumentTemplateRowSerializer.Meta.fields, "text"]
        read_only_fields = fields


class DraftTemplateSerializer(CommandSerializer):
    """Another edition of a template."""

    kind = serializers.CharField(max_length=40)
    text = serializers.CharField(max_length=MOST_CHARACTERS, trim_whitespace=False)
    note = serializers.CharField(max_length=500, required=False, allow_blank=True)


class ChangeTemplateSerializer(SomeChangeSerializer):
    """What may be changed of a draft."""

    text = serializers.CharField(max_length=MOST_CHARACTERS, trim_whitespace=False)
    note = serializers.CharField(max_length=500, allow_blank=True)


class PreviewTemplateSerializer(CommandSerializer):
    """The record to show a template with."""

    subject = serializers.CharField(
        max_length=40, help_text="Its number, such as `TR-2026-0012`, or its id."
    )
    purpose = serializers.CharField(max_length=200, required=False)
