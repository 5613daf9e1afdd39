from typing import Any

from django.db import transaction
from django.utils import timezone
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.docs import documented
from common.api.idempotency import idempotent
from common.api.pagination import NewestFirstCursorPagination
from common.api.permissions import holds
from common.api.serializers import ReasonSerializer
from common.api.viewsets import ReadViewSet, ServiceViewSet
from common.compliance import decisions, service
from common.compliance.registry import rules
from common.compliance.withheld import Holds, look_at, shown_findings
from common.models import ComplianceState, RuleOverride, RuleSetting, Verdict
from common.queries import compliance_summary, rule_book
from common.serializers import (
    ComplianceSummarySerializer,
    OverrideRuleSerializer,
    ReplaySerializer,
    RuleOverrideSerializer,
    RuleSerializer,
    RuleSettingSerializer,
    SetRuleParameterSerializer,
    VerdictDetailSerializer,
    VerdictSerializer,
)


class RuleViewSet(ServiceViewSet):
    """The rule book: every rule the engine knows, with its source and how sure that is."""

    tag = "compliance"
    queryset = Verdict.objects.none()
    serializer_class = RuleSerializer
    lookup_field = "code"
    lookup_value_regex = "[A-Za-z0-9._-]{1,40}"
    pagination_class = None
    filter_backends = []
    extra_query = ("subject",)
    input_serializers = {"set_parameter": SetRuleParameterSerializer}
    action_permissions = {"set_parameter": "common.add_rulesetting"}

    @documented(
        summary="List the compliance rules",
        responses={200: RuleSerializer(many=True)},
        parameters={
            "subject": ("string", "Only rules about this kind of facts."),
            "search": ("string", "Words in code, title or citation."),
        },
    )
    def list(self, request: Request) -> Response:
        """Every rule with citation, confidence, parameters and effective dates (bounded: code)."""
        subject = request.query_params.get("subject", "").lower()
        words = request.query_params.get("search", "").lower().split()
        found = [
            entry
            for entry in rule_book()
            if subject in entry.facts.__name__.lower()
            and all(w in f"{entry.code} {entry.title} {entry.citation}".lower() for w in words)
        ]
        return Response(RuleSerializer(found, many=True).data)

    @documented(summary="Read one compliance rule", responses={200: RuleSerializer})
    def retrieve(self, request: Request, code: str) -> Response:
        """One rule by its code, such as `CASR-101.238-ALT`."""
        if code not in rules:
            raise NotFound
        return Response(RuleSerializer(rules[code]).data)

    @documented(
        summary="Set a rule parameter for an operator",
        request=SetRuleParameterSerializer,
        responses={200: RuleSettingSerializer},
    )
    @action(detail=False, methods=["post"])
    @idempotent
    def set_parameter(self, request: Request) -> Response:
        """Set an operator's own value, never laxer than the rule's; its verdicts turn stale."""
        setting = decisions.set_parameter(**self.validated(), actor=request.user, at=timezone.now())
        return Response(RuleSettingSerializer(setting).data)


class RuleSettingViewSet(ReadViewSet):
    """Operators' own values for rule parameters."""

    tag = "compliance"
    queryset = RuleSetting.objects.select_related("set_by").order_by("scope", "rule", "pk")
    serializer_class = RuleSettingSerializer
    filterset_fields = ["scope", "rule"]


class OfRecordsViewSet(ReadViewSet):
    """What the rules said of records, of kinds that the caller may see by account and token."""

    def holds(self) -> Holds:
        """What the caller may, by account and token."""
        return lambda permission: holds(self.request, permission)

    def get_queryset(self) -> Any:
        rows = super().get_queryset()
        is_described = getattr(self, "swagger_fake_view", False)
        return rows if is_described else rows.of_kinds(self.holds())


