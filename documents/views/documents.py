from typing import Any

from django.conf import settings
from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from django_filters import rest_framework as filters
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.docs import documented
from common.api.etags import with_etag
from common.api.filters import MomentFilter, StrictFilterSet, YesNoFilter
from common.api.idempotency import idempotent
from common.api.pagination import BoundedPageNumberPagination, NewestFirstCursorPagination
from common.api.parsers import CleanMultiPartParser, TooLarge
from common.api.permissions import holds
from common.api.serializers import ReasonSerializer
from common.api.viewsets import ServiceViewSet
from documents.models import SEARCHED, Document, DocumentAccess, DocumentClass, LookPurpose
from documents.queries import library
from documents.serializers import documents as shapes
from documents.services import access, deletion, uploads
from users.requests import UserRequest

Shape = shapes.DocumentSerializer
NUMBER = "DC-[0-9]{4}-[0-9]{6,12}"
PURPOSES = f"What for; needed for medical documents: {', '.join(LookPurpose.values)}."


class DocumentFilter(StrictFilterSet):
    """Filters of documents."""

    kind = filters.CharFilter()
    subject_type = filters.CharFilter()
    subject_id = filters.NumberFilter(max_value=2**62)
    classification = filters.MultipleChoiceFilter(choices=DocumentClass.choices)
    is_current = YesNoFilter()
    is_reissue_due = YesNoFilter()
    is_deleted = YesNoFilter(field_name="deleted_at", lookup_expr="isnull", exclude=True)
    generated_from = MomentFilter(field_name="generated_at", lookup_expr="gte")
    generated_until = MomentFilter(field_name="generated_at", lookup_expr="lt")

    class Meta:
        model = Document
        fields: list[str] = []


