"""The maintenance controller's and dispatcher's screens of the drone fleet."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from common.admin import ReadOnlyAdmin, ServiceInline
from common.desk.screen import DeskAdmin
from common.screens.search import Found
from rpas.desk import DESK
from rpas.models import (
    Battery,
    ConfigurationChange,
    F2DefectEntry,
    F2FlightHoursEntry,
    F2MaintenanceSchedule,
    F2TechnicalLogPartA,
    GroundStation,
    KeyPersonnel,
    MaintenanceRecord,
    OperatorChange,
    OperatorMember,
    RPASAircraft,
    RPASOperator,
)
from rpas.services import aircraft, batteries, defects, maintenance, technical_logs

REASON = "Set in the admin"


class DefectInline(ServiceInline):
    model = F2DefectEntry
    fields = ["severity", "description", "status", "found_at", "last_checked_on"]
    readonly_fields = fields


class ScheduleInline(ServiceInline):
    model = F2MaintenanceSchedule
    fields = ["title", "kind", "next_due_on", "next_due_min", "is_triggered", "is_active"]
    readonly_fields = fields


class BatteryInline(ServiceInline):
    model = Battery
    fields = ["serial_number", "model", "cycles", "max_cycles", "health_percent", "status"]
    readonly_fields = fields


@admin.register(RPASAircraft)
class RPASAircraftAdmin(DeskAdmin, ReadOnlyAdmin):
    """The fleet. Rows change through services: the API's edits or the actions here."""

    about = (
        "The drone fleet with limits, totals and what the rules say. Quarantine, send to "
        "maintenance or return an aircraft, or verify its technical log."
    )
    list_display = [
        "registration",
        "operator",
        "make",
        "model",
        "category",
        "status",
        "registration_expires_on",
        "total_time",
        "log_fault",
    ]
    list_filter = ["status", "operator", "kind"]
    list_select_related = ["operator"]
    search_fields = ["registration", "serial_number", "make", "model"]
    found_by = Found("registration", "serial_number", numbers=("registration",))
    ordering = ["registration"]
    inlines = [DefectInline, ScheduleInline, BatteryInline]
    desk = DESK
    desk_reads = ["operator"]
    actions = ["quarantine", "send_to_maintenance", "return_to_service", "verify_log"]

    @admin.display(description="Total time", ordering="time_in_service_min")
    def total_time(self, row: RPASAircraft) -> str:
        """Hours and minutes in service."""
        return f"{row.time_in_service_min // 60}:{row.time_in_service_min % 60:02}"

    @admin.action(description="Quarantine", permissions=["quarantine"])
    def quarantine(self, request: HttpRequest, rows: QuerySet) -> None:
        """Take the selected aircraft out of use."""
        at, actor = timezone.now(), request.user
        self.run_service(
            request,
            rows,
            lambda row: aircraft.quarantine(row, reason=REASON, actor=actor, at=at),
            "quarantined",
        )

    @admin.action(description="Send to maintenance", permissions=["send_to_maintenance"])
    def send_to_maintenance(self, request: HttpRequest, rows: QuerySet) -> None:
        """Hand the selected aircraft to maintenance."""
        at, actor = timezone.now(), request.user
        self.run_service(
            request,
            rows,
            lambda row: aircraft.send_to_maintenance(row, reason=REASON, actor=actor, at=at),
            "in maintenance",
        )

    @admin.action(description="Return to service", permissions=["return_to_service"])
    def return_to_service(self, request: HttpRequest, rows: QuerySet) -> None:
        """Bring the selected aircraft back into use."""
        at, actor = timezone.now(), request.user
        self.run_service(
            request,
            rows,
            lambda row: aircraft.return_to_service(row, reason=REASON, actor=actor, at=at),
            "in service",
        )

    @admin.action(description="Verify the technical log", permissions=["verify_log"])
    def verify_log(self, request: HttpRequest, rows: QuerySet) -> None:
        """Read the log of the selected aircraft against its hash chain."""
        at = timezone.now()
        for row in rows:
            fault = aircraft.check_technical_log(row, at=at)
            self.message_user(request, f"{row}: {fault or 'the technical log is whole'}")

    def has_quarantine_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("rpas.quarantine_rpasaircraft")

    def has_send_to_maintenance_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("rpas.send_to_maintenance_rpasaircraft")

    def has_return_to_service_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("rpas.return_to_service_rpasaircraft")

    def has_verify_log_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("rpas.verify_log_rpasaircraft")


