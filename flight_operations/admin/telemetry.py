from typing import ClassVar

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from common.admin import ReadOnlyAdmin
from common.exceptions import DomainError
from flight_operations.models import ConformanceAlert, FlightOperation, LastPosition, LogImport
from flight_operations.services.telemetry_alerts import acknowledge_alert


@admin.register(ConformanceAlert)
class ConformanceAlertAdmin(ReadOnlyAdmin):
    about = (
        "Where a drone left its volume, height or zone, or fell silent. Acknowledge an alert once "
        "somebody deals with it. The board shows where the aircraft is now."
    )
    list_display: ClassVar = [
        "operation",
        "kind",
        "reference",
        "severity",
        "worst_value",
        "started_at",
        "ended_at",
        "acknowledged_at",
    ]
    list_filter: ClassVar = [
        "kind",
        "severity",
        ("ended_at", admin.EmptyFieldListFilter),
        ("acknowledged_at", admin.EmptyFieldListFilter),
    ]
    list_select_related: ClassVar = ["operation"]
    search_fields: ClassVar = ["operation__number", "reference"]
    ordering: ClassVar = ["-started_at", "-pk"]
    actions: ClassVar = ["acknowledge"]

    @admin.action(description="Acknowledge selected alerts", permissions=["acknowledge"])
    def acknowledge(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Record that these alerts were seen."""
        for alert in queryset:
            try:
                acknowledge_alert(alert, actor=request.user, at=timezone.now())
            except DomainError as refusal:
                self.message_user(request, f"{alert}: {refusal}", messages.ERROR)

    def has_acknowledge_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("flight_operations.acknowledge_conformancealert")


@admin.register(LastPosition)
class LastPositionAdmin(ReadOnlyAdmin):
    about = (
        "The newest position of each drone in the air, its height, speed and battery. It is "
        "written by telemetry alone. The track of the whole flight is on the operation."
    )
    list_display: ClassVar = [
        "operation",
        "recorded_at",
        "received_at",
        "height_m",
        "battery_percent",
        "conformant",
    ]
    list_filter: ClassVar = ["conformant"]
    list_select_related: ClassVar = ["operation"]
    search_fields: ClassVar = ["operation__number"]
    ordering: ClassVar = ["-received_at", "-pk"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        mine = FlightOperation.objects.visible_to(request.user)
        return super().get_queryset(request).filter(operation__in=mine)


@admin.register(LogImport)
class LogImportAdmin(ReadOnlyAdmin):
    about = (
        "Flight logs that were handed in as files, and what was read from each. Look here for "
        "rows that were rejected, and why. The positions belong to the operation named."
    )
    list_display: ClassVar = [
        "name",
        "operation",
        "format",
        "state",
        "progress_percent",
        "accepted_count",
        "rejected_count",
        "alert_count",
    ]
    list_filter: ClassVar = ["state", "format"]
    list_select_related: ClassVar = ["operation"]
    search_fields: ClassVar = ["name", "operation__number"]
    ordering: ClassVar = ["-pk"]
