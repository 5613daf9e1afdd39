"""The coordinator's screens of trips; everything changes through services."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from common.admin import ReadOnlyAdmin, ServiceAdmin, ServiceInline
from common.desk.screen import DeskAdmin
from common.screens.search import Found
from operations.admin.findings import JudgedAdmin
from operations.desk.trip import DESK
from operations.models import (
    CalendarFeed,
    CrewLine,
    CrewLogEntry,
    DutyPeriod,
    GroundLeg,
    ServiceItem,
    Trip,
    TripLeg,
)
from operations.services import (
    calendars,
    closing,
    crew,
    duties,
    releases,
    trip_ends,
    trips,
)
from operations.services import service_items as services
from operations.services.assessment import TRIP

UNSAID = "Recorded in the admin."


class TripReasonForm(ServiceAdmin.action_form):  # type: ignore[name-defined]
    """The bar above a list: which action, and why; for a service its reference."""

    reason = forms.CharField(
        required=False,
        max_length=2000,
        widget=forms.TextInput(attrs={"placeholder": "Reason or reference"}),
    )


class TripDeskAdmin(ReadOnlyAdmin):
    """A screen whose verbs are actions that call services, with a reason beside the action."""

    action_form = TripReasonForm

    def deed(
        self, request: HttpRequest, rows: QuerySet, service: Any, done: str, *, says: str = ""
    ) -> None:
        """Call a service on each row; `says` names the argument that takes the reason."""
        at = timezone.now()
        words = {says: request.POST.get("reason", "").strip() or UNSAID} if says else {}
        self.run_service(
            request, rows, lambda row: service(row, **words, actor=request.user, at=at), done
        )

    def may(self, request: HttpRequest, name: str) -> bool:
        """Whether the person holds the permission that the API asks for the same verb."""
        return bool(request.user.has_perm(f"operations.{name}"))


class LegInline(ServiceInline):
    model = TripLeg
    fk_name = "trip"
    fields: ClassVar = [
        "sequence",
        "status",
        "kind",
        "origin",
        "destination",
        "diverted_to",
        "planned_out_at",
        "estimated_out_at",
        "estimated_in_at",
        "actual_out_at",
        "actual_off_at",
        "actual_on_at",
        "actual_in_at",
    ]
    readonly_fields: ClassVar = fields
    ordering: ClassVar = ["sequence"]
    show_change_link = True

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        places = ("origin", "destination", "diverted_to")
        return super().get_queryset(request).select_related("trip", *places)


class GroundLegInline(ServiceInline):
    model = GroundLeg
    fields: ClassVar = [
        "leg",
        "is_pickup",
        "place_name",
        "provider",
        "planned_start_at",
        "planned_end_at",
        "bedside_at",
        "departed_at",
        "arrived_at",
    ]
    readonly_fields: ClassVar = fields
    ordering: ClassVar = ["planned_start_at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("leg__trip", "provider__airport")


class DutyInline(ServiceInline):
    model = DutyPeriod
    fields: ClassVar = ["person", "status", "report_at", "end_at", "extension_reason"]
    readonly_fields: ClassVar = fields
    ordering: ClassVar = ["report_at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("person", "trip")


class ServiceItemInline(ServiceInline):
    model = ServiceItem
    fields: ClassVar = [
        "kind",
        "airport",
        "needed_at",
        "status",
        "reference",
        "needs_recheck",
        "recheck_because",
    ]
    readonly_fields: ClassVar = fields
    ordering: ClassVar = ["needed_at", "pk"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("airport", "trip")


@admin.register(Trip)
class TripAdmin(DeskAdmin, JudgedAdmin, TripDeskAdmin):
    """Trips with what the rules say of them, their legs, roads, duties and services."""

    about = (
        "Crewed trips with legs, crew duties, ground legs and services, and what the rules say. "
        "The actions confirm, plan, release, cancel, abort and close. Open one to see what stands "
        "in the way of its release."
    )
    subject_type = TRIP
    list_display: ClassVar = [
        "number",
        "title",
        "status",
        "judged",
        "kind",
        "aircraft",
        "customer",
        "start_at",
        "end_at",
    ]
    list_filter: ClassVar = ["status", "kind", "aircraft"]
    list_select_related: ClassVar = ["aircraft", "customer"]
    search_fields: ClassVar = ["number", "title", "aircraft__tail_number"]
    found_by = Found("number", "title", numbers=("number",))
    ordering: ClassVar = ["-start_at", "-pk"]
    inlines: ClassVar = [LegInline, GroundLegInline, DutyInline, ServiceItemInline]
    readonly_fields: ClassVar = ["judged", "overridden"]
    desk = DESK
    desk_reads: ClassVar = [
        "aircraft",
        "customer",
        "coordinator",
        "control_specialist",
        "requirement__patient",
        "quote",
        "quote_version",
    ]
    final_actions: ClassVar = ["cancel", "abort", "close"]
    actions: ClassVar = ["confirm", "plan", "release", "cancel", "abort", "close"]

    # Refusals are acknowledged by who has read them; a list is no place for that.
    @admin.action(
        description="Confirm the hold (never refused; else on its page)", permissions=["confirm"]
    )
    def confirm(self, request: HttpRequest, queryset: QuerySet) -> None:
        self.deed(request, queryset, trips.confirm_trip, "confirmed")

    @admin.action(description="Begin planning", permissions=["plan"])
    def plan(self, request: HttpRequest, queryset: QuerySet) -> None:
        self.deed(request, queryset, trips.begin_planning, "in planning")

    @admin.action(description="Release (nothing amber)", permissions=["release"])
    def release(self, request: HttpRequest, queryset: QuerySet) -> None:
        self.deed(request, queryset, _release, "released")

    @admin.action(description="Cancel (with reason)", permissions=["cancel"])
    def cancel(self, request: HttpRequest, queryset: QuerySet) -> None:
        self.deed(request, queryset, trip_ends.cancel_trip, "cancelled", says="reason")

    @admin.action(description="Abort (with reason)", permissions=["abort"])
    def abort(self, request: HttpRequest, queryset: QuerySet) -> None:
        self.deed(request, queryset, trip_ends.abort_trip, "aborted", says="reason")

    @admin.action(description="Close", permissions=["close"])
    def close(self, request: HttpRequest, queryset: QuerySet) -> None:
        self.deed(request, queryset, closing.close_trip, "closed")

    def has_confirm_permission(self, request: HttpRequest) -> bool:
        return self.may(request, "confirm_trip")

    def has_plan_permission(self, request: HttpRequest) -> bool:
        return self.may(request, "plan_trip")

    def has_release_permission(self, request: HttpRequest) -> bool:
        return self.may(request, "release_trip")

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        return self.may(request, "cancel_trip")

    def has_abort_permission(self, request: HttpRequest) -> bool:
        return self.may(request, "abort_trip")

    def has_close_permission(self, request: HttpRequest) -> bool:
        return self.may(request, "close_trip")


@admin.register(ServiceItem)
class ServiceItemAdmin(TripDeskAdmin):
    """What is arranged on the ground."""

    about = (
        "Fuel, handling, cars and the rest that a trip needs on the ground. Record what was "
        "requested and confirmed, with the reference, and recheck what moved. The provider's "
        "telephone is in the directory."
    )
    list_display: ClassVar = [
        "trip",
        "kind",
        "airport",
        "needed_at",
        "status",
        "reference",
        "needs_recheck",
    ]
    list_filter: ClassVar = ["status", "needs_recheck", "kind"]
    list_select_related: ClassVar = ["trip", "airport"]
    search_fields: ClassVar = ["trip__number", "reference"]
    ordering: ClassVar = ["-needed_at", "-pk"]
    final_actions: ClassVar = ["cancel"]
    actions: ClassVar = ["request_service", "confirm", "cancel", "recheck"]

    @admin.action(description="Requested", permissions=["move"])
    def request_service(self, request: HttpRequest, queryset: QuerySet) -> None:
        self.deed(request, queryset, services.request_service, "requested")

    @admin.action(description="Confirmed (with reference)", permissions=["move"])
    def confirm(self, request: HttpRequest, queryset: QuerySet) -> None:
        self.deed(request, queryset, services.confirm_service, "confirmed", says="reference")

    @admin.action(description="Cancelled (with reason)", permissions=["move"])
    def cancel(self, request: HttpRequest, queryset: QuerySet) -> None:
        self.deed(request, queryset, services.cancel_service, "cancelled", says="reason")

    @admin.action(description="Rechecked", permissions=["recheck"])
    def recheck(self, request: HttpRequest, queryset: QuerySet) -> None:
        self.deed(request, queryset, services.recheck_service, "rechecked")

    def has_move_permission(self, request: HttpRequest) -> bool:
        return self.may(request, "move_serviceitem")

    def has_recheck_permission(self, request: HttpRequest) -> bool:
        return self.may(request, "recheck_serviceitem")


@admin.register(CrewLine)
class CrewLineAdmin(TripDeskAdmin):
    """Who flies what."""

    about = (
        "Who flies which leg in which seat, and what they answered. Take somebody off with a "
        "reason; the trip's page offers the place to another. Duties show whether they are rested."
    )
    list_display: ClassVar = ["leg", "person", "role", "status", "offered_at", "answered_at"]
    list_filter: ClassVar = ["status", "role"]
    list_select_related: ClassVar = ["leg__trip", "person"]
    search_fields: ClassVar = ["person__email", "leg__trip__number"]
    ordering: ClassVar = ["-pk"]
    actions: ClassVar = ["release"]

    @admin.action(description="Take off the leg (with reason)", permissions=["release"])
    def release(self, request: HttpRequest, queryset: QuerySet) -> None:
        self.deed(request, queryset, crew.release_place, "taken off", says="reason")

    def has_release_permission(self, request: HttpRequest) -> bool:
        return self.may(request, "release_crewline")


@admin.register(DutyPeriod)
class DutyPeriodAdmin(TripDeskAdmin):
    """Duty from reporting to rest."""

    about = (
        "Duty of crews from reporting to rest. Record that somebody reported or ended duty, at "
        "this moment. The limits are judged on the trip."
    )
    list_display: ClassVar = ["person", "trip", "status", "report_at", "end_at"]
    list_filter: ClassVar = ["status"]
    list_select_related: ClassVar = ["person", "trip"]
    search_fields: ClassVar = ["person__email", "trip__number"]
    ordering: ClassVar = ["-report_at", "-pk"]
    final_actions: ClassVar = ["end"]
    actions: ClassVar = ["report", "end"]

    @admin.action(description="Reported, now", permissions=["report"])
    def report(self, request: HttpRequest, queryset: QuerySet) -> None:
        self.deed(request, queryset, duties.report_for_duty, "reported")

    @admin.action(description="Ended, now", permissions=["end"])
    def end(self, request: HttpRequest, queryset: QuerySet) -> None:
        self.deed(request, queryset, duties.end_duty, "ended")

    def has_report_permission(self, request: HttpRequest) -> bool:
        return self.may(request, "report_dutyperiod")

    def has_end_permission(self, request: HttpRequest) -> bool:
        return self.may(request, "end_dutyperiod")


@admin.register(CrewLogEntry)
class CrewLogEntryAdmin(ReadOnlyAdmin):
    """Pilots' logs."""

    about = (
        "Pilots' flight time on crewed legs. Entries are written when the trip is closed, and are "
        "corrected by further ones. Recency and limits are reckoned from here."
    )
    list_display: ClassVar = ["person", "leg", "role", "flight_min", "night_min", "corrects_id"]
    list_select_related: ClassVar = ["person", "leg__trip"]
    search_fields: ClassVar = ["person__email", "leg__trip__number"]
    ordering: ClassVar = ["-off_at", "-pk"]


@admin.register(CalendarFeed)
class CalendarFeedAdmin(TripDeskAdmin):
    """Who reads duties and legs in a calendar program; never the address itself."""

    about = (
        "Who follows duties and legs in a calendar program, and since when. Revoke a feed to make "
        "its address dead. The address is shown once, when it is issued through the API."
    )
    list_display: ClassVar = ["owner", "aircraft", "issued_at", "revoked_at"]
    list_select_related: ClassVar = ["owner", "aircraft"]
    exclude: ClassVar = ["digest"]
    ordering: ClassVar = ["-pk"]
    final_actions: ClassVar = ["revoke"]
    actions: ClassVar = ["revoke"]

    @admin.action(description="Revoke", permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet) -> None:
        self.deed(request, queryset, calendars.revoke_feed, "revoked")

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return self.may(request, "revoke_calendarfeed")


def _release(trip: Trip, *, actor: Any, at: Any) -> Any:
    # Amber findings are acknowledged one by one, with a note; a list is no place for that.
    return releases.release_trip(trip, acknowledgements=[], actor=actor, at=at)
