from datetime import date

from django.db.models import Prefetch, QuerySet
from django.utils import timezone
from django_filters import rest_framework as filters
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.docs import documented
from common.api.filters import MomentFilter, StrictFilterSet
from common.api.idempotency import idempotent
from common.api.serializers import ReasonSerializer
from flight_operations.models import (
    ATSBCategory,
    Classification,
    HazardCategory,
    HazardStatus,
    IncidentStatus,
    SMSHazardRegister,
    SMSIncidentReport,
)
from flight_operations.queries.incidents import with_clock
from flight_operations.risk_matrix import RiskIndex
from flight_operations.serializers.incidents import IncidentSerializer
from flight_operations.serializers.safety import (
    AmendHazardSerializer,
    AmendIncidentSerializer,
    CorrectiveActionSerializer,
    HazardSerializer,
    LinkIncidentSerializer,
    NotifySerializer,
    ReportHazardSerializer,
    ReportIncidentSerializer,
)
from flight_operations.services import hazards, incidents
from flight_operations.views.deeds import DeedViewSet


class HazardFilter(StrictFilterSet):
    """Filters of the hazard register."""

    status = filters.MultipleChoiceFilter(choices=HazardStatus.choices)
    category = filters.ChoiceFilter(choices=HazardCategory.choices)
    operator = filters.CharFilter(field_name="operator__name")
    aircraft = filters.CharFilter(field_name="aircraft__registration")
    owner = filters.CharFilter(field_name="owner__email")
    residual_index = filters.ChoiceFilter(
        choices=[(entry.value, entry.value) for entry in RiskIndex]
    )
    overdue_on = filters.DateFilter(method="overdue", help_text="Action due before this day.")

    class Meta:
        model = SMSHazardRegister
        fields: list[str] = []

    def overdue(self, rows: QuerySet, name: str, day: date) -> QuerySet:
        return rows.filter(action_due_on__lt=day).exclude(status=HazardStatus.CLOSED)


