"""Jobs with their milestones and operations; confirmed, handed over and held by actions."""

from functools import partial
from typing import ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from client_management.admin.base import ClientAdmin, PartInline
from client_management.models import JobOperation, JobOrder, Milestone
from client_management.queries.progress import progress_of
from client_management.services import bills, job_steps, jobs
from common.screens.search import Found


class MilestoneInline(PartInline):
    """The parts that were agreed on."""

    model = Milestone
    fields: ClassVar = ["sequence", "title", "amount", "due_on", "reached_at", "evidence"]
    readonly_fields = fields
    ordering: ClassVar = ["sequence"]


class JobOperationInline(PartInline):
    """The operations and how much of the area each covers."""

    model = JobOperation
    fields: ClassVar = ["sequence", "operation", "purpose", "part_m2", "planned_min", "batteries"]
    readonly_fields = fields
    ordering: ClassVar = ["sequence"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """The rows with their operations, without the outlines."""
        return super().get_queryset(request).select_related("operation").defer("part")


@admin.register(JobOrder)
class JobOrderAdmin(ClientAdmin):
    about = (
        "Drone work that a client has ordered, from the confirmation to the last bill. The "
        "actions hand a job to dispatch, deliver it, record the acceptance and draft the bill. "
        "Its flights are flight operations."
    )
    list_display: ClassVar = [
        "number",
        "status",
        "organization",
        "title",
        "priority",
        "wanted_until",
        "agreed_amount",
        "currency",
        "billing_trigger",
    ]
    list_filter: ClassVar = ["status", "priority", "billing_trigger"]
    list_select_related: ClassVar = ["organization"]
    search_fields: ClassVar = ["number", "title", "organization__name", "request__number"]
    found_by = Found("number", "title", numbers=("number",))
    ordering: ClassVar = ["-id"]
    inlines: ClassVar = [MilestoneInline, JobOperationInline]
    readonly_fields: ClassVar = ["progress"]
    final_actions: ClassVar = ["deliver", "accept", "cancel"]
    actions: ClassVar = [
        "confirm",
        "hand_over",
        "deliver",
        "accept",
        "bill",
        "hold",
        "resume",
        "cancel",
    ]

    @admin.display(description="Flown")
    def progress(self, row: JobOrder) -> str:
        """How much of the area was flown, by how many of the operations."""
        found = progress_of([row])[row.pk]
        return f"{found.percent} % ({found.flown} of {found.operations} operations)"

    @admin.action(description="Confirm", permissions=["confirm"])
    def confirm(self, request: HttpRequest, rows: QuerySet) -> None:
        """Commit to the selected jobs."""
        self.call(request, rows, jobs.confirm_job, "confirmed")

    @admin.action(description="Hand over to dispatch", permissions=["hand_over"])
    def hand_over(self, request: HttpRequest, rows: QuerySet) -> None:
        """Give the operations of the selected jobs to dispatch."""
        self.call(request, rows, job_steps.hand_over_job, "handed over")

    @admin.action(description="Put on hold", permissions=["hold"])
    def hold(self, request: HttpRequest, rows: QuerySet) -> None:
        """Call off what the selected jobs have not flown."""
        self.call(request, rows, job_steps.hold_job, "on hold", says="reason")

    @admin.action(description="Deliver (say why where not all was flown)", permissions=["deliver"])
    def deliver(self, request: HttpRequest, rows: QuerySet) -> None:
        """Say that everything of the selected jobs is with the client."""
        reason = request.POST.get("reason", "").strip()
        self.call(request, rows, partial(job_steps.deliver_job, reason=reason), "delivered")

    @admin.action(description="Record the client's acceptance", permissions=["accept"])
    def accept(self, request: HttpRequest, rows: QuerySet) -> None:
        """Record that the clients take the work of the selected jobs."""
        self.call(request, rows, job_steps.accept_job, "accepted", says="note")

    @admin.action(description="Draft the bill", permissions=["bill"])
    def bill(self, request: HttpRequest, rows: QuerySet) -> None:
        """Draft the bills of what is due of the selected jobs."""
        self.call(request, rows, bills.bill_job, "bill drafted")

    @admin.action(description="Resume", permissions=["hold"])
    def resume(self, request: HttpRequest, rows: QuerySet) -> None:
        """Take the selected jobs up where they were."""
        self.call(request, rows, job_steps.resume_job, "resumed")

    @admin.action(description="Call off", permissions=["cancel"])
    def cancel(self, request: HttpRequest, rows: QuerySet) -> None:
        """Call the selected jobs off with all that has not flown."""
        self.call(request, rows, job_steps.cancel_job, "called off", says="reason")

    def has_deliver_permission(self, request: HttpRequest) -> bool:
        """Whether the caller may say that jobs are delivered."""
        return self.may(request, "deliver")

    def has_accept_permission(self, request: HttpRequest) -> bool:
        """Whether the caller may record acceptances."""
        return self.may(request, "accept")

    def has_bill_permission(self, request: HttpRequest) -> bool:
        """Whether the caller may draw up bills."""
        return self.may(request, "bill")

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        """Whether the caller may call jobs off."""
        return self.may(request, "cancel")

    def has_confirm_permission(self, request: HttpRequest) -> bool:
        """Whether the caller may confirm jobs."""
        return self.may(request, "confirm")

    def has_hand_over_permission(self, request: HttpRequest) -> bool:
        """Whether the caller may hand jobs over."""
        return self.may(request, "hand_over")

    def has_hold_permission(self, request: HttpRequest) -> bool:
        """Whether the caller may put jobs on hold."""
        return self.may(request, "hold")
