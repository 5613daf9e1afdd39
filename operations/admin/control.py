"""The roster of operations control, to look at; verbs call the services."""

from typing import ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from operations.admin.trips import TripDeskAdmin
from operations.models import ControlDuty
from operations.services import control


@admin.register(ControlDuty)
class ControlDutyAdmin(TripDeskAdmin):
    """Shifts of control specialists."""

    about = (
        "Who is on duty in operations control of crewed flying, and from when to when. End a "
        "shift or take one out of the roster. Trips that leave meanwhile are watched by who is "
        "on."
    )
    list_display: ClassVar = ["person", "status", "start_at", "end_at"]
    list_filter: ClassVar = ["status"]
    list_select_related: ClassVar = ["person"]
    search_fields: ClassVar = ["person__email"]
    ordering: ClassVar = ["-start_at", "-pk"]
    final_actions: ClassVar = ["end", "cancel"]
    actions: ClassVar = ["end", "cancel"]

    @admin.action(description="Ended, now", permissions=["end"])
    def end(self, request: HttpRequest, queryset: QuerySet) -> None:
        """End the selected ones."""
        self.deed(request, queryset, control.end_control_duty, "ended")

    @admin.action(description="Cancelled (with reason)", permissions=["cancel"])
    def cancel(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Take the selected ones out of the roster."""
        self.deed(request, queryset, control.cancel_control_duty, "cancelled", says="reason")

    def has_end_permission(self, request: HttpRequest) -> bool:
        """As the API asks for the same verb."""
        return self.may(request, "end_controlduty")

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        """As the API asks for the same verb."""
        return self.may(request, "cancel_controlduty")