class HazardViewSet(DeedViewSet):
    """The hazard register."""

    queryset = (
        SMSHazardRegister.objects.select_related("operator", "aircraft", "reporter", "owner")
        .prefetch_related(Prefetch("incidents", SMSIncidentReport.objects.order_by("pk")))
        .order_by("-pk")
    )
    serializer_class = HazardSerializer
    lookup_field = "number"
    lookup_value_regex = "HZ-[0-9]{4}-[0-9]{4,9}"
    filterset_class = HazardFilter
    search_fields = ["number", "description", "location"]
    ordering_fields = ["number", "reported_at", "action_due_on", "review_on", "status"]
    input_serializers = {
        "create": ReportHazardSerializer,
        "partial_update": AmendHazardSerializer,
        "mitigate": ReasonSerializer,
        "accept": ReasonSerializer,
        "close": ReasonSerializer,
        "reopen": ReasonSerializer,
        "link_incident": LinkIncidentSerializer,
    }
    action_permissions = {"history": "view", "link_incident": "change"}

    @documented(
        summary="Report a hazard",
        request=ReportHazardSerializer,
        responses={201: HazardSerializer},
    )
    @idempotent
    def create(self, request: Request) -> Response:
        """
        Enter a hazard in the register.

        `is_confidential` shows the reporter to the safety manager only; `is_anonymous` keeps no
        name at all.
        """
        hazard = hazards.report_hazard(**self.validated(), actor=request.user, at=timezone.now())
        return self.respond(hazard, status.HTTP_201_CREATED)

    @documented(
        summary="Amend a hazard",
        request=AmendHazardSerializer,
        responses={200: HazardSerializer},
    )
    def partial_update(self, request: Request, number: str) -> Response:
        """Record controls, owner, dates and the residual risk. Needs If-Match."""
        return self.edit(hazards.amend_hazard)

    @documented(
        summary="Start to mitigate", request=ReasonSerializer, responses={200: HazardSerializer}
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def mitigate(self, request: Request, number: str) -> Response:
        """Begin to do something about a hazard."""
        return self.run(hazards.start_mitigation)

    @documented(
        summary="Accept what is left",
        request=ReasonSerializer,
        responses={200: HazardSerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def accept(self, request: Request, number: str) -> Response:
        """Accept the residual risk, at the level that the caller's post gives."""
        return self.run(hazards.accept_hazard)

    @documented(
        summary="Close a hazard", request=ReasonSerializer, responses={200: HazardSerializer}
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def close(self, request: Request, number: str) -> Response:
        """Close a hazard that is no more, with the reason."""
        return self.run(hazards.close_hazard)

    @documented(
        summary="Reopen a hazard", request=ReasonSerializer, responses={200: HazardSerializer}
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def reopen(self, request: Request, number: str) -> Response:
        """Open a closed hazard again, with the reason."""
        return self.run(hazards.reopen_hazard)

    @documented(
        summary="Link an incident",
        request=LinkIncidentSerializer,
        responses={200: HazardSerializer},
    )
    @action(detail=True, methods=["post"], url_path="link-incident")
    @idempotent
    def link_incident(self, request: Request, number: str) -> Response:
        """Note that the hazard showed itself in an incident; twice is as once."""
        return self.run(hazards.link_incident)


class IncidentFilter(StrictFilterSet):
    """Filters of the incidents list."""

    status = filters.MultipleChoiceFilter(choices=IncidentStatus.choices)
    classification = filters.ChoiceFilter(choices=Classification.choices)
    atsb_category = filters.ChoiceFilter(choices=ATSBCategory.choices)
    operator = filters.CharFilter(field_name="operator__name")
    operation = filters.CharFilter(field_name="operation__number")
    aircraft = filters.CharFilter(field_name="aircraft__registration")
    occurred_from = MomentFilter(field_name="occurred_at", lookup_expr="gte")
    occurred_until = MomentFilter(field_name="occurred_at", lookup_expr="lt")
    clock = filters.ChoiceFilter(
        method="by_clock",
        choices=[("green", "green"), ("amber", "amber"), ("red", "red")],
        help_text="How the clocks of the ATSB reports stand now: green, amber or red.",
    )

    class Meta:
        model = SMSIncidentReport
        fields: list[str] = []

    def by_clock(self, rows: QuerySet, name: str, color: str) -> QuerySet:
        return with_clock(rows, color, now=timezone.now())


class IncidentViewSet(DeedViewSet):
    """Incidents and their reports to the ATSB."""

    queryset = SMSIncidentReport.objects.select_related(
        "operator", "operation", "aircraft", "pilot", "reported_by"
    ).order_by("-occurred_at", "-pk")
    serializer_class = IncidentSerializer
    lookup_field = "number"
    lookup_value_regex = "IN-[0-9]{4}-[0-9]{4,9}"
    filterset_class = IncidentFilter
    search_fields = ["number", "place", "narrative", "atsb_reference"]
    ordering_fields = ["number", "occurred_at", "aware_at", "status"]
    input_serializers = {
        "create": ReportIncidentSerializer,
        "partial_update": AmendIncidentSerializer,
        "notify": NotifySerializer,
        "investigate": ReasonSerializer,
        "act": CorrectiveActionSerializer,
        "close": ReasonSerializer,
    }
    action_permissions = {"history": "view"}

    @documented(
        summary="Report an incident",
        request=ReportIncidentSerializer,
        responses={201: IncidentSerializer},
    )
    @idempotent
    def create(self, request: Request) -> Response:
        """
        Report that something went wrong; the answer says how and until when to tell the ATSB.

        After harm or loss of control the aircraft is quarantined at once.
        """
        incident = incidents.report_incident(
            **self.validated(), actor=request.user, at=timezone.now()
        )
        return self.respond(incident, status.HTTP_201_CREATED)

    @documented(
        summary="Amend an incident",
        request=AmendIncidentSerializer,
        responses={200: IncidentSerializer},
    )
    def partial_update(self, request: Request, number: str) -> Response:
        """Correct or complete the particulars. Needs If-Match."""
        return self.edit(incidents.amend_incident)

    @documented(
        summary="Record a report to the ATSB",
        request=NotifySerializer,
        responses={200: IncidentSerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def notify(self, request: Request, number: str) -> Response:
        """The ATSB was told, by telephone or in writing; that clock stops."""
        return self.run(incidents.record_notification)

    @documented(
        summary="Investigate an incident",
        request=ReasonSerializer,
        responses={200: IncidentSerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def investigate(self, request: Request, number: str) -> Response:
        """Open the investigation, or open it again."""
        return self.run(incidents.investigate_incident)

    @documented(
        summary="Record the corrective action",
        request=CorrectiveActionSerializer,
        responses={200: IncidentSerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def act(self, request: Request, number: str) -> Response:
        """What is done so that it does not happen again."""
        return self.run(incidents.record_action)

    @documented(
        summary="Close an incident", request=ReasonSerializer, responses={200: IncidentSerializer}
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def close(self, request: Request, number: str) -> Response:
        """Close an incident; refused (409) while a report or the corrective action is missing."""
        return self.run(incidents.close_incident)
