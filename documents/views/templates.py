from functools import partial
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django_filters import rest_framework as filters
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.docs import documented, documented_action
from common.api.filters import StrictFilterSet
from common.api.idempotency import idempotent
from common.api.permissions import holds
from common.api.serializers import ReasonSerializer
from common.api.viewsets import HistoryMixin, ReadViewSet, ServiceViewSet
from documents.kinds import DocumentKind, kinds
from documents.models import Document, DocumentTemplate, TemplateStatus
from documents.queries.layouts import known_kind, placeholders_of, shipped_text
from documents.serializers import templates as shapes
from documents.services import previews, templates
from users.requests import UserRequest

Row = shapes.DocumentTemplateRowSerializer
Shape = shapes.DocumentTemplateSerializer


class KindViewSet(ServiceViewSet):
    """The kinds of documents there are."""

    tag = "documents"
    queryset = Document.objects.none()
    serializer_class = shapes.DocumentKindSerializer
    pagination_class = None
    filter_backends = []
    extra_query = ("subject",)

    @documented(
        summary="List the kinds of documents",
        responses={200: shapes.DocumentKindSerializer(many=True)},
        parameters={"subject": ("string", "Only kinds of this model, such as `operations.trip`.")},
    )
    def list(self, request: Request) -> Response:
        """Every kind, what it is about, and what the caller may do with it (bounded: code)."""
        wanted = request.query_params.get("subject")
        found = [self._shown(kind) for kind in kinds() if wanted in (None, kind.subject)]
        return Response(shapes.DocumentKindSerializer(found, many=True).data)

    def _shown(self, kind: DocumentKind) -> dict[str, Any]:
        return {
            "key": kind.key,
            "title": kind.title,
            "subject": kind.subject,
            "classification": kind.classification,
            "retention_years": kind.retention_years,
            "in_pack": kind.in_pack,
            "may_make": kind.may_make(partial(holds, self.request)),
            "may_read": kind.may_read(partial(holds, self.request)),
        }


class TemplateFilter(StrictFilterSet):
    """Filters of templates."""

    kind = filters.CharFilter()
    status = filters.MultipleChoiceFilter(choices=TemplateStatus.choices)

    class Meta:
        model = DocumentTemplate
        fields: list[str] = []


class DocumentTemplateViewSet(HistoryMixin, ReadViewSet):
    """Editions of templates. A published one never changes: draft the next."""

    tag = "documents"
    file_actions = {"preview": "application/pdf"}
    queryset = DocumentTemplate.objects.select_related("author").order_by("kind", "-edition", "pk")
    serializer_class = Shape
    filterset_class = TemplateFilter
    ordering_fields = ["kind", "edition", "published_at"]
    action_permissions = {"history": "view", "shipped": "view"}
    input_serializers = {
        "create": shapes.DraftTemplateSerializer,
        "partial_update": shapes.ChangeTemplateSerializer,
        "preview": shapes.PreviewTemplateSerializer,
        "retire": ReasonSerializer,
    }

    def get_queryset(self) -> Any:
        rows = super().get_queryset()
        return rows.defer("text") if self.action == "list" else rows

    def get_serializer_class(self) -> Any:
        return Row if self.action == "list" else Shape

    @documented(
        summary="Read what a template may show",
        responses={200: shapes.ShippedLayoutSerializer},
        parameters={"kind": ("string", "The key of the kind.")},
    )
    @action(
        detail=False,
        methods=["get"],
        pagination_class=None,
        filter_backends=[],
        extra_query=("kind",),
    )
    def shipped(self, request: Request) -> Response:
        """The placeholders of a kind, and the layout that ships with it to begin from."""
        wanted = request.query_params.get("kind")
        if not wanted:
            raise ValidationError({"kind": "Name a kind."})
        kind = known_kind(wanted)
        words = placeholders_of(kind).words
        shown = {
            "kind": kind.key,
            "placeholders": [{"path": path, "meaning": words[path]} for path in words],
            "text": shipped_text(kind),
        }
        return Response(shapes.ShippedLayoutSerializer(shown).data)

    @documented(
        summary="Draft a template", request=shapes.DraftTemplateSerializer, responses={201: Shape}
    )
    @idempotent
    def create(self, request: UserRequest) -> Response:
        """
        Begin the next edition of a kind's template; 400 names the line that is refused.

        Example: `{"kind": "itinerary", "text": "<h1>{{ number }}</h1>", "note": "Larger type"}`.
        """
        made = templates.draft_template(**self.validated(), actor=request.user, at=timezone.now())
        return self.respond(made, status.HTTP_201_CREATED)

    @documented(
        summary="Change a draft", request=shapes.ChangeTemplateSerializer, responses={200: Shape}
    )
    def partial_update(self, request: UserRequest, pk: str) -> Response:
        """Change text or note of a draft. Needs If-Match."""
        template = templates.change_template(
            self.get_object(),
            changes=self.validated(),
            version=self.expected_version(),
            actor=request.user,
            at=timezone.now(),
        )
        return self.respond(template)

    @documented(
        summary="Preview a template",
        request=shapes.PreviewTemplateSerializer,
        responses={200: "A PDF."},
    )
    @action(detail=True, methods=["post"])
    def preview(self, request: UserRequest, pk: str) -> HttpResponse:
        """
        A record laid out with this edition; nothing is kept but that you looked.

        Example: `{"subject": "12", "purpose": "Trying the new layout"}`; medical kinds need it.
        """
        template, given = self.get_object(), self.validated()
        if not known_kind(template.kind).may_make(partial(holds, request)):
            raise PermissionDenied
        content = previews.preview_template(
            template, **given, actor=request.user, at=timezone.now()
        )
        response: Any = HttpResponse(content, content_type="application/pdf")
        response["Content-Disposition"] = 'attachment; filename="preview.pdf"'
        response["Cache-Control"] = "no-store, private"
        return response

    @documented_action(summary="Publish a draft", responses={200: Shape})
    @action(detail=True, methods=["post"])
    @idempotent
    def publish(self, request: UserRequest, pk: str) -> Response:
        """Have documents made with it from now on; the edition in force is retired."""
        return self.respond(
            templates.publish_template(self.get_object(), actor=request.user, at=timezone.now())
        )

    @documented(summary="Retire a template", request=ReasonSerializer, responses={200: Shape})
    @action(detail=True, methods=["post"])
    @idempotent
    def retire(self, request: UserRequest, pk: str) -> Response:
        """Take an edition out of use; what ships stands in. Example: `{"reason": "Wrong logo"}`."""
        return self.respond(
            templates.retire_template(
                self.get_object(), **self.validated(), actor=request.user, at=timezone.now()
            )
        )
