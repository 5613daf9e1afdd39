"""The desk's screens of what happened, whom was told and how the day went."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from common.admin import ReadOnlyAdmin, ServiceInline
from dispatcher.models import (
    DispatchEvent,
    DispatchEventNote,
    DispatchNotice,
    NoticeWebhook,
    OperationalMetrics,
)
from dispatcher.services import events, notices
from flight_operations.admin.deeds import DeedAdmin


class NoteInline(ServiceInline):
    model = DispatchEventNote
    fields: ClassVar = ["written_at", "author", "text"]
    readonly_fields = fields
    ordering: ClassVar = ["pk"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("author")


@admin.register(DispatchEvent)
class DispatchEventAdmin(DeedAdmin):
    """Events, the newest first. Rows change by the actions alone."""

    about = (
        "What happened that the desk must look at, the most urgent first. Acknowledge an event, "
        "add notes, and say how it ended. The board shows the same events beside the flights."
    )
    list_display: ClassVar = [
        "number",
        "severity",
        "kind",
        "title",
        "status",
        "assignee",
        "acknowledge_by_at",
        "resolve_by_at",
        "escalated_at",
    ]
    list_filter: ClassVar = ["status", "severity", "kind", "center"]
    list_select_related: ClassVar = ["assignee"]
    search_fields: ClassVar = ["number", "title", "operation__number", "subject_label"]
    ordering: ClassVar = ["-pk"]
    inlines: ClassVar = [NoteInline]
    final_actions: ClassVar = ["resolve"]
    actions: ClassVar = ["acknowledge", "note", "resolve"]
    fields: ClassVar = [
        "number",
        "center",
        "kind",
        "severity",
        "status",
        "title",
        "operation",
        "subject_label",
        "details",
        "occurred_at",
        "assignee",
        "acknowledge_by_at",
        "resolve_by_at",
        "escalated_at",
        "acknowledged_by",
        "acknowledged_at",
        "resolved_by",
        "resolved_at",
        "resolution",
    ]
    readonly_fields = fields

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.action(description="Acknowledge", permissions=["acknowledge"])
    def acknowledge(self, request: HttpRequest, queryset: QuerySet) -> None:
        self.deed(request, queryset, events.acknowledge_event, "acknowledged")

    @admin.action(description="Add a note (with text)", permissions=["note"])
    def note(self, request: HttpRequest, queryset: QuerySet) -> None:
        self.deed(request, queryset, events.note_event, "noted", says="text")

    @admin.action(description="Resolve (say how it ended)", permissions=["resolve"])
    def resolve(self, request: HttpRequest, queryset: QuerySet) -> None:
        self.deed(request, queryset, events.resolve_event, "resolved", says="resolution")

    def has_acknowledge_permission(self, request: HttpRequest) -> bool:
        return self.holds(request, "acknowledge")

    def has_note_permission(self, request: HttpRequest) -> bool:
        return self.holds(request, "note")

    def has_resolve_permission(self, request: HttpRequest) -> bool:
        return self.holds(request, "resolve")


@admin.register(DispatchNotice)
class DispatchNoticeAdmin(DeedAdmin):
    """Who was told what, and who has said that they heard it; mails lead here."""

    about = (
        "Messages of the desk to one person, and whether they were read. Write a notice here; "
        "acknowledge those that are yours. An event says why a notice went out."
    )
    change_form_template = "dispatcher/admin/notice.html"
    list_display: ClassVar = [
        "issued_at",
        "kind",
        "recipient",
        "text",
        "needs_acknowledgement",
        "acknowledge_by_at",
        "acknowledged_at",
    ]
    list_filter: ClassVar = ["kind", "needs_acknowledgement", "center"]
    list_select_related: ClassVar = ["recipient"]
    search_fields: ClassVar = ["text", "recipient__email", "operation__number"]
    ordering: ClassVar = ["-pk"]
    actions: ClassVar = ["acknowledge"]
    fields: ClassVar = [
        "center",
        "recipient",
        "kind",
        "operation",
        "event",
        "text",
        "issued_at",
        "needs_acknowledgement",
        "acknowledge_by_at",
        "acknowledged_at",
        "reminded_at",
    ]
    readonly_fields = fields

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.action(description="Acknowledge (one's own)", permissions=["acknowledge"])
    def acknowledge(self, request: HttpRequest, queryset: QuerySet) -> None:
        self.deed(request, queryset, notices.acknowledge_notice, "acknowledged")

    def has_acknowledge_permission(self, request: HttpRequest) -> bool:
        return self.holds(request, "acknowledge")


@admin.register(NoticeWebhook)
class NoticeWebhookAdmin(ReadOnlyAdmin):
    """Which notices the installation's webhook took."""

    about = (
        "Addresses that get the notices of a center as they are written. They are set through the "
        "API. Read here when one last answered and why one was switched off."
    )
    list_display: ClassVar = [
        "notice",
        "status",
        "attempts",
        "queued_at",
        "next_attempt_at",
        "ended_at",
        "reply",
    ]
    list_filter: ClassVar = ["status"]
    list_select_related: ClassVar = ["notice"]
    ordering: ClassVar = ["-pk"]


@admin.register(OperationalMetrics)
class OperationalMetricsAdmin(ReadOnlyAdmin):
    about = (
        "How a center's days went: flown, late, cancelled, and how well the fleet was used. "
        "Figures are made each night from the records and cannot be changed. The schedule of the "
        "day says why."
    )
    list_display: ClassVar = [
        "starts_at",
        "center",
        "span",
        "active_operations",
        "availability_percent",
        "pilot_utilization_percent",
        "turnround_min",
        "on_time_percent",
        "cost_per_flight_hour",
        "currency",
    ]
    list_filter: ClassVar = ["span", "center"]
    list_select_related: ClassVar = ["center"]
    ordering: ClassVar = ["-starts_at", "-pk"]
