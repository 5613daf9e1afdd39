"""Occurrences and their clocks, to look at; verbs call the services."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from operations.admin.trips import TripDeskAdmin
from operations.models import Occurrence, OccurrenceReminder
from operations.queries.occurrences import clocks
from operations.services import occurrences


@admin.register(Occurrence)
class OccurrenceAdmin(TripDeskAdmin):
    """Accidents, serious incidents, overdue aircraft; particulars are entered by the API."""

    about = (
        "Accidents, serious incidents and overdue aircraft, with the clocks of 49 CFR 830. Record "
        "the call to the NTSB and form 6120.1, investigate and close. Until then later trips of "
        "aircraft and crew are amber."
    )
    list_display: ClassVar = ["number", "event", "kind", "aircraft", "occurred_at", "status", "due"]
    list_filter: ClassVar = ["status", "event", "kind"]
    list_select_related: ClassVar = ["aircraft"]
    search_fields: ClassVar = ["number", "place", "aircraft__tail_number", "notice_reference"]
    ordering: ClassVar = ["-occurred_at", "-pk"]
    final_actions: ClassVar = ["notify", "file", "close"]
    actions: ClassVar = ["notify", "file", "investigate", "close"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """The clocks beside what is stored."""
        return [*super().get_readonly_fields(request, obj), "due"]

    @admin.display(description="NTSB clocks")
    def due(self, row: Occurrence) -> str:
        """What is due, with its color in words and the hours left."""
        running = [
            f"{clock.kind}: {clock.color}"
            + ("" if clock.remaining_s is None else f", {clock.remaining_s / 3600:.1f} h left")
            for clock in clocks(row, now=timezone.now())
        ]
        return "; ".join(running) or "none"

    @admin.action(description="NTSB was told just now (with reference)", permissions=["notify"])
    def notify(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Record the notice of the selected ones."""
        reference, at = request.POST.get("reason", "").strip()[:100], timezone.now()
        self.run_service(
            request,
            queryset,
            lambda row: occurrences.record_notice(
                row, notified_at=at, reference=reference, actor=request.user, at=at
            ),
            "recorded",
        )

    @admin.action(description="Form 6120.1 was filed just now", permissions=["file"])
    def file(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Record the report of the selected ones."""
        reference, at = request.POST.get("reason", "").strip()[:100], timezone.now()
        self.run_service(
            request,
            queryset,
            lambda row: occurrences.record_report(
                row, filed_at=at, reference=reference, actor=request.user, at=at
            ),
            "recorded",
        )

    @admin.action(description="Investigate (with reason)", permissions=["investigate"])
    def investigate(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Open the investigation of the selected ones."""
        service = occurrences.investigate_occurrence
        self.deed(request, queryset, service, "under investigation", says="reason")

    @admin.action(description="Close (with reason)", permissions=["close"])
    def close(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Close the selected ones."""
        self.deed(request, queryset, occurrences.close_occurrence, "closed", says="reason")

    def has_notify_permission(self, request: HttpRequest) -> bool:
        """As the API asks for the same verb."""
        return self.may(request, "notify_occurrence")

    def has_file_permission(self, request: HttpRequest) -> bool:
        """As the API asks for the same verb."""
        return self.may(request, "file_occurrence")

    def has_investigate_permission(self, request: HttpRequest) -> bool:
        """As the API asks for the same verb."""
        return self.may(request, "investigate_occurrence")

    def has_close_permission(self, request: HttpRequest) -> bool:
        """As the API asks for the same verb."""
        return self.may(request, "close_occurrence")


@admin.register(OccurrenceReminder)
class OccurrenceReminderAdmin(TripDeskAdmin):
    """What was reminded of, and when."""

    about = (
        "Who was reminded of a clock of an occurrence, and at which step. The rows are written as "
        "mails go out. The occurrence itself says what is still to be done."
    )
    list_display: ClassVar = ["occurrence", "clock", "color", "due_at", "reminded_at"]
    list_filter: ClassVar = ["clock", "color"]
    list_select_related: ClassVar = ["occurrence"]
    ordering: ClassVar = ["-pk"]
