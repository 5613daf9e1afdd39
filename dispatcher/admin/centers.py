from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from dispatcher.models import DispatchCenter, OperationDemand, ResourceProfile
from dispatcher.queries.responsible import is_outside
from dispatcher.services import centers, demands
from flight_operations.admin.deeds import DeedAdmin


@admin.register(DispatchCenter)
class DispatchCenterAdmin(DeedAdmin):
    about = (
        "The desks that plan drone flying, with their hours, zone and operators. Set up a center "
        "here, close it down or open it again. The day of a center is planned under Schedules."
    )
    list_display: ClassVar = ["code", "name", "operator", "opens_at", "closes_at", "is_active"]
    list_filter: ClassVar = ["is_active", "operator"]
    list_select_related: ClassVar = ["operator"]
    search_fields: ClassVar = ["code", "name"]
    ordering: ClassVar = ["code", "pk"]
    fields: ClassVar = [
        "operator",
        "code",
        "name",
        "point",
        "timezone",
        ("opens_at", "closes_at"),
        "coverage",
        ("max_concurrent_operations", "flexibility_min", "turnround_min"),
        "weights",
        "is_active",
    ]
    readonly_fields: ClassVar = ["is_active"]
    fixed_fields: ClassVar = ["operator", "code"]
    actions: ClassVar = ["deactivate", "reactivate"]

    def save_model(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        asked = {"actor": request.user, "at": timezone.now()}
        if change:
            saved = centers.change_center(
                obj, changes=self.changed(form), version=obj.version, **asked
            )
        else:
            saved = centers.open_center(**self.given(form), **asked)
        self.become(obj, saved)

    @admin.action(description="Close down", permissions=["deactivate"])
    def deactivate(self, request: HttpRequest, queryset: QuerySet) -> None:
        self.deed(request, queryset, centers.deactivate_center, "closed down")

    @admin.action(description="Reopen", permissions=["reactivate"])
    def reactivate(self, request: HttpRequest, queryset: QuerySet) -> None:
        self.deed(request, queryset, centers.reactivate_center, "open again")

    def has_deactivate_permission(self, request: HttpRequest) -> bool:
        return self.holds(request, "deactivate")

    def has_reactivate_permission(self, request: HttpRequest) -> bool:
        return self.holds(request, "reactivate")


@admin.register(ResourceProfile)
class ResourceProfileAdmin(DeedAdmin):
    about = (
        "What an aircraft or a pilot of a center can take on in a day: where it starts, how long "
        "it works, what it may carry. Planning reckons with it. Change it here when somebody's "
        "hours change."
    )
    list_display: ClassVar = [
        "center",
        "aircraft",
        "person",
        "starts_at",
        "ends_at",
        "turnround_min",
        "is_active",
    ]
    list_filter: ClassVar = ["is_active", "center"]
    list_select_related: ClassVar = ["center", "aircraft", "person"]
    ordering: ClassVar = ["center", "pk"]
    fields: ClassVar = [
        "center",
        ("aircraft", "person"),
        "base",
        ("starts_at", "ends_at"),
        "weekdays",
        ("max_duty_min", "max_flying_min", "turnround_min"),
        "is_active",
    ]
    fixed_fields: ClassVar = ["center", "aircraft", "person"]

    def save_model(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        asked = {"actor": request.user, "at": timezone.now()}
        if change:
            saved = centers.change_profile(
                obj, changes=self.changed(form), version=obj.version, **asked
            )
        else:
            given = self.given(form)
            saved = centers.set_profile(given.pop("center"), **given, **asked)
        self.become(obj, saved)


@admin.register(OperationDemand)
class OperationDemandAdmin(DeedAdmin):
    about = (
        "What planning must know of an operation: its window, its priority and what it needs. "
        "Change a window here before the day is planned. The result stands in the schedule of the "
        "day."
    )
    list_display: ClassVar = ["operation", "center", "priority", "earliest_at", "deadline_at"]
    list_filter: ClassVar = ["priority", "center"]
    list_select_related: ClassVar = ["operation", "center"]
    search_fields: ClassVar = ["operation__number"]
    ordering: ClassVar = ["-pk"]
    fields: ClassVar = [
        "operation",
        "center",
        ("priority", "value", "currency"),
        ("earliest_at", "deadline_at"),
        "windows",
        "required_kinds",
        "required_models",
        "required_qualifications",
        "promised_at",
    ]
    readonly_fields: ClassVar = ["windows"]
    fixed_fields: ClassVar = ["operation"]

    def save_model(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        asked = {"actor": request.user, "at": timezone.now()}
        given = self.changed(form) if change else self.given(form)
        operation = obj.operation if change else given.pop("operation")
        version = obj.version if change else None
        demand = demands.set_demand(operation, version=version, **given, **asked)
        if demand.center is not None and is_outside(demand.center, operation.pk):
            told = f"The launch site lies outside the area of {demand.center.code}."
            self.message_user(request, told, messages.WARNING)
        self.become(obj, demand)
