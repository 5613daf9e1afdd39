from typing import Any

from django.db.models import Prefetch
from django.utils import timezone
from django_filters import rest_framework as filters
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from client_management.models import JobCost, JobOperation, JobOrder, JobStatus, Milestone
from client_management.queries.costs import margin_of
from client_management.queries.planning import Hours
from client_management.queries.progress import progress_of
from client_management.serializers import jobs as shapes
from client_management.services import bills, costs, job_steps, jobs, planning
from client_management.views.base import ClientDeskViewSet
from common.api.docs import documented, documented_action
from common.api.etags import with_etag
from common.api.filters import StrictFilterSet
from common.api.idempotency import idempotent
from common.api.serializers import ReasonSerializer
from common.api.viewsets import HistoryMixin
from users.requests import UserRequest

Detail = shapes.JobDetailSerializer
MILESTONES = Prefetch("milestones", Milestone.objects.select_related("job").order_by("sequence"))
WHOLE = JobOrder.objects.select_related(
    "organization", "request", "contract", "quote", "operator", "manager"
).prefetch_related(MILESTONES)
MOST_OPERATIONS = 1000


def job_with_progress(pk: int) -> JobOrder:
    """A job as its detail page shows it."""
    return counted(WHOLE.get(pk=pk))


def counted(job: JobOrder) -> JobOrder:
    """A job with how far its flights got."""
    job.progress = progress_of([job])[job.pk]  # type: ignore[attr-defined]
    return job


class JobOrderFilter(StrictFilterSet):
    """Filters of jobs."""

    organization = filters.CharFilter(field_name="organization__number")
    request = filters.CharFilter(field_name="request__number")
    status = filters.MultipleChoiceFilter(choices=JobStatus.choices)
    wanted_until = filters.DateFilter(field_name="wanted_until", lookup_expr="lte")

    class Meta:
        model = JobOrder
        fields: list[str] = []


