from typing import ClassVar

from django.utils import timezone
from django_filters import rest_framework as filters
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.response import Response

from common.api.docs import documented, documented_action
from common.api.etags import with_etag
from common.api.filters import StrictFilterSet
from common.api.idempotency import idempotent
from common.api.serializers import EmptyCommandSerializer, ReasonSerializer
from common.api.viewsets import HistoryMixin, ReadViewSet
from users.models import ApiToken, FlightExperience, Qualification
from users.requests import UserRequest
from users.serializers import papers as shapes
from users.services import api_tokens, experience, qualifications


class QualificationFilter(StrictFilterSet):
    """Papers of a person, of a kind, in a state, running out before a day."""

    expires_before = filters.DateFilter(field_name="expires_on", lookup_expr="lt")

    class Meta:
        model = Qualification
        fields = ["user", "kind", "status", "expires_before"]


class QualificationViewSet(HistoryMixin, ReadViewSet):
    """Licenses, ratings, medicals, RePLs and trainings."""

    tag = "users"
    queryset = Qualification.objects.select_related("user", "verified_by").order_by(
        "user__last_name", "kind", "pk"
    )
    serializer_class = shapes.QualificationSerializer
    filterset_class = QualificationFilter
    search_fields = ["number", "user__email", "user__last_name"]
    ordering_fields = ["expires_on", "issued_on", "kind"]
    input_serializers: ClassVar[dict] = {
        "create": shapes.RecordQualificationSerializer,
        "partial_update": shapes.ChangeQualificationSerializer,
        "verify": EmptyCommandSerializer,
        "revoke": ReasonSerializer,
    }
    action_permissions: ClassVar[dict] = {"history": "view"}

    @documented(
        summary="Record a qualification",
        request=shapes.RecordQualificationSerializer,
        responses={201: shapes.QualificationSerializer},
    )
    @idempotent
    def create(self, request: UserRequest) -> Response:
        """
        Write a paper down as it is printed; it counts once verified.

        Example: `{"user": 7, "kind": "repl", "authority": "CASA", "number": "1234567",
        "weight_band": "up_to_25kg", "issued_on": "2024-05-01"}`.
        """
        paper = qualifications.record_qualification(
            **self.validated(), actor=request.user, at=timezone.now()
        )
        return self.respond(paper, status.HTTP_201_CREATED)

    @documented(
        summary="Change a qualification",
        request=shapes.ChangeQualificationSerializer,
        responses={200: shapes.QualificationSerializer},
    )
    def partial_update(self, request: UserRequest, pk: str) -> Response:
        """Correct or renew a paper; a verified one must be verified again; needs If-Match."""
        paper = qualifications.change_qualification(
            self.get_object(),
            version=self.expected_version(),
            actor=request.user,
            at=timezone.now(),
            **self.validated(),
        )
        return self.respond(paper)

    @documented_action(
        summary="Verify a qualification", responses={200: shapes.QualificationSerializer}
    )
    @action(detail=True, methods=["post"])
    def verify(self, request: UserRequest, pk: str) -> Response:
        """State that one has seen the paper and it says this; not for one's own."""
        self.validated()
        paper = self.get_object()
        return self.respond(
            qualifications.verify_qualification(paper, actor=request.user, at=timezone.now())
        )

    @documented(
        summary="Revoke a qualification",
        request=ReasonSerializer,
        responses={200: shapes.QualificationSerializer},
    )
    @action(detail=True, methods=["post"])
    def revoke(self, request: UserRequest, pk: str) -> Response:
        """Strike a paper off for good."""
        paper = self.get_object()
        return self.respond(
            qualifications.revoke_qualification(
                paper, **self.validated(), actor=request.user, at=timezone.now()
            )
        )


class FlightExperienceViewSet(ReadViewSet):
    """Hours flown elsewhere, as declared."""

    tag = "users"
    queryset = FlightExperience.objects.select_related("user", "declared_by").order_by(
        "user__last_name", "category", "pk"
    )
    serializer_class = shapes.FlightExperienceSerializer
    filterset_fields = ["user", "category", "role"]
    input_serializers: ClassVar[dict] = {
        "create": shapes.DeclareExperienceSerializer,
        "partial_update": shapes.ChangeExperienceSerializer,
    }

    @documented(
        summary="Declare flight experience",
        request=shapes.DeclareExperienceSerializer,
        responses={201: shapes.FlightExperienceSerializer},
    )
    @idempotent
    def create(self, request: UserRequest) -> Response:
        """Declare hours flown elsewhere; what is flown here counts itself."""
        row = experience.declare_experience(
            **self.validated(), actor=request.user, at=timezone.now()
        )
        return self.respond(row, status.HTTP_201_CREATED)

    @documented(
        summary="Change declared experience",
        request=shapes.ChangeExperienceSerializer,
        responses={200: shapes.FlightExperienceSerializer},
    )
    def partial_update(self, request: UserRequest, pk: str) -> Response:
        """Declare other figures in place of these; needs If-Match."""
        row = experience.change_experience(
            self.get_object(),
            version=self.expected_version(),
            actor=request.user,
            at=timezone.now(),
            **self.validated(),
        )
        return self.respond(row)


class ApiTokenViewSet(ReadViewSet):
    """Keys of machines: integrators and ground stations."""

    tag = "users"
    queryset = ApiToken.objects.select_related("owner", "issued_by", "use").order_by("-pk")
    serializer_class = shapes.ApiTokenSerializer
    filterset_fields: ClassVar[dict] = {"owner": ["exact"], "revoked_at": ["isnull"]}
    search_fields = ["name", "prefix"]
    input_serializers: ClassVar[dict] = {
        "create": shapes.IssueApiTokenSerializer,
        "revoke": ReasonSerializer,
    }

    # Not idempotent by key: the stored answer would keep the machine's key in the clear.
    @documented(
        summary="Issue an API token",
        request=shapes.IssueApiTokenSerializer,
        responses={201: shapes.IssuedApiTokenSerializer},
    )
    def create(self, request: UserRequest) -> Response:
        """Make a key for a machine; the answer is the only place that ever shows it."""
        token, key = api_tokens.issue_token(
            **self.validated(), actor=request.user, at=timezone.now()
        )
        shown = {**shapes.ApiTokenSerializer(token).data, "key": key}
        response = Response(shown, status=status.HTTP_201_CREATED)
        response["Cache-Control"] = "no-store"
        return with_etag(response, token)

    @documented(
        summary="Revoke an API token",
        request=ReasonSerializer,
        responses={200: shapes.ApiTokenSerializer},
    )
    @action(detail=True, methods=["post"])
    def revoke(self, request: UserRequest, pk: str) -> Response:
        """End a machine's key at once."""
        token = self.get_object()
        return self.respond(
            api_tokens.revoke_token(
                token, **self.validated(), actor=request.user, at=timezone.now()
            )
        )