@admin.register(F2TechnicalLogPartA)
class PartAAdmin(ReadOnlyAdmin):
    about = (
        "Part A of the F2 technical log: the sheet by which an aircraft may fly. Issue drafts "
        "from here; the newest issued one is in force. Part B holds the flights."
    )
    list_display = ["number", "aircraft", "status", "issued_at", "issued_name", "issued_arn"]
    list_filter = ["status"]
    list_select_related = ["aircraft"]
    search_fields = ["number", "aircraft__registration"]
    found_by = Found("number", "status", numbers=("number",))
    ordering = ["-id"]
    final_actions = ["issue"]
    actions = ["issue"]

    @admin.action(description="Issue selected drafts", permissions=["issue"])
    def issue(self, request: HttpRequest, rows: QuerySet) -> None:
        """Certify the aircraft of the selected drafts as serviceable."""
        at, actor = timezone.now(), request.user
        self.run_service(
            request,
            rows,
            lambda row: technical_logs.issue_part_a(row, actor=actor, at=at),
            "issued",
        )

    def has_issue_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("rpas.issue_f2technicallogparta")


@admin.register(F2FlightHoursEntry)
class PartBAdmin(ReadOnlyAdmin):
    about = (
        "Part B of the F2 technical log: time flown, line by line with totals. Lines come from "
        "landings and are chained, so none can be altered."
    )
    list_display = [
        "aircraft",
        "sequence",
        "kind",
        "entry_on",
        "time_in_service_min",
        "progressive_total_min",
        "operation_number",
        "certified_name",
    ]
    list_filter = ["kind"]
    list_select_related = ["aircraft"]
    search_fields = ["aircraft__registration", "operation_number"]
    ordering = ["-id"]


@admin.register(F2DefectEntry)
class DefectAdmin(ReadOnlyAdmin):
    about = (
        "Drone defects from the report to the certified repair. Certify what was rectified. A "
        "major one keeps the aircraft on the ground until then."
    )
    list_display = ["id", "aircraft", "severity", "status", "found_at", "last_checked_on"]
    list_filter = ["status", "severity"]
    list_select_related = ["aircraft"]
    search_fields = ["aircraft__registration", "description"]
    ordering = ["-id"]
    final_actions = ["certify"]
    actions = ["certify"]

    @admin.action(description="Certify the rectification", permissions=["certify"])
    def certify(self, request: HttpRequest, rows: QuerySet) -> None:
        """Certify the selected rectified defects."""
        at, actor = timezone.now(), request.user
        self.run_service(
            request,
            rows,
            lambda row: defects.certify_defect(row, actor=actor, at=at),
            "certified",
        )

    def has_certify_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("rpas.certify_f2defectentry")


@admin.register(F2MaintenanceSchedule)
class ScheduleAdmin(ReadOnlyAdmin):
    about = (
        "What is due on drones by date, minutes, cycles or condition. Report the condition of "
        "conditional items. Work that was done is among the maintenance records."
    )
    list_display = [
        "aircraft",
        "title",
        "kind",
        "priority",
        "next_due_on",
        "next_due_min",
        "is_triggered",
        "is_active",
    ]
    list_filter = ["kind", "priority", "is_triggered", "is_active"]
    list_select_related = ["aircraft"]
    search_fields = ["aircraft__registration", "title"]
    ordering = ["next_due_on", "id"]
    final_actions = ["trigger"]
    actions = ["trigger"]

    @admin.action(description="Report the condition of conditional items", permissions=["trigger"])
    def trigger(self, request: HttpRequest, rows: QuerySet) -> None:
        """Make the selected conditional items due."""
        at, actor = timezone.now(), request.user
        self.run_service(
            request,
            rows,
            lambda row: maintenance.trigger_conditional(row, reason=REASON, actor=actor, at=at),
            "due",
        )

    def has_trigger_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("rpas.trigger_f2maintenanceschedule")


@admin.register(Battery)
class BatteryAdmin(ReadOnlyAdmin):
    about = (
        "Flight batteries with cycles and health. Quarantine one that swells, or return it. Many "
        "at once come in by the import page."
    )
    list_display = ["serial_number", "aircraft", "model", "cycles", "health_percent", "status"]
    list_filter = ["status", "operator"]
    list_select_related = ["aircraft"]
    search_fields = ["serial_number"]
    found_by = Found("serial_number", "status", numbers=("serial_number",))
    ordering = ["serial_number"]
    actions = ["quarantine", "return_to_service"]

    @admin.action(description="Quarantine", permissions=["quarantine"])
    def quarantine(self, request: HttpRequest, rows: QuerySet) -> None:
        """Take the selected batteries out of use."""
        at, actor = timezone.now(), request.user
        self.run_service(
            request,
            rows,
            lambda row: batteries.quarantine_battery(row, reason=REASON, actor=actor, at=at),
            "quarantined",
        )

    @admin.action(description="Return to service", permissions=["return_to_service"])
    def return_to_service(self, request: HttpRequest, rows: QuerySet) -> None:
        """Bring the selected batteries back into use."""
        at, actor = timezone.now(), request.user
        self.run_service(
            request,
            rows,
            lambda row: batteries.return_battery(row, reason=REASON, actor=actor, at=at),
            "in service",
        )

    def has_quarantine_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("rpas.quarantine_battery")

    def has_return_to_service_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("rpas.return_to_service_battery")