class DocumentViewSet(mixins.ListModelMixin, ServiceViewSet):
    """
    The library: what was made here and handed in, of the records the caller may see.
    Files come by a link (`link`); every look, link, download and refusal is on record.
    """

    tag = "documents"
    queryset = Document.objects.order_by("-pk")
    serializer_class = Shape
    lookup_field = "number"
    lookup_value_regex = NUMBER
    filterset_class = DocumentFilter
    search_fields = [*SEARCHED]
    ordering_fields = ["generated_at", "title", "kind", "subject_title", "size_bytes"]
    further_errors = (410,)
    input_serializers = {
        "upload": shapes.UploadDocumentSerializer,
        "link": shapes.LinkPurposeSerializer,
        "remove": ReasonSerializer,
        "keep_longer": shapes.KeepDocumentSerializer,
    }
    action_permissions = {
        "upload": "add",
        "issues": "view",
        "snapshot": "view",
        "remove": "delete",
        "keep_longer": "change",
        "accesses": "documents.view_documentaccess",
    }

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):
            return Document.objects.none()
        return library.library(self.request.user, self.holds)

    def holds(self, permission: str) -> bool:
        """What the caller may, by account and token."""
        return holds(self.request, permission)

    def get_object(self) -> Any:
        try:
            return super().get_object()
        except Http404:
            self._note_refusal()
            raise

    def _note_refusal(self) -> None:
        kept = Document.objects.filter(number=self.kwargs["number"]).first()
        if kept is not None:
            access.refuse(kept, "not_found", user=self.request.user, at=timezone.now())

    def finalize_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().finalize_response(*args, **kwargs)
        response["Cache-Control"] = "no-store, private"
        return response

    @documented(summary="Read about a document", responses={200: Shape})
    def retrieve(self, request: UserRequest, number: str) -> Response:
        """What is known of a document; the look is on record."""
        document = self.get_object()
        access.look(document, user=request.user, at=timezone.now())
        return with_etag(Response(Shape(document).data), document)

    @documented(
        summary="Hand in a file",
        request=shapes.UploadDocumentSerializer,
        responses={201: Shape},
    )
    @action(detail=False, methods=["post"], parser_classes=[CleanMultiPartParser])
    def upload(self, request: UserRequest) -> Response:
        """
        Keep a PDF, PNG, JPEG or WebP, for a record or for none; what it is shows in its content.

        The same file again with the same title, record, class and retention answers with the first.
        """
        given = self.validated()
        if given["file"].size > settings.DOCUMENT_UPLOAD_MAX_BYTES:
            raise TooLarge
        kept = uploads.upload_document(
            given.pop("file"), **given, actor=request.user, at=timezone.now()
        )
        return Response(Shape(kept).data, status=201)

    @documented(summary="List the issues of a document", responses={200: Shape(many=True)})
    @action(
        detail=True,
        methods=["get"],
        pagination_class=BoundedPageNumberPagination,
        filter_backends=[],
    )
    def issues(self, request: Request, number: str) -> Response:
        """Every issue of the same document of the same record, newest first."""
        page = self.paginate_queryset(library.issues_of(self.get_object()))
        return self.get_paginated_response(Shape(page, many=True).data)

    @documented(
        summary="Read what a document was made from",
        responses={200: shapes.DocumentSnapshotSerializer},
        parameters={"purpose": ("string", PURPOSES)},
    )
    @action(
        detail=True,
        methods=["get"],
        pagination_class=None,
        filter_backends=[],
        extra_query=("purpose",),
    )
    def snapshot(self, request: UserRequest, number: str) -> Response:
        """The data a document was made from, and whether it still has its fingerprint."""
        purpose = purpose_of(request)
        document = self.get_object()
        access.require_purpose(document, purpose)
        found = library.snapshot_kept(document)
        access.look(document, user=request.user, purpose=purpose, at=timezone.now())
        return Response(shapes.DocumentSnapshotSerializer(found).data)

    @documented(
        summary="Get a link to a document's file",
        request=shapes.LinkPurposeSerializer,
        responses={200: shapes.DocumentLinkSerializer},
    )
    @action(detail=True, methods=["post"])
    def link(self, request: UserRequest, number: str) -> Response:
        """
        A link that is good for some minutes and for the caller alone.

        Example: `{"purpose": "Handover to the receiving hospital"}`.
        """
        made = access.link_to(
            self.get_object(), **self.validated(), user=request.user, at=timezone.now()
        )
        return Response(shown_link(request, made))

    @documented(
        summary="Delete a document's file",
        request=ReasonSerializer,
        responses={200: Shape},
    )
    @action(detail=True, methods=["post"], url_path="delete")
    @idempotent
    def remove(self, request: UserRequest, number: str) -> Response:
        """
        Delete file and data; what it was stays listed. Refused while it must be kept.

        Example: `{"reason": "Handed in twice"}`.
        """
        return self.respond(
            deletion.delete_document(
                self.get_object(), **self.validated(), actor=request.user, at=timezone.now()
            )
        )

    @documented(
        summary="Keep a document longer",
        request=shapes.KeepDocumentSerializer,
        responses={200: Shape},
    )
    @action(detail=True, methods=["post"], url_path="keep-longer")
    @idempotent
    def keep_longer(self, request: UserRequest, number: str) -> Response:
        """Extend until when it cannot be deleted. Example: `{"until": "2036-12-31"}`."""
        return self.respond(
            deletion.keep_longer(
                self.get_object(), **self.validated(), actor=request.user, at=timezone.now()
            )
        )

    @documented(
        summary="List who had a document",
        responses={200: shapes.DocumentAccessSerializer(many=True)},
    )
    @action(
        detail=True,
        methods=["get"],
        pagination_class=NewestFirstCursorPagination,
        filter_backends=[],
    )
    def accesses(self, request: Request, number: str) -> Response:
        """Every look, link, download and refusal, newest first."""
        page = self.paginate_queryset(library.accesses_of(self.get_object()))
        return self.get_paginated_response(shapes.DocumentAccessSerializer(page, many=True).data)


def purpose_of(request: Request) -> str:
    """
    What the address says a document is for. Raises ValidationError, which does not repeat it.

    Addresses are written down in many places, so it takes no words of the caller's own.
    """
    given = shapes.LookPurposeSerializer(data=request.query_params.dict())
    given.is_valid(raise_exception=True)
    return str(given.validated_data["purpose"])


def shown_link(request: Request, made: access.Link) -> dict[str, Any]:
    """A link as the API shows it."""
    path = reverse("documents:download", kwargs={"token": made.token})
    shown = {"url": request.build_absolute_uri(path), "expires_at": made.expires_at}
    return dict(shapes.DocumentLinkSerializer(shown).data)


class AccessFilter(StrictFilterSet):
    """Filters of the access log."""

    document = filters.CharFilter(field_name="document__number")
    user = filters.CharFilter(field_name="user__email")
    deed = filters.CharFilter()
    occurred_from = MomentFilter(field_name="occurred_at", lookup_expr="gte")
    occurred_until = MomentFilter(field_name="occurred_at", lookup_expr="lt")

    class Meta:
        model = DocumentAccess
        fields: list[str] = []


class DocumentAccessViewSet(mixins.ListModelMixin, ServiceViewSet):
    """Who looked at, downloaded or was refused which document."""

    tag = "documents"
    queryset = DocumentAccess.objects.order_by("-pk")
    serializer_class = shapes.DocumentAccessSerializer
    pagination_class = NewestFirstCursorPagination
    filterset_class = AccessFilter

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):
            return DocumentAccess.objects.none()
        return library.accesses(self.request.user, lambda name: holds(self.request, name))
