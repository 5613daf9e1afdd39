from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from flight_operations.admin.deeds import DeedAdmin
from flight_operations.models import (
    HazardStatus,
    IncidentStatus,
    SMSHazardRegister,
    SMSIncidentReport,
)
from flight_operations.queries.incidents import clocks
from flight_operations.services import hazards, incidents

REPORT = ["operator", "is_confidential", "description", "category", "location", "aircraft"]
MATRIX = ["likelihood", "severity", "controls"]
FOLLOW_UP = ["owner", "action_due_on", "residual_likelihood", "residual_severity", "review_on"]


@admin.register(SMSHazardRegister)
class SMSHazardRegisterAdmin(DeedAdmin):
    about = (
        "Hazards that are known, how bad each is and what is done about it. Move one on: "
        "mitigate, accept what is left, close or reopen it. Incidents that showed a hazard are "
        "linked to it."
    )
    list_display: ClassVar = [
        "number",
        "category",
        "index",
        "residual_index",
        "status",
        "owner",
        "action_due_on",
    ]
    list_filter: ClassVar = ["status", "category", "index", "operator"]
    list_select_related: ClassVar = ["owner"]
    search_fields: ClassVar = ["number", "description", "location"]
    ordering: ClassVar = ["-pk"]
    readonly_fields: ClassVar = ["number", "index", "residual_index", "status", "reporter"]
    fixed_fields: ClassVar = ["operator", "is_confidential"]
    actions: ClassVar = ["mitigate", "accept", "close", "reopen"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        if obj is None:
            return [*REPORT, *MATRIX]
        shown = ["number", "status", *REPORT, *MATRIX, "index", *FOLLOW_UP, "residual_index"]
        is_open = not obj.is_confidential or self.holds(request, "see_reporter")
        return [*shown, "reporter"] if is_open else shown

    def hides_maker(self, request: HttpRequest, row: Any) -> bool:
        """Of an anonymous report nobody learns it, of a confidential one the safety manager."""
        is_known = row.reporter_id is not None and self.holds(request, "see_reporter")
        return bool(row.is_confidential) and not is_known

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        is_closed = obj is not None and obj.status == HazardStatus.CLOSED
        return super().has_change_permission(request, obj) and not is_closed

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Django's own log would name who reported in confidence."""
        return None if obj.is_confidential else super().log_addition(request, obj, message)

    def save_model(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        asked = {"actor": request.user, "at": timezone.now()}
        if change:
            saved = hazards.amend_hazard(obj, changes=self.changed(form), **asked)
        else:
            saved = hazards.report_hazard(**self.given(form), **asked)
        self.become(obj, saved)

    @admin.action(description="Start to mitigate (with reason)", permissions=["mitigate"])
    def mitigate(self, request: HttpRequest, queryset: QuerySet) -> None:
        self.deed(request, queryset, hazards.start_mitigation, "mitigating", says="reason")

    @admin.action(description="Accept what is left (with reason)", permissions=["accept"])
    def accept(self, request: HttpRequest, queryset: QuerySet) -> None:
        self.deed(request, queryset, hazards.accept_hazard, "accepted", says="reason")

    @admin.action(description="Close (with reason)", permissions=["close"])
    def close(self, request: HttpRequest, queryset: QuerySet) -> None:
        self.deed(request, queryset, hazards.close_hazard, "closed", says="reason")

    @admin.action(description="Reopen (with reason)", permissions=["reopen"])
    def reopen(self, request: HttpRequest, queryset: QuerySet) -> None:
        self.deed(request, queryset, hazards.reopen_hazard, "open again", says="reason")

    def has_mitigate_permission(self, request: HttpRequest) -> bool:
        return self.holds(request, "mitigate")

    def has_accept_permission(self, request: HttpRequest) -> bool:
        return self.holds(request, "accept")

    def has_close_permission(self, request: HttpRequest) -> bool:
        return self.holds(request, "close")

    def has_reopen_permission(self, request: HttpRequest) -> bool:
        return self.holds(request, "reopen")


@admin.register(SMSIncidentReport)
class SMSIncidentReportAdmin(DeedAdmin):
    about = (
        "What went wrong in drone flying, and who was told. Record the call to the ATSB and the "
        "written report in time, investigate, and close. Lessons go to the hazard register."
    )
    list_display: ClassVar = [
        "number",
        "classification",
        "occurred_at",
        "aircraft",
        "status",
        "clock",
    ]
    list_filter: ClassVar = ["status", "classification", "atsb_category", "operator"]
    list_select_related: ClassVar = ["aircraft"]
    search_fields: ClassVar = ["number", "place", "narrative", "atsb_reference"]
    ordering: ClassVar = ["-occurred_at", "-pk"]
    exclude: ClassVar = ["corrective_action"]
    autocomplete_fields: ClassVar = ["operation"]
    readonly_fields: ClassVar = [
        "number",
        "status",
        "clock",
        "atsb_category",
        "phoned_at",
        "written_at",
        "atsb_reference",
        "is_aircraft_quarantined",
        "reported_by",
    ]
    fixed_fields: ClassVar = ["operator", "operation", "aircraft", "aware_at"]
    final_actions: ClassVar = ["phoned", "written", "close"]
    actions: ClassVar = ["phoned", "written", "investigate", "act", "close"]

    @admin.display(description="ATSB clocks")
    def clock(self, incident: SMSIncidentReport) -> str:
        """Each report that is due, with its color in words and the hours left."""
        if incident.pk is None:
            return "-"
        running = [
            f"{clock.kind}: {clock.color}"
            + ("" if clock.remaining_s is None else f", {clock.remaining_s / 3600:.1f} h left")
            for clock in clocks(incident, now=timezone.now())
        ]
        return "; ".join(running) or "none"

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        is_closed = obj is not None and obj.status == IncidentStatus.CLOSED
        return super().has_change_permission(request, obj) and not is_closed

    def save_model(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        asked = {"actor": request.user, "at": timezone.now()}
        if change:
            saved = incidents.amend_incident(obj, changes=self.changed(form), **asked)
        else:
            saved = incidents.report_incident(**self.given(form), **asked)
        self.become(obj, saved)

    @admin.action(description="ATSB was phoned just now", permissions=["notify"])
    def phoned(self, request: HttpRequest, queryset: QuerySet) -> None:
        self._notify(request, queryset, "phone")

    @admin.action(description="Written report was sent just now", permissions=["notify"])
    def written(self, request: HttpRequest, queryset: QuerySet) -> None:
        self._notify(request, queryset, "written")

    @admin.action(description="Investigate (with reason)", permissions=["investigate"])
    def investigate(self, request: HttpRequest, queryset: QuerySet) -> None:
        service = incidents.investigate_incident
        self.deed(request, queryset, service, "under investigation", says="reason")

    @admin.action(description="Record the corrective action", permissions=["act"])
    def act(self, request: HttpRequest, queryset: QuerySet) -> None:
        service = incidents.record_action
        self.deed(request, queryset, service, "action recorded", says="corrective_action")

    @admin.action(description="Close (with reason)", permissions=["close"])
    def close(self, request: HttpRequest, queryset: QuerySet) -> None:
        self.deed(request, queryset, incidents.close_incident, "closed", says="reason")

    def _notify(self, request: HttpRequest, rows: QuerySet, channel: str) -> None:
        at = timezone.now()
        self.run_service(
            request,
            rows,
            lambda row: incidents.record_notification(
                row, channel=channel, notified_at=at, actor=request.user, at=at
            ),
            "recorded",
        )

    def has_notify_permission(self, request: HttpRequest) -> bool:
        return self.holds(request, "notify")

    def has_investigate_permission(self, request: HttpRequest) -> bool:
        return self.holds(request, "investigate")

    def has_act_permission(self, request: HttpRequest) -> bool:
        return self.holds(request, "act")

    def has_close_permission(self, request: HttpRequest) -> bool:
        return self.holds(request, "close")
