from typing import Any

from rest_framework import serializers

from client_management.models import (
    ClientMessage,
    ClientOrganization,
    JobOrder,
    MessageFile,
    MessageThread,
    ServiceRequest,
)
from client_management.queries.messages import GENERAL
from common.api.fields import VisibleSlugField
from common.api.serializers import CommandSerializer


class MessageThreadSerializer(serializers.ModelSerializer):
    """What a client and the desk write to each other about one thing; `about` names it."""

    organization = serializers.CharField(source="organization.number")
    about = serializers.SerializerMethodField()
    unread_count = serializers.IntegerField()
    last_body = serializers.CharField(allow_null=True)

    class Meta:
        model = MessageThread
        fields = [
            "id",
            "organization",
            "about",
            "subject",
            "last_message_at",
            "unread_count",
            "last_body",
        ]
        read_only_fields = fields
        extra_kwargs = {"last_message_at": {"allow_null": True}}

    def get_about(self, thread: MessageThread) -> str:
        """The number of the job or the request, or `general`."""
        return str(thread.job or thread.request or GENERAL)


class MessageFileSerializer(serializers.ModelSerializer):
    """A file that came with a message."""

    class Meta:
        model = MessageFile
        fields = ["id", "file_name", "media_type", "size_bytes", "sha256"]
        read_only_fields = fields


class ClientMessageSerializer(serializers.ModelSerializer):
    """One message."""

    author = serializers.CharField(source="author.full_name")
    files = MessageFileSerializer(many=True)

    class Meta:
        model = ClientMessage
        fields = ["id", "author", "is_from_client", "via", "body", "files", "sent_at"]
        read_only_fields = fields


class OpenThreadSerializer(CommandSerializer):
    """What to write about: a job, a request, or a client in general; one of them."""

    organization = VisibleSlugField(
        "number", queryset=ClientOrganization.objects.all(), required=False
    )
    request = VisibleSlugField("number", queryset=ServiceRequest.objects.all(), required=False)
    job = VisibleSlugField("number", queryset=JobOrder.objects.all(), required=False)


class PostMessageSerializer(CommandSerializer):
    """A message: words, files (PDF, pictures, TIFF, KML, KMZ, GeoJSON, DXF, DWG), or both."""

    body = serializers.CharField(max_length=20_000, required=False, allow_blank=True)
    files = serializers.ListField(
        child=serializers.FileField(max_length=200), required=False, max_length=10
    )

    def to_internal_value(self, data: Any) -> Any:
        # A form has a list of files under one name; a JSON body cannot carry any.
        given = {"body": data.get("body", "")} if hasattr(data, "getlist") else data
        if hasattr(data, "getlist") and data.getlist("files"):
            given = {**given, "files": data.getlist("files")}
        return super().to_internal_value(given)


class AreaFileSerializer(CommandSerializer):
    """A KML, KMZ or GeoJSON file whose polygons are the area."""

    file = serializers.FileField(max_length=200)


class MarkReadSerializer(CommandSerializer):
    """The last message that was read."""

    message = serializers.IntegerField(min_value=1, max_value=2**62)
