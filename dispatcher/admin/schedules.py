from collections.abc import Mapping
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from common.admin import ReadOnlyAdmin, ServiceInline
from dispatcher.models import Assignment, DispatchSchedule, OptimizationRun
from dispatcher.queries.diffs import plan_diff
from dispatcher.services import assignments, publishing, runs, schedules
from flight_operations.admin.deeds import DeedAdmin


class AssignmentInline(ServiceInline):
    model = Assignment
    fields: ClassVar = [
        "operation",
        "aircraft",
        "pilot",
        "start_at",
        "end_at",
        "status",
        "pinned_because",
    ]
    readonly_fields: ClassVar = ["status", "pinned_because"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        rows = super().get_queryset(request).live()
        return rows.select_related("operation", "aircraft", "pilot").order_by("start_at", "pk")


@admin.register(DispatchSchedule)
class DispatchScheduleAdmin(DeedAdmin):
    about = (
        "One day of one center: draft, published or closed. Have a day planned, publish the "
        "proposal or drop it, and close the day when all is flown. The board shows it as lanes."
    )
    list_display: ClassVar = [
        "day",
        "center",
        "status",
        "revision",
        "published_at",
        "proposal_page",
    ]
    list_filter: ClassVar = ["status", "center"]
    list_select_related: ClassVar = ["center"]
    date_hierarchy = "day"
    ordering: ClassVar = ["-day", "pk"]
    fields: ClassVar = [
        "center",
        "day",
        "proposal_page",
        ("opens_at", "closes_at"),
        "status",
        ("revision", "published_at", "published_by"),
        "difference",
        "left_behind",
    ]
    readonly_fields: ClassVar = [
        "proposal_page",
        "opens_at",
        "closes_at",
        "status",
        "revision",
        "published_at",
        "published_by",
        "difference",
        "left_behind",
    ]
    inlines: ClassVar = [AssignmentInline]
    final_actions: ClassVar = ["publish", "drop", "close"]
    actions: ClassVar = ["optimise", "publish", "drop", "close"]

    def has_change_permission(
        self, request: HttpRequest, obj: DispatchSchedule | None = None
    ) -> bool:
        # Opened, it is changed by planning and publishing only.
        return obj is None and super().has_change_permission(request, obj)

    def save_model(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        given = self.given(form)
        opened = schedules.open_schedule(
            given["center"], given["day"], actor=request.user, at=timezone.now()
        )
        self.become(obj, opened)

    @admin.display(description="Proposal")
    def proposal_page(self, schedule: DispatchSchedule) -> SafeString | str:
        """The way to the screen on which the day is planned and published."""
        if schedule.pk is None:
            return "-"
        address = reverse("dispatch:proposal", args=[schedule.pk])
        return format_html('<a href="{}">Open the proposal</a>', address)

    @admin.display(description="What publishing would change")
    def difference(self, schedule: DispatchSchedule) -> SafeString | str:
        """The proposal beside what is in force, a line an operation."""
        if schedule.pk is None:
            return "-"
        diff = plan_diff(schedule)
        lines = [
            (word, f"{each['operation']}: {each['aircraft']}, {each['pilot_name']}")
            for word, rows in (
                ("new", diff.added),
                ("changed", diff.changed),
                ("removed", diff.removed),
            )
            for each in rows
        ]
        return format_html_join("", "<div>{}: {}</div>", lines) or "nothing"

    @admin.display(description="Left behind")
    def left_behind(self, schedule: DispatchSchedule) -> SafeString | str:
        """The operations nobody could be found for, why, and what would help."""
        if schedule.proposal is None:
            return "-"
        lines = [
            (
                entry["operation"],
                "; ".join(reason["message"] for reason in entry["reasons"]),
                "; ".join(change["message"] for change in entry["relaxations"]) or _nothing(entry),
            )
            for entry in schedule.proposal.reasons
        ]
        return format_html_join("", "<div>{}: {} Would help: {}</div>", lines) or "nobody"

    @admin.action(description="Have planned", permissions=["optimise"])
    def optimise(self, request: HttpRequest, queryset: QuerySet) -> None:
        self.deed(request, queryset, runs.request_run, "is being planned")

    @admin.action(description="Publish the proposal", permissions=["publish"])
    def publish(self, request: HttpRequest, queryset: QuerySet) -> None:
        self.deed(request, queryset, publishing.publish_schedule, "published")

    @admin.action(description="Drop the proposal", permissions=["optimise"])
    def drop(self, request: HttpRequest, queryset: QuerySet) -> None:
        self.deed(request, queryset, schedules.drop_proposal, "dropped")

    @admin.action(description="Close the day", permissions=["close"])
    def close(self, request: HttpRequest, queryset: QuerySet) -> None:
        self.deed(request, queryset, schedules.close_schedule, "closed")

    def has_optimise_permission(self, request: HttpRequest) -> bool:
        return self.holds(request, "optimise")

    def has_publish_permission(self, request: HttpRequest) -> bool:
        return self.holds(request, "publish")

    def has_close_permission(self, request: HttpRequest) -> bool:
        return self.holds(request, "close")


@admin.register(Assignment)
class AssignmentAdmin(DeedAdmin):
    about = (
        "Which aircraft and pilot fly which operation, and when. Pin a row so that planning "
        "leaves it alone, let it go, or take it off the plan with a reason. Times are moved on "
        "the board."
    )
    list_display: ClassVar = [
        "operation",
        "schedule",
        "aircraft",
        "pilot",
        "start_at",
        "end_at",
        "status",
        "is_pinned",
    ]
    list_filter: ClassVar = ["status", "is_by_hand", "schedule__center"]
    list_select_related: ClassVar = ["operation", "schedule", "aircraft", "pilot"]
    search_fields: ClassVar = ["operation__number", "aircraft__registration"]
    ordering: ClassVar = ["-start_at", "pk"]
    final_actions: ClassVar = ["withdraw"]
    actions: ClassVar = ["withdraw", "pin", "unpin"]

    @admin.display(boolean=True, description="Pinned")
    def is_pinned(self, assignment: Assignment) -> bool:
        """Whether no plan may move it."""
        return assignment.is_pinned

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Assignment | None = None) -> bool:
        return False

    @admin.action(description="Take off the plan (with reason)", permissions=["withdraw"])
    def withdraw(self, request: HttpRequest, queryset: QuerySet) -> None:
        self.deed(request, queryset, assignments.withdraw_assignment, "withdrawn", says="because")

    @admin.action(description="Pin (with reason)", permissions=["pin"])
    def pin(self, request: HttpRequest, queryset: QuerySet) -> None:
        self.deed(request, queryset, assignments.pin_assignment, "pinned", says="because")

    @admin.action(description="Let go", permissions=["pin"])
    def unpin(self, request: HttpRequest, queryset: QuerySet) -> None:
        self.deed(request, queryset, assignments.unpin_assignment, "let go")

    def has_withdraw_permission(self, request: HttpRequest) -> bool:
        return self.holds(request, "withdraw")

    def has_pin_permission(self, request: HttpRequest) -> bool:
        return self.holds(request, "pin")


def _nothing(entry: Mapping[str, Any]) -> str:
    """What is said where no change is named: none serves, or the time for looking was over."""
    in_time = entry.get("looked_for", "fully") != "not_in_time"
    return "nothing known" if in_time else "not looked for in time"


@admin.register(OptimizationRun)
class OptimizationRunAdmin(ReadOnlyAdmin):
    about = (
        "Each time a day was planned by the optimizer: what it was asked, how long it took and "
        "what it could not place. Stop one that runs. Its proposal is in the schedule of that "
        "day."
    )
    list_display: ClassVar = [
        "number",
        "schedule",
        "kind",
        "status",
        "progress_percent",
        "requested_at",
        "finished_at",
        "error",
    ]
    list_filter: ClassVar = ["status", "kind"]
    list_select_related: ClassVar = ["schedule", "schedule__center"]
    search_fields: ClassVar = ["number"]
    ordering: ClassVar = ["-pk"]
    actions: ClassVar = ["cancel"]

    @admin.action(description="Stop", permissions=["cancel"])
    def cancel(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Stop the selected runs."""
        at = timezone.now()
        self.run_service(
            request,
            queryset,
            lambda run: runs.cancel_run(run, actor=request.user, at=at),
            "stopped",
        )

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("dispatcher.cancel_optimizationrun"))
