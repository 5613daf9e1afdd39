from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html

from common.admin import ReadOnlyAdmin, ServiceInline
from common.compliance.findings import Color
from common.desk.screen import DeskAdmin
from common.screens.search import Found
from flight_operations.desk.operation import DESK
from flight_operations.models import (
    CrewMember,
    FlightOperation,
    OperationalLog,
    OperationalRelease,
    PilotLogEntry,
)
from flight_operations.queries.operations import with_compliance
from flight_operations.services import flights, operations, releases

# Letters beside the colors, for those who cannot tell them apart.
LETTERS = {Color.GREEN: "G", Color.AMBER: "A", Color.RED: "R"}
_BADGE = "padding: 2px 8px; border-radius: 4px; font-weight: 600; white-space: nowrap;"
STYLES = {
    Color.GREEN: f"{_BADGE} background: #d1fae5; color: #065f46",
    Color.AMBER: f"{_BADGE} background: #fef3c7; color: #92400e",
    Color.RED: f"{_BADGE} background: #fee2e2; color: #991b1b",
}


class CrewInline(ServiceInline):
    model = CrewMember
    fields: ClassVar = ["user", "role", "trained_on"]


class ReleaseInline(ServiceInline):
    model = OperationalRelease
    fields: ClassVar = ["released_at", "released_by", "plan_hash", "revoked_at", "revoked_because"]
    readonly_fields: ClassVar = fields


@admin.register(FlightOperation)
class FlightOperationAdmin(DeskAdmin, ReadOnlyAdmin):
    about = (
        "Drone missions from the plan to the landing, with what the rules say of each. The "
        "actions authorize, record take-off and landing, and close. Open one to see why it is "
        "amber or red, and what to do."
    )
    list_display: ClassVar = [
        "number",
        "title",
        "status",
        "compliance_mark",
        "aircraft",
        "pilot_in_command",
        "planned_start_at",
    ]
    list_filter: ClassVar = ["status", "conformance", "category", "operator"]
    list_select_related: ClassVar = ["aircraft", "pilot_in_command"]
    search_fields: ClassVar = ["number", "title", "aircraft__registration"]
    found_by = Found("number", "title", numbers=("number",))
    ordering: ClassVar = ["-planned_start_at", "-pk"]
    inlines: ClassVar = [CrewInline, ReleaseInline]
    readonly_fields: ClassVar = ["compliance_mark"]
    desk = DESK
    desk_reads: ClassVar = ["operator", "aircraft", "pilot_in_command", "plan"]
    final_actions: ClassVar = ["start", "land", "finalise"]
    actions: ClassVar = ["submit", "authorise", "start", "land", "finalise", "revoke"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return with_compliance(super().get_queryset(request), now=timezone.now())

    @admin.display(description="Compliance")
    def compliance_mark(self, operation: Any) -> str:
        """Color as letter and word, with the word "stale" when an input changed since."""
        if operation.compliance is None:
            return "not assessed"
        word = f"{LETTERS[operation.compliance]} {operation.compliance}"
        text = f"{word} (stale)" if operation.is_compliance_stale else word
        # What was red is not made milder by growing old.
        is_mild = operation.is_compliance_stale and operation.compliance != Color.RED
        style = STYLES[Color.AMBER if is_mild else operation.compliance]
        return format_html('<span style="{}">{}</span>', style, text)

    @admin.action(description="Submit for review", permissions=["submit"])
    def submit(self, request: HttpRequest, queryset: QuerySet) -> None:
        self._call(request, queryset, operations.submit_operation, "submitted for review")

    @admin.action(description="Authorise the plan", permissions=["review"])
    def authorise(self, request: HttpRequest, queryset: QuerySet) -> None:
        self._call(request, queryset, operations.authorise_operation, "authorised")

    @admin.action(description="Record take-off", permissions=["start"])
    def start(self, request: HttpRequest, queryset: QuerySet) -> None:
        self._call(request, queryset, flights.start_operation, "started")

    @admin.action(description="Record landing", permissions=["land"])
    def land(self, request: HttpRequest, queryset: QuerySet) -> None:
        self._call(request, queryset, flights.land_operation, "landed")

    @admin.action(description="Close the operation", permissions=["finalise"])
    def finalise(self, request: HttpRequest, queryset: QuerySet) -> None:
        self._call(request, queryset, flights.finalise_operation, "closed")

    @admin.action(description="Revoke the release", permissions=["release"])
    def revoke(self, request: HttpRequest, queryset: QuerySet) -> None:
        because = "revoked in the admin"
        self._call(request, queryset, releases.revoke_release, "release revoked", because=because)

    def _call(
        self, request: HttpRequest, rows: QuerySet, service: Any, done: str, **more: Any
    ) -> None:
        at = timezone.now()
        self.run_service(
            request, rows, lambda row: service(row, actor=request.user, at=at, **more), done
        )

    def has_submit_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("flight_operations.submit_flightoperation")

    def has_review_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("flight_operations.review_flightoperation")

    def has_start_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("flight_operations.start_flightoperation")

    def has_land_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("flight_operations.land_flightoperation")

    def has_finalise_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("flight_operations.finalise_flightoperation")

    def has_release_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("flight_operations.release_flightoperation")


@admin.register(OperationalRelease)
class OperationalReleaseAdmin(ReadOnlyAdmin):
    about = (
        "Releases of drone missions: who let them go, on which findings, and what took a release "
        "back. A release stands for the plan as it was. The mission itself is a flight operation."
    )
    list_display: ClassVar = ["operation", "released_at", "released_by", "revoked_at"]
    list_select_related: ClassVar = ["operation", "released_by"]
    search_fields: ClassVar = ["operation__number"]
    ordering: ClassVar = ["-pk"]


@admin.register(OperationalLog)
class OperationalLogAdmin(ReadOnlyAdmin):
    about = (
        "What was flown on each mission: times, batteries, events. It is written when the "
        "operation is closed. Hours of aircraft and pilots follow from it."
    )
    list_display: ClassVar = ["operation", "is_as_released", "completed_by", "completed_at"]
    list_select_related: ClassVar = ["operation", "completed_by"]
    ordering: ClassVar = ["-pk"]


@admin.register(PilotLogEntry)
class PilotLogEntryAdmin(ReadOnlyAdmin):
    about = (
        "Flight time of remote pilots, one line for each flight. Lines come from closed "
        "operations and are corrected by further lines. A pilot's papers are under "
        "Qualifications."
    )
    list_display: ClassVar = ["pilot", "flown_on", "aircraft_model", "time_in_service_min", "role"]
    list_select_related: ClassVar = ["pilot"]
    search_fields: ClassVar = ["pilot__email"]
    ordering: ClassVar = ["-started_at", "-pk"]
