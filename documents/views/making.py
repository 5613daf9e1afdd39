from functools import partial
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound, PermissionDenied
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView

from common.api.docs import documented, documented_action
from common.api.idempotency import idempotent
from common.api.permissions import holds
from common.api.viewsets import ReadViewSet, ServiceViewSet
from documents.exceptions import NotYourLink
from documents.models import Document, DocumentPack, PackStatus
from documents.queries.layouts import known_kind
from documents.queries.subjects import find_subject
from documents.serializers import documents as shapes
from documents.services import access, generation, packs
from documents.views.documents import shown_link
from users.requests import UserRequest

Pack = shapes.DocumentPackSerializer
GRANT = "documents.generate_document"


class GenerateViewSet(ServiceViewSet):
    """Where documents are made."""

    tag = "documents"
    queryset = Document.objects.all()
    serializer_class = shapes.DocumentSerializer
    input_serializers = {"create": shapes.GenerateDocumentSerializer}
    action_permissions = {"create": GRANT}

    @documented(
        summary="Make a document, or a pack of them",
        request=shapes.GenerateDocumentSerializer,
        responses={
            200: shapes.DocumentSerializer,
            201: shapes.DocumentSerializer,
            202: shapes.DocumentPackSerializer,
        },
    )
    @idempotent
    def create(self, request: UserRequest) -> Response:
        """
        Make a document of a record as it is now: 201 for a new issue, 200 where the one there is
        says just that. A pack is made in the background: 202, and its progress at `Location`.

        Examples: `{"kind": "itinerary", "subject": "TR-2026-0012"}`, `{"pack": "operations.trip",
        "subject": "TR-2026-0012"}`.
        """
        given, at = self.validated(), timezone.now()
        if "pack" in given:
            pack = packs.request_pack(given["pack"], given["subject"], actor=request.user, at=at)
            response = Response(Pack(pack).data, status=status.HTTP_202_ACCEPTED)
            response["Location"] = reverse("documents:pack-detail", [pack.pk], request=request)
            return response
        kind = known_kind(given["kind"])
        if not kind.may_make(partial(holds, request)):
            raise PermissionDenied
        row = find_subject(kind.subject, given["subject"], request.user)
        document = generation.generate(kind.key, row.pk, actor=request.user, at=at)
        is_new = document.generated_at == at
        code = status.HTTP_201_CREATED if is_new else status.HTTP_200_OK
        return Response(shapes.DocumentSerializer(document).data, status=code)


class PackViewSet(ReadViewSet):
    """Packs and how far they are; the file of one is its asker's alone."""

    tag = "documents"
    queryset = DocumentPack.objects.select_related("requested_by").order_by("-pk")
    serializer_class = Pack
    filterset_fields = ["status", "subject_type", "subject_id"]
    input_serializers = {"link": shapes.LinkPurposeSerializer}
    action_permissions = dict.fromkeys(("list", "retrieve", "cancel", "link"), GRANT)

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):
            return DocumentPack.objects.none()
        rows = DocumentPack.objects.within_reach(self.request.user, partial(holds, self.request))
        return rows.select_related("requested_by").order_by("-pk")

    @documented_action(summary="Stop making a pack", responses={200: Pack})
    @action(detail=True, methods=["post"])
    @idempotent
    def cancel(self, request: UserRequest, pk: str) -> Response:
        """Stop after the document in hand; what was made stays in the library."""
        return self.respond(
            packs.cancel_pack(self.get_object(), actor=request.user, at=timezone.now())
        )

    @documented(
        summary="Get a link to a pack's file",
        request=shapes.LinkPurposeSerializer,
        responses={200: shapes.DocumentLinkSerializer},
    )
    @action(detail=True, methods=["post"])
    def link(self, request: UserRequest, pk: str) -> Response:
        """
        A link that is good for some minutes; 404 until the pack is done.

        Example: `{"purpose": "Handover"}`; needed where a medical document is in it.
        """
        pack = self.get_object()
        packs.require_asker(pack, request.user)
        if pack.status != PackStatus.DONE or not pack.file:
            raise NotFound
        made = access.link_to_pack(pack, **self.validated(), user=request.user, at=timezone.now())
        return Response(shown_link(request, made))


class DownloadView(APIView):
    """What a link leads to; the link is the key, and its owner's alone."""

    tag = "documents"
    file_actions = {"get": "*/*"}
    permission_classes = (AllowAny,)
    further_errors = (410,)

    @documented(summary="Download a file", responses={200: "The file, as an attachment."})
    def get(self, request: Request, token: str) -> HttpResponse:
        """
        The file of a document or a pack. Medical ones are handed out only to who is signed in
        besides; 410 for a link whose time is over.
        """
        found = access.follow(token, user=request.user, at=timezone.now())
        if found is None:
            raise NotYourLink
        response: Any = HttpResponse(found.content, content_type=found.media_type)
        # The name is made of letters, digits, dots and hyphens.
        response["Content-Disposition"] = f'attachment; filename="{found.file_name}"'
        response["X-Content-Type-Options"] = "nosniff"
        response["Content-Security-Policy"] = "default-src 'none'; sandbox"
        response["Cache-Control"] = "no-store, private"
        response["Referrer-Policy"] = "no-referrer"
        return response