class VerdictViewSet(OfRecordsViewSet):
    """Stored assessments, newest first."""

    tag = "compliance"
    queryset = Verdict.objects.order_by("-pk")
    serializer_class = VerdictSerializer
    pagination_class = NewestFirstCursorPagination
    filterset_fields = ["subject_type", "subject_id", "subject_label", "color", "stage"]
    action_permissions = {"replay": "view"}

    def get_queryset(self) -> Any:
        rows = super().get_queryset()
        wide = ("facts", "parameters", "overrides", "rule_versions", "findings", "dependencies")
        return rows.defer(*wide) if self.action == "list" else rows

    def get_serializer_class(self) -> Any:
        return VerdictSerializer if self.action == "list" else VerdictDetailSerializer

    @documented(summary="Read a verdict", responses={200: VerdictDetailSerializer})
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """
        The verdict with its findings and every input.

        Facts that the caller may not see are `withheld`, and so is what findings say of them.
        """
        return Response(VerdictDetailSerializer(self._seen(self.get_object())).data)

    @documented(summary="Evaluate a verdict again", responses={200: ReplaySerializer})
    @action(detail=True, methods=["get"], pagination_class=None, filter_backends=[])
    def replay(self, request: Request, pk: str) -> Response:
        """Evaluate the stored inputs again and say whether the findings come out the same."""
        verdict = self.get_object()
        again = service.replay(verdict)
        self._seen(verdict)
        answer = {
            "is_equal": again.findings == service.findings_of(verdict),
            "same_rule_versions": service.is_replayable(verdict),
            "color": again.color,
            "findings": shown_findings(verdict.subject_type, again.findings, self.holds()),
        }
        return Response(ReplaySerializer(answer).data)

    @transaction.atomic
    def _seen(self, verdict: Verdict) -> Verdict:
        """The verdict as the caller may see it, the look written down."""
        at = timezone.now()
        return look_at(verdict, holds=self.holds(), actor=self.request.user, at=at)


class RuleOverrideViewSet(OfRecordsViewSet):
    """Decisions to let a record pass a red rule."""

    tag = "compliance"
    queryset = RuleOverride.objects.select_related("granted_by").order_by("-pk")
    serializer_class = RuleOverrideSerializer
    filterset_fields = ["subject_type", "subject_id", "rule"]
    input_serializers = {"create": OverrideRuleSerializer, "withdraw": ReasonSerializer}
    action_permissions = {
        "create": "common.override_verdict",
        "withdraw": "common.override_verdict",
    }

    @documented(
        summary="Override a red rule for one record",
        request=OverrideRuleSerializer,
        responses={201: RuleOverrideSerializer},
    )
    @idempotent
    def create(self, request: Request) -> Response:
        """Let one record pass one red rule, with a reason; refused for absolute rules."""
        given = self.validated()
        decisions.require_sight(given["subject_type"], self.holds())
        granted = decisions.override(**given, actor=request.user, at=timezone.now())
        return self.respond(granted, status.HTTP_201_CREATED)

    @documented(
        summary="Withdraw an override",
        request=ReasonSerializer,
        responses={200: RuleOverrideSerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def withdraw(self, request: Request, pk: str) -> Response:
        """Take an override back; the record is assessed again."""
        row, given = self.get_object(), self.validated()
        decisions.require_sight(row.subject_type, self.holds())
        granted = decisions.withdraw(row, **given, actor=request.user, at=timezone.now())
        return self.respond(granted)


class ComplianceSummaryViewSet(ServiceViewSet):
    """Counts by color."""

    tag = "compliance"
    queryset = ComplianceState.objects.all()
    serializer_class = ComplianceSummarySerializer
    pagination_class = None
    filter_backends = []

    @documented(
        summary="Summarize compliance", responses={200: ComplianceSummarySerializer(many=True)}
    )
    def list(self, request: Request) -> Response:
        """How many records are green, amber, red and stale, by kind; one row a kind."""
        rows = compliance_summary(request.user, now=timezone.now())
        return Response(ComplianceSummarySerializer(rows, many=True).data)
