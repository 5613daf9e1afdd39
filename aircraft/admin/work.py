"""Maintenance due, deferred defects, stays in maintenance, and the maintenance log."""

from typing import ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from aircraft.admin.badges import badge, due_badge
from aircraft.airworthiness import DueItem, due_items
from aircraft.deferral import days_left
from aircraft.models import (
    AirworthinessDirective,
    Defect,
    DefectStatus,
    MaintenanceLog,
    MaintenanceTask,
    MaintenanceVisit,
)
from aircraft.queries.airworthiness import as_task_facts
from aircraft.services import visits
from common.admin import ReadOnlyAdmin
from common.compliance.findings import Color

REASON = "Cancelled in the admin"


@admin.register(MaintenanceTask)
class MaintenanceTaskAdmin(ReadOnlyAdmin):
    """The due list: what is left of every limit, the most urgent limit of a task first."""

    about = (
        "Recurring work on crewed aircraft and when it is next due by date, hours or cycles. Look "
        "for what runs out first; many tasks at once come in by the import page. Book the work as "
        "a stay in maintenance."
    )
    list_display: ClassVar = ["aircraft", "title", "kind", "left", "next_due_on", "is_active"]
    list_filter: ClassVar = ["is_active", "kind", "aircraft"]
    list_select_related: ClassVar = ["aircraft__base"]
    search_fields: ClassVar = ["aircraft__tail_number", "title", "reference"]
    ordering: ClassVar = ["next_due_on", "next_due_min", "id"]

    @admin.display(description="Remaining")
    def left(self, row: MaintenanceTask) -> SafeString | str:
        """Days, hours and cycles left at the base today."""
        if not row.is_active:
            return "not in use"
        return format_html_join(" ", "{}", ((due_badge(item),) for item in _items(row)))


@admin.register(AirworthinessDirective)
class AirworthinessDirectiveAdmin(ReadOnlyAdmin):
    """CASA's list; which aircraft answer it is asked of the API and said by the import."""

    about = (
        "Airworthiness directives as CASA lists them, brought in by script/manage "
        "import_directives. Search for a number or a series. An aircraft answers one by a task of "
        "the kind directive under Maintenance due whose reference cites it."
    )
    list_display: ClassVar = ["citation", "name", "series", "authority", "status", "effective_on"]
    list_filter: ClassVar = ["status", "is_listed", "authority"]
    search_fields: ClassVar = ["number", "name", "series"]
    ordering: ClassVar = ["series", "source_id"]


@admin.register(Defect)
class DefectAdmin(ReadOnlyAdmin):
    about = (
        "Faults found on crewed aircraft, from the report over a deferral by the MEL to the "
        "certified repair. Read here what is open and until when it may stay so. The repair "
        "itself is signed in the maintenance log."
    )
    list_display: ClassVar = [
        "number",
        "aircraft",
        "description",
        "state",
        "mel_item",
        "category",
        "limit_on",
        "found_on",
    ]
    list_filter: ClassVar = ["status", "category", "aircraft"]
    list_select_related: ClassVar = ["aircraft__base"]
    search_fields: ClassVar = ["number", "aircraft__tail_number", "description", "mel_item"]
    ordering: ClassVar = ["-id"]

    @admin.display(description="State", ordering="status")
    def state(self, row: Defect) -> SafeString:
        """The status; for a deferred defect the days left at the base."""
        if row.status == DefectStatus.CERTIFIED:
            return badge(Color.GREEN, "certified")
        if row.status != DefectStatus.DEFERRED or row.limit_on is None:
            return badge(Color.RED, row.status)
        left = days_left(row.limit_on, timezone.now().astimezone(row.aircraft.zone).date())
        if left < 0:
            return badge(Color.RED, f"deferred, {-left} days over")
        last = ", last day" if left == 0 else ""
        return badge(Color.AMBER, f"deferred, {left} days left{last}")


@admin.register(MaintenanceVisit)
class MaintenanceVisitAdmin(ReadOnlyAdmin):
    about = (
        "When a crewed aircraft is away for maintenance, and where. A visit blocks the aircraft "
        "for trips; cancel one that does not happen to set it free. The work done is in the "
        "maintenance log."
    )
    list_display: ClassVar = ["number", "aircraft", "purpose", "start_at", "end_at", "status"]
    list_filter: ClassVar = ["status", "aircraft"]
    list_select_related: ClassVar = ["aircraft"]
    search_fields: ClassVar = ["number", "aircraft__tail_number", "purpose"]
    ordering: ClassVar = ["-start_at", "-id"]
    final_actions: ClassVar = ["cancel"]
    actions: ClassVar = ["cancel"]

    @admin.action(description="Cancel", permissions=["cancel"])
    def cancel(self, request: HttpRequest, rows: QuerySet) -> None:
        """Cancel the selected stays and give their time back."""
        at, actor = timezone.now(), request.user
        self.run_service(
            request,
            rows,
            lambda row: visits.cancel_visit(row, reason=REASON, actor=actor, at=at),
            "cancelled",
        )

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("aircraft.cancel_maintenancevisit")


@admin.register(MaintenanceLog)
class MaintenanceLogAdmin(ReadOnlyAdmin):
    about = (
        "Work done on crewed aircraft with the release to service and the license that signed it. "
        "Entries are for good: a mistake is put right by another entry. The tasks that an entry "
        "closed are under Maintenance due."
    )
    list_display: ClassVar = [
        "completed_on",
        "aircraft",
        "task",
        "defect",
        "work_done",
        "released_name",
        "released_license",
    ]
    list_filter: ClassVar = ["aircraft"]
    list_select_related: ClassVar = ["aircraft", "task", "defect"]
    search_fields: ClassVar = ["aircraft__tail_number", "released_name", "work_done"]
    ordering: ClassVar = ["-id"]


def _items(row: MaintenanceTask) -> list[DueItem]:
    return due_items(
        [as_task_facts(row)],
        on=timezone.now().astimezone(row.aircraft.zone).date(),
        time_min=row.aircraft.time_in_service_min,
        cycles=row.aircraft.cycles,
    )
