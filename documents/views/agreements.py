from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django_filters import rest_framework as filters
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.docs import documented, documented_action
from common.api.etags import with_etag
from common.api.filters import MomentFilter, StrictFilterSet
from common.api.idempotency import idempotent
from common.api.permissions import holds
from common.api.serializers import ReasonSerializer
from common.api.viewsets import HistoryMixin, ReadViewSet
from common.context import current
from documents.models import Agreement, AgreementStatus
from documents.models.agreement import SECRETS
from documents.queries.library import HEAVY_BELOW
from documents.serializers import agreements as shapes
from documents.services import access, agreements, sealing, signatures
from documents.services.signatures import ReadFile
from documents.views.documents import PURPOSES, purpose_of
from users.requests import UserRequest

Shape = shapes.AgreementDetailSerializer
NUMBER = "AG-[0-9]{4}-[0-9]{4,9}"


class AgreementFilter(StrictFilterSet):
    """Filters of agreements."""

    status = filters.MultipleChoiceFilter(choices=AgreementStatus.choices)
    document = filters.CharFilter(field_name="document__number")
    kind = filters.CharFilter(field_name="document__kind")
    subject_type = filters.CharFilter(field_name="document__subject_type")
    subject_id = filters.NumberFilter(field_name="document__subject_id", max_value=2**62)
    signer_email = filters.CharFilter(lookup_expr="iexact")
    signed_from = MomentFilter(field_name="signed_at", lookup_expr="gte")
    signed_until = MomentFilter(field_name="signed_at", lookup_expr="lt")

    class Meta:
        model = Agreement
        fields: list[str] = []


class AgreementViewSet(HistoryMixin, ReadViewSet):
    """Signatures under documents the caller may read, given with a link and a code."""

    tag = "documents"
    file_actions = {"signed": "application/pdf"}
    queryset = Agreement.objects.select_related(
        "document", "created_by", "countersigned_by"
    ).order_by("-pk")
    lookup_field = "number"
    lookup_value_regex = NUMBER
    filterset_class = AgreementFilter
    search_fields = ["number", "document__number", "document__title", "document__subject_title"]
    ordering_fields = ["sent_at", "expires_at", "signed_at"]
    input_serializers = {
        "create": shapes.CreateAgreementSerializer,
        "withdraw": ReasonSerializer,
    }
    action_permissions = {
        "remind": "send",
        "history": "view",
        "check": "view",
        "signed": "download",
    }

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):
            return Agreement.objects.none()
        rows: Any = type(self).queryset
        rows = rows.within_reach(self.request.user, lambda name: holds(self.request, name))
        # Names show one at a time: a list opens nothing that is sealed.
        return rows.defer(*SECRETS, *HEAVY_BELOW) if self.action == "list" else rows

    def get_serializer_class(self) -> Any:
        return shapes.AgreementSerializer if self.action == "list" else Shape

    @documented(summary="Read an agreement", responses={200: Shape})
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Who is to sign what, and what happened to it; the look is on record."""
        agreement = self.get_object()
        self._look(agreement)
        return with_etag(Response(Shape(agreement).data), agreement)

    @documented(
        summary="Prepare an agreement",
        request=shapes.CreateAgreementSerializer,
        responses={201: Shape},
    )
    @idempotent
    def create(self, request: UserRequest) -> Response:
        """
        Say who is to sign which document; nothing is sent yet.

        Example: `{"document": "DC-2026-000034", "signer_name": "J. García", "signer_email":
        "j@example.com", "signer_role": "customer"}`.
        """
        agreement = agreements.create_agreement(
            **self.validated(), actor=request.user, at=timezone.now()
        )
        return self.respond(agreement, status.HTTP_201_CREATED)

    @documented_action(summary="Send an agreement", responses={200: Shape})
    @action(detail=True, methods=["post"])
    @idempotent
    def send(self, request: UserRequest, number: str) -> Response:
        """Mail the signer a link; from now on its days are counted."""
        return self._run(agreements.send_agreement)

    @documented_action(summary="Send the link again", responses={200: Shape})
    @action(detail=True, methods=["post"])
    @idempotent
    def remind(self, request: UserRequest, number: str) -> Response:
        """Mail the same link once more."""
        return self._run(agreements.remind_signer)

    @documented(summary="Take an agreement back", request=ReasonSerializer, responses={200: Shape})
    @action(detail=True, methods=["post"])
    @idempotent
    def withdraw(self, request: UserRequest, number: str) -> Response:
        """The link says so from now on. Example: `{"reason": "Another date"}`."""
        return self._run(agreements.withdraw_agreement)

    @documented_action(summary="Countersign an agreement", responses={200: Shape})
    @action(detail=True, methods=["post"])
    @idempotent
    def countersign(self, request: UserRequest, number: str) -> Response:
        """Sign for the operator; the signer's signature stays valid."""
        return self._run(sealing.countersign_agreement)

    @documented(
        summary="Download the signed file",
        responses={200: "The signed PDF."},
        refusals=(409,),
        parameters={"purpose": ("string", PURPOSES)},
    )
    @action(
        detail=True,
        methods=["get"],
        pagination_class=None,
        filter_backends=[],
        extra_query=("purpose",),
    )
    def signed(self, request: UserRequest, number: str) -> HttpResponse:
        """The document with its evidence and signatures, as PDF; the download is on record."""
        found = signatures.download_signed(
            self.get_object(),
            purpose=purpose_of(request),
            actor=request.user,
            address=current().address,
            at=timezone.now(),
        )
        return pdf_response(found)

    @documented(
        summary="Check the signatures",
        responses={200: shapes.SignatureCheckSerializer(many=True)},
        refusals=(409,),
    )
    @action(detail=True, methods=["get"], pagination_class=None, filter_backends=[])
    def check(self, request: UserRequest, number: str) -> Response:
        """
        Whether each signature in the signed file holds, worked out from the file itself; it names
        who signed, so the look is on record.
        """
        agreement = self.get_object()
        self._look(agreement)
        found = sealing.check_agreement(agreement, at=timezone.now())
        return Response(shapes.SignatureCheckSerializer(found, many=True).data)

    def _look(self, agreement: Agreement) -> None:
        access.look(
            agreement.document,
            user=self.request.user,
            purpose=f"Agreement {agreement.number}",
            at=timezone.now(),
        )

    def _run(self, service: Any) -> Response:
        # First whether it is there at all: a body says nothing of what one may not see.
        agreement = self.get_object()
        given = self.validated() if self.action in self.input_serializers else {}
        made = service(agreement, **given, actor=self.request.user, at=timezone.now())
        return self.respond(made)


def pdf_response(found: ReadFile, *, is_inline: bool = False) -> HttpResponse:
    """A PDF as an answer that stays out of caches."""
    response = HttpResponse(found.content, content_type="application/pdf")
    how = "inline" if is_inline else "attachment"
    response["Content-Disposition"] = f'{how}; filename="{found.name}"'
    response["Cache-Control"] = "no-store, private"
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    return response
