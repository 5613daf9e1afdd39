import base64
import binascii
from typing import Any

from django.utils import timezone
from rest_framework import status
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from client_management.models import Upload
from client_management.portal_exceptions import PartRefused
from client_management.serializers import deliverables as shapes
from client_management.services import uploads
from common.api.docs import documented
from common.api.idempotency import idempotent
from common.api.viewsets import ServiceViewSet
from users.requests import UserRequest

OCTETS = "application/offset+octet-stream"


class OctetParser(BaseParser):
    """Bytes that are read by the service, block by block; nothing is held here."""

    media_type = OCTETS

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        return stream


class UploadViewSet(ServiceViewSet):
    """
    Files of any size, in parts: begin, send bytes from where it stands, ask where it stands.

    An acknowledged byte is on disk. After a broken line or a restart ask (`HEAD`) for
    `Upload-Offset` and go on from there.
    """

    tag = "client-management"
    queryset = Upload.objects.select_related("job", "deliverable").order_by("-pk")
    serializer_class = shapes.UploadSerializer
    lookup_field = "key"
    lookup_value_regex = "[0-9a-f]{32}"
    filter_backends = []
    raw_actions = {"partial_update": OCTETS}
    request_headers = {
        "partial_update": [
            ("Upload-Offset", "Where the bytes begin.", True, "^[0-9]{1,17}$"),
            ("Upload-Checksum", "`sha256 ` and the digest of the part in Base64.", False, ""),
        ]
    }
    input_serializers = {"create": shapes.BeginUploadSerializer}
    action_permissions = {
        "create": "add",
        "retrieve": "add",
        "partial_update": "add",
        "destroy": "add",
    }

    @documented(
        summary="Begin an upload",
        request=shapes.BeginUploadSerializer,
        responses={201: shapes.UploadSerializer},
    )
    @idempotent
    def create(self, request: UserRequest) -> Response:
        """
        Announce a file: its size and SHA-256 first.

        Example: `{"job": "JOB-2026-0007", "title": "Orthophoto", "kind": "orthophoto",
        "file_name": "ortho.tif", "size_bytes": 2147483648, "sha256": "9f..."}`. The same file,
        begun and not finished, is the same upload.
        """
        given = self.validated()
        upload = uploads.begin_upload(
            given.pop("job"), **given, actor=request.user, at=timezone.now()
        )
        return _shown(upload, status.HTTP_201_CREATED)

    @documented(summary="See how far an upload is", responses={200: shapes.UploadSerializer})
    def retrieve(self, request: Request, key: str) -> Response:
        """How many bytes are safe (`Upload-Offset`), and what became of a whole file."""
        return _shown(self.get_object())

    @documented(
        summary="Send bytes of an upload",
        responses={204: "On disk; `Upload-Offset` says how far."},
    )
    def partial_update(self, request: Request, key: str) -> Response:
        """
        Send the next bytes, as `application/offset+octet-stream`.

        `Upload-Offset` says where they begin; another place than where the upload stands is a 409.
        `Upload-Checksum: sha256 <base64>` has the part checked.
        """
        upload = self.get_object()
        offset, size = _count(request, "Upload-Offset"), _count(request, "Content-Length")
        checksum = _checksum(request.headers.get("Upload-Checksum", ""))
        body: Any = request.data
        if not hasattr(body, "read") or size == 0:
            raise PartRefused(reason="There are no bytes.")
        upload = uploads.take_part(
            upload, body, offset=offset, size=size, sha256=checksum, at=timezone.now()
        )
        response = Response(status=status.HTTP_204_NO_CONTENT)
        response["Upload-Offset"] = str(upload.offset_bytes)
        return response

    @documented(summary="Give an upload up", responses={204: "Forgotten."})
    def destroy(self, request: Request, key: str) -> Response:
        """Forget what has arrived so far."""
        uploads.abandon(self.get_object(), actor=request.user, at=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)

    def get_parsers(self) -> list[Any]:
        method = getattr(getattr(self, "request", None), "method", "")
        return [OctetParser()] if method == "PATCH" else super().get_parsers()


def _shown(upload: Upload, code: int = status.HTTP_200_OK) -> Response:
    response = Response(shapes.UploadSerializer(upload).data, status=code)
    response["Upload-Offset"] = str(upload.offset_bytes)
    response["Upload-Length"] = str(upload.size_bytes)
    response["Cache-Control"] = "no-store"
    return response


def _count(request: Request, name: str) -> int:
    text = request.headers.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) < 18):
        raise ParseError(f"{name} must be a whole number.")
    return int(text)


def _checksum(header: str) -> str:
    """The hexadecimal SHA-256 of a part; empty without a header."""
    if not header:
        return ""
    kind, _, value = header.partition(" ")
    try:
        digest = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        digest = b""
    if kind.lower() != "sha256" or len(digest) != 32:
        raise ParseError("Upload-Checksum is `sha256` and the digest in base64.")
    return digest.hex()