class JobOrderViewSet(HistoryMixin, ClientDeskViewSet):
    """Jobs as they are planned, handed over, flown, delivered, accepted and billed."""

    queryset = JobOrder.objects.select_related("organization", "request").order_by("-pk")
    serializer_class = shapes.JobOrderSerializer
    lookup_field = "number"
    lookup_value_regex = "JOB-[0-9]{4}-[0-9]{4,8}"
    filterset_class = JobOrderFilter
    search_fields = ["number", "title", "organization__name", "request__number"]
    ordering_fields = ["number", "wanted_until", "priority", "status"]
    input_serializers = {
        "partial_update": shapes.AmendJobSerializer,
        "milestones": shapes.SetMilestonesSerializer,
        "reach_milestone": shapes.ReachMilestoneSerializer,
        "plan": shapes.PlanJobSerializer,
        "deliver": shapes.OptionalReasonSerializer,
        "rework": ReasonSerializer,
        "hold": ReasonSerializer,
        "cancel": ReasonSerializer,
        "bill": shapes.BillJobSerializer,
        "bill_early": ReasonSerializer,
        "enter_cost": shapes.EnterCostSerializer,
        "void_cost": shapes.VoidCostSerializer,
    }
    action_permissions = {
        "history": "view",
        "operations": "view",
        "milestones": "change",
        "reach_milestone": "change",
        "rework": "deliver",
        "resume": "hold",
        "margin": "cost",
        "costs": "cost",
        "enter_cost": "cost",
        "void_cost": "cost",
    }

    def get_queryset(self) -> Any:
        rows = super().get_queryset().defer("request__area")
        if self.action == "list":
            return rows
        whole = rows.select_related("contract", "quote", "operator", "manager")
        return whole.prefetch_related(MILESTONES)

    def get_serializer_class(self) -> Any:
        return shapes.JobOrderSerializer if self.action == "list" else Detail

    def get_object(self) -> Any:
        return counted(super().get_object())

    def respond(self, instance: Any, code: int = status.HTTP_200_OK) -> Response:
        job = counted(self.get_queryset().get(pk=instance.pk))
        return with_etag(Response(Detail(job).data, status=code), job)

    @documented(summary="Amend a job", request=shapes.AmendJobSerializer, responses={200: Detail})
    def partial_update(self, request: UserRequest, number: str) -> Response:
        """Change who runs it, when, how pressing. Needs If-Match. Example: `{"priority": 4}`."""
        return self.run(jobs.amend_job, is_edit=True)

    @documented(
        summary="Set the milestones",
        request=shapes.SetMilestonesSerializer,
        responses={200: Detail},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def milestones(self, request: UserRequest, number: str) -> Response:
        """
        Write down the parts of a job before it is confirmed.

        Example: `{"milestones": [{"title": "Flown", "amount": "3000.00"}, {"title": "Delivered",
        "amount": "1800.00", "due_on": "2026-12-20"}]}`.
        """
        return self.run(jobs.set_milestones)

    @documented(
        summary="Reach a milestone",
        request=shapes.ReachMilestoneSerializer,
        responses={200: Detail},
    )
    @action(detail=True, methods=["post"], url_path="reach-milestone")
    @idempotent
    def reach_milestone(self, request: UserRequest, number: str) -> Response:
        """Say that a part is done. Example: `{"sequence": 1, "evidence": "Coverage 100 %"}`."""
        job, given = self.get_object(), self.validated()
        milestone = job.milestones.filter(sequence=given.pop("sequence")).first()
        if milestone is None:
            raise NotFound
        jobs.reach_milestone(milestone, **given, actor=request.user, at=timezone.now())
        return self.respond(job)

    @documented_action(summary="Confirm a job", responses={200: Detail})
    @action(detail=True, methods=["post"])
    @idempotent
    def confirm(self, request: UserRequest, number: str) -> Response:
        """Commit to a job: the client is onboarded and the milestones come to what is agreed."""
        return self.run(jobs.confirm_job)

    @documented(
        summary="Plan a job's operations",
        request=shapes.PlanJobSerializer,
        responses={201: shapes.JobOperationSerializer(many=True)},
    )
    @action(detail=True, methods=["post"], filter_backends=[])
    @idempotent
    def plan(self, request: UserRequest, number: str) -> Response:
        """
        Cut what is not planned yet into operations, at most 50 at a time, or fly an area again.

        Example: `{"operator": "Brindabella Survey", "aircraft": "VH-1AB", "pilot":
        "pilot@windsock.example", "start_at": "2026-12-01T22:00:00Z", "conditions":
        {"is_over_populous_area": false, "min_distance_people_m": 150}}`.
        """
        given = self.validated()
        team = planning.Team(
            **{name: given.pop(name) for name in ("operator", "aircraft", "pilot")},
            **({"category": given.pop("category")} if "category" in given else {}),
        )
        start_at, area = given.pop("start_at"), given.pop("area", None)
        added = planning.plan_job_operations(
            self.get_object(),
            team=team,
            start_at=start_at,
            area=area,
            way=planning.Way(hours=Hours(), **given),
            actor=request.user,
            at=timezone.now(),
        )
        rows = _operations().filter(pk__in=[each.pk for each in added])
        shape = shapes.JobOperationSerializer(rows, many=True)
        return Response(shape.data, status=status.HTTP_201_CREATED)

    @documented(
        summary="List a job's operations",
        responses={200: shapes.JobOperationSerializer(many=True)},
    )
    @action(detail=True, methods=["get"], pagination_class=None, filter_backends=[])
    def operations(self, request: Request, number: str) -> Response:
        """Every operation of a job and the part it covers, in order (the first 1,000)."""
        rows = _operations().filter(job=self.get_object())[:MOST_OPERATIONS]
        return Response(shapes.JobOperationSerializer(rows, many=True).data)

    @documented_action(summary="Hand a job over to dispatch", responses={200: Detail})
    @action(detail=True, methods=["post"], url_path="hand-over")
    @idempotent
    def hand_over(self, request: UserRequest, number: str) -> Response:
        """Its operations are dispatch's to plan from now on."""
        return self.run(job_steps.hand_over_job)

    @documented(
        summary="Deliver a job", request=shapes.OptionalReasonSerializer, responses={200: Detail}
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def deliver(self, request: UserRequest, number: str) -> Response:
        """
        Say that everything is with the client; with a reason where not all was flown.

        Example: `{"reason": "The client gave up the northern block"}`.
        """
        return self.run(job_steps.deliver_job)

    @documented(summary="Rework a job", request=ReasonSerializer, responses={200: Detail})
    @action(detail=True, methods=["post"])
    @idempotent
    def rework(self, request: UserRequest, number: str) -> Response:
        """Take a delivered job up again. Example: `{"reason": "Clouds on tile 4"}`."""
        return self.run(job_steps.rework_job)

    @documented_action(summary="Record a client's acceptance", responses={200: Detail})
    @action(detail=True, methods=["post"])
    @idempotent
    def accept(self, request: UserRequest, number: str) -> Response:
        """Record that the client takes the work; it may be billed from now on."""
        return self.run(job_steps.accept_job)

    @documented(summary="Put a job on hold", request=ReasonSerializer, responses={200: Detail})
    @action(detail=True, methods=["post"])
    @idempotent
    def hold(self, request: UserRequest, number: str) -> Response:
        """What has not flown is called off. Example: `{"reason": "Site closed"}`."""
        return self.run(job_steps.hold_job)

    @documented_action(summary="Resume a job", responses={200: Detail})
    @action(detail=True, methods=["post"])
    @idempotent
    def resume(self, request: UserRequest, number: str) -> Response:
        """Take a held job up where it was; its operations are planned anew."""
        return self.run(job_steps.resume_job)

    @documented(summary="Call a job off", request=ReasonSerializer, responses={200: Detail})
    @action(detail=True, methods=["post"])
    @idempotent
    def cancel(self, request: UserRequest, number: str) -> Response:
        """Call it off with all that has not flown. Example: `{"reason": "Project stopped"}`."""
        return self.run(job_steps.cancel_job)

    @documented(
        summary="Bill a job",
        request=shapes.BillJobSerializer,
        responses={201: shapes.DraftedBillSerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def bill(self, request: UserRequest, number: str) -> Response:
        """
        Draft the bill of what is due: all on acceptance, milestones reached, or periods flown.

        409 before the client accepted, unless it was said why. Example: `{"reference": "PO 1"}`.
        """
        invoice = bills.bill_job(
            self.get_object(), **self.validated(), actor=request.user, at=timezone.now()
        )
        shape = shapes.DraftedBillSerializer(invoice)
        return Response(shape.data, status=status.HTTP_201_CREATED)

    @documented(summary="Bill a job early", request=ReasonSerializer, responses={200: Detail})
    @action(detail=True, methods=["post"], url_path="bill-early")
    @idempotent
    def bill_early(self, request: UserRequest, number: str) -> Response:
        """Let a job be billed before acceptance. Example: `{"reason": "Agreed prepayment"}`."""
        return self.run(bills.bill_early)

    @documented(summary="Read a job's margin", responses={200: shapes.MarginSerializer})
    @action(detail=True, methods=["get"], pagination_class=None, filter_backends=[])
    def margin(self, request: Request, number: str) -> Response:
        """What it cost so far, from flights and entered costs, and what is left."""
        return Response(shapes.MarginSerializer(margin_of(self.get_object())).data)

    @documented(
        summary="List a job's entered costs",
        responses={200: shapes.JobCostSerializer(many=True)},
    )
    @action(detail=True, methods=["get"], pagination_class=None, filter_backends=[])
    def costs(self, request: Request, number: str) -> Response:
        """Costs that were entered, newest first (the first 1,000)."""
        rows = JobCost.objects.filter(job=self.get_object()).select_related("entered_by")
        newest = rows.order_by("-pk")[:MOST_OPERATIONS]
        return Response(shapes.JobCostSerializer(newest, many=True).data)

    @documented(
        summary="Enter a cost",
        request=shapes.EnterCostSerializer,
        responses={201: shapes.JobCostSerializer},
    )
    @action(detail=True, methods=["post"], url_path="enter-cost")
    @idempotent
    def enter_cost(self, request: UserRequest, number: str) -> Response:
        """
        Enter what was paid for a job. Example: `{"kind": "travel", "description": "Ferry",
        "amount": "180.00", "incurred_on": "2026-12-01"}`.
        """
        cost = costs.enter_cost(
            self.get_object(), **self.validated(), actor=request.user, at=timezone.now()
        )
        return Response(shapes.JobCostSerializer(cost).data, status=status.HTTP_201_CREATED)

    @documented(
        summary="Take a cost back",
        request=shapes.VoidCostSerializer,
        responses={200: shapes.JobCostSerializer},
    )
    @action(detail=True, methods=["post"], url_path="void-cost")
    @idempotent
    def void_cost(self, request: UserRequest, number: str) -> Response:
        """It stays on record. Example: `{"cost": 12, "reason": "Entered twice"}`."""
        given = self.validated()
        row = JobCost.objects.filter(job=self.get_object(), pk=given.pop("cost")).first()
        if row is None:
            raise NotFound
        cost = costs.void_cost(row, **given, actor=request.user, at=timezone.now())
        return Response(shapes.JobCostSerializer(cost).data)


def _operations() -> Any:
    rows = JobOperation.objects.select_related("operation__aircraft", "job")
    return rows.order_by("sequence")