class MemberInline(ServiceInline):
    model = OperatorMember
    fk_name = "operator"
    fields = ["user", "position", "valid_from", "valid_until", "is_remote_pilot"]
    readonly_fields = fields
    reads = ["operator"]


class KeyPersonnelInline(ServiceInline):
    model = KeyPersonnel
    fields = ["post", "user", "arn", "approved_on", "valid_from", "valid_until"]
    readonly_fields = fields
    reads = ["operator"]


@admin.register(RPASOperator)
class RPASOperatorAdmin(ReadOnlyAdmin):
    about = (
        "Holders of a ReOC with scope, insurance and manual. Set up through the API or a command. "
        "People and posts of each are on the two lists of members and key personnel."
    )
    list_display = ["name", "arn", "reoc_number", "reoc_expires_on", "timezone", "is_active"]
    list_filter = ["is_active"]
    search_fields = ["name", "legal_name", "arn", "reoc_number"]
    ordering = ["name"]
    inlines = [KeyPersonnelInline, MemberInline]


@admin.register(OperatorMember)
class OperatorMemberAdmin(ReadOnlyAdmin):
    about = (
        "Who works for a drone operator, and who may fly what for it. Whoever is on the list sees "
        "the operator's records. Membership changes through the API."
    )
    list_display = ["user", "operator", "position", "valid_from", "valid_until", "is_remote_pilot"]
    list_filter = ["is_remote_pilot", "operator"]
    list_select_related = ["user", "operator"]
    search_fields = ["user__email"]
    ordering = ["-valid_from", "-id"]


@admin.register(KeyPersonnel)
class KeyPersonnelAdmin(ReadOnlyAdmin):
    about = (
        "Who holds the posts that CASA asks for: chief executive, chief remote pilot, maintenance "
        "controller. A post that is empty turns the operator red."
    )
    list_display = ["post", "user", "operator", "arn", "valid_from", "valid_until"]
    list_filter = ["post", "operator"]
    list_select_related = ["user", "operator"]
    ordering = ["-valid_from", "-id"]


@admin.register(OperatorChange)
class OperatorChangeAdmin(ReadOnlyAdmin):
    about = (
        "Changes of an operator that CASA must know or approve, and how far each is. They are "
        "entered through the API, before the change is made."
    )
    list_display = ["made_on", "operator", "kind", "description", "notified_on", "approved_on"]
    list_filter = ["kind", "operator"]
    list_select_related = ["operator"]
    ordering = ["-made_on", "-id"]


@admin.register(MaintenanceRecord)
class MaintenanceRecordAdmin(ReadOnlyAdmin):
    about = (
        "Maintenance that was done on drones, who did it and with which ARN. Records are for "
        "good. What they closed is due again on its own list."
    )
    list_display = ["completed_on", "aircraft", "schedule", "name", "arn", "work_done"]
    list_select_related = ["aircraft", "schedule__aircraft"]
    search_fields = ["aircraft__registration", "name"]
    ordering = ["-id"]


@admin.register(ConfigurationChange)
class ConfigurationChangeAdmin(ReadOnlyAdmin):
    about = (
        "What was fitted or loaded on a drone, such as firmware, before and after. Changes are "
        "recorded through the API. Part A names what is in force."
    )
    list_display = ["changed_at", "aircraft", "component", "from_value", "to_value", "changed_by"]
    list_filter = ["component"]
    list_select_related = ["aircraft", "changed_by"]
    ordering = ["-id"]


@admin.register(GroundStation)
class GroundStationAdmin(ReadOnlyAdmin):
    about = (
        "Controllers and ground stations with their device numbers. They are registered through "
        "the API. Telemetry is taken only from those that are known."
    )
    list_display = ["device_id", "name", "operator", "aircraft", "is_active"]
    list_filter = ["is_active", "operator"]
    list_select_related = ["operator", "aircraft"]
    search_fields = ["device_id", "name"]
    ordering = ["device_id"]
