"""The coordinator's and maintenance controller's screens of the crewed fleet."""

from typing import ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString

from aircraft.admin.badges import badge
from aircraft.airworthiness import hours_text
from aircraft.desk import DESK
from aircraft.models import (
    Aircraft,
    AircraftType,
    AltitudeBand,
    Defect,
    FlightHours,
    MaintenanceTask,
    PayloadRange,
)
from aircraft.queries.fleet import with_compliance
from aircraft.services import fleet
from common.admin import ReadOnlyAdmin, ServiceInline
from common.compliance.findings import Color
from common.desk.screen import DeskAdmin
from common.screens.search import Found

REASON = "Set in the admin"


class PartInline(ServiceInline):
    """Parts of an aircraft that have no permissions of their own."""

    def has_view_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return request.user.has_perm("aircraft.view_aircraft")


class BandInline(PartInline):
    model = AltitudeBand
    fields: ClassVar = [
        "floor_ft",
        "ceiling_ft",
        "cruise_ktas",
        "burn_kg_h",
        "climb_allowance_min",
        "climb_allowance_kg",
        "descent_allowance_min",
        "descent_allowance_kg",
    ]
    readonly_fields: ClassVar = fields
    ordering: ClassVar = ["floor_ft"]


class RangeInline(PartInline):
    model = PayloadRange
    fields: ClassVar = ["payload_kg", "range_nm"]
    readonly_fields: ClassVar = fields
    ordering: ClassVar = ["payload_kg"]


class TaskInline(ServiceInline):
    model = MaintenanceTask
    fields: ClassVar = [
        "title",
        "kind",
        "next_due_on",
        "next_due_min",
        "next_due_cycles",
        "is_active",
    ]
    readonly_fields: ClassVar = fields


class DefectInline(ServiceInline):
    model = Defect
    fields: ClassVar = ["number", "description", "status", "category", "limit_on"]
    readonly_fields: ClassVar = fields


@admin.register(AircraftType)
class AircraftTypeAdmin(ReadOnlyAdmin):
    about = (
        "Types of crewed aircraft by their ICAO designator, with the figures that planning uses. "
        "Nothing is typed in here: types are added through the API. The aircraft of a type stand "
        "on the list of crewed aircraft."
    )
    list_display: ClassVar = ["designator", "name", "description_code", "wake"]
    list_filter: ClassVar = ["category", "engine_kind"]
    search_fields: ClassVar = ["designator", "name"]
    ordering: ClassVar = ["designator"]


@admin.register(Aircraft)
class AircraftAdmin(DeskAdmin, ReadOnlyAdmin):
    """The crewed fleet. Rows change through services: the API's edits or the actions here."""

    about = (
        "The crewed fleet: what each tail carries and weighs, what it has flown and whether it "
        "may fly. Ground an aircraft or return it to service from the list. What is due stands "
        "under Maintenance due, open faults under Defects."
    )
    list_display: ClassVar = [
        "tail_number",
        "aircraft_type",
        "base",
        "status",
        "compliance_mark",
        "seats",
        "stretchers",
        "oxygen_l",
        "total_time",
        "landings",
    ]
    list_filter: ClassVar = ["status", "aircraft_type", "maintenance_program"]
    list_select_related: ClassVar = ["aircraft_type", "base"]
    search_fields: ClassVar = ["tail_number", "serial_number"]
    found_by = Found("tail_number", "serial_number", numbers=("tail_number",))
    ordering: ClassVar = ["tail_number"]
    inlines: ClassVar = [DefectInline, TaskInline, BandInline, RangeInline]
    desk = DESK
    desk_reads: ClassVar = ["aircraft_type", "base"]
    actions: ClassVar = ["ground", "return_to_service"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return with_compliance(super().get_queryset(request), now=timezone.now())

    @admin.display(description="Airworthiness")
    def compliance_mark(self, row: Aircraft) -> SafeString | str:
        """The cached color with its letter; stale ones say so."""
        color = getattr(row, "compliance", None)
        if color is None:
            return "not assessed"
        stale = ", stale" if getattr(row, "is_compliance_stale", True) else ""
        return badge(Color(color), f"{color}{stale}")

    @admin.display(description="Total time", ordering="time_in_service_min")
    def total_time(self, row: Aircraft) -> str:
        """Hours and minutes in service."""
        return hours_text(row.time_in_service_min)

    @admin.action(description="Ground", permissions=["ground"])
    def ground(self, request: HttpRequest, rows: QuerySet) -> None:
        """Take the selected aircraft out of service."""
        at, actor = timezone.now(), request.user
        self.run_service(
            request,
            rows,
            lambda row: fleet.ground(row, reason=REASON, actor=actor, at=at),
            "grounded",
        )

    @admin.action(description="Return to service", permissions=["return_to_service"])
    def return_to_service(self, request: HttpRequest, rows: QuerySet) -> None:
        """Bring the selected aircraft back."""
        at, actor = timezone.now(), request.user
        self.run_service(
            request,
            rows,
            lambda row: fleet.return_to_service(row, reason=REASON, actor=actor, at=at),
            "in service",
        )

    def has_ground_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("aircraft.ground_aircraft")

    def has_return_to_service_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("aircraft.return_to_service_aircraft")


@admin.register(FlightHours)
class FlightHoursAdmin(ReadOnlyAdmin):
    about = (
        "Time in service, cycles and landings, one line for each closed leg with the totals after "
        "it. Lines are written when a trip is closed and never change. Go to the aircraft for "
        "what the totals make due."
    )
    list_display: ClassVar = [
        "flown_on",
        "aircraft",
        "kind",
        "source",
        "time",
        "cycles",
        "landings",
        "total",
    ]
    list_filter: ClassVar = ["kind", "aircraft"]
    list_select_related: ClassVar = ["aircraft"]
    search_fields: ClassVar = ["source", "aircraft__tail_number"]
    ordering: ClassVar = ["-id"]

    @admin.display(description="Time", ordering="time_in_service_min")
    def time(self, row: FlightHours) -> str:
        """Hours and minutes flown, negative for a correction that takes some away."""
        sign = "-" if row.time_in_service_min < 0 else ""
        return f"{sign}{hours_text(abs(row.time_in_service_min))}"

    @admin.display(description="Total", ordering="progressive_min")
    def total(self, row: FlightHours) -> str:
        """The progressive total."""
        return hours_text(row.progressive_min)
