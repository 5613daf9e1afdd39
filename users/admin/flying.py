from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from users.admin.forms import ServiceFormAdmin
from users.admin.people import IN_ADMIN
from users.models import CheckRecord, DeclaredFlight, FlyingDeclaration
from users.services import flying


class WithdrawableAdmin(ServiceFormAdmin):
    """A screen of statements that are withdrawn, never deleted."""

    list_select_related = ["user"]
    search_fields = ["user__email", "user__last_name"]
    autocomplete_fields = ["user"]
    final_actions: ClassVar[list] = ["withdraw"]
    actions: ClassVar[list] = ["withdraw"]

    def has_withdraw_permission(self, request: HttpRequest) -> bool:
        name = self.model._meta.model_name
        return bool(request.user.has_perm(f"users.withdraw_{name}"))

    @admin.action(description="Withdraw what was stated in error", permissions=["withdraw"])
    def withdraw(self, request: Any, queryset: QuerySet) -> None:
        self.run_service(
            request,
            queryset,
            lambda row: flying.withdraw(
                row, reason=IN_ADMIN, actor=request.user, at=timezone.now()
            ),
            "withdrawn",
        )


@admin.register(CheckRecord)
class CheckRecordAdmin(WithdrawableAdmin):
    about = (
        "Competency checks of pilots with the month they count for. Record a check here; withdraw "
        "one that was stated in error. Crewing asks whether the next is due."
    )
    list_display = ["user", "kind", "aircraft_type", "done_on", "base_month", "withdrawn_at"]
    list_filter = ["kind"]
    ordering = ["user__last_name", "kind", "-done_on", "pk"]
    fields = ["user", "kind", "aircraft_type", "done_on", "is_passed", "examiner", "remarks"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["user", "kind", "aircraft_type"] if obj else []

    def save_model(self, request: Any, obj: CheckRecord, form: Any, change: bool) -> None:
        now = timezone.now()
        if change:
            saved = flying.change_check(
                obj, version=None, actor=request.user, at=now, **self.changed(form)
            )
        else:
            saved = flying.record_check(**form.cleaned_data, actor=request.user, at=now)
        self.become(obj, saved)


@admin.register(DeclaredFlight)
class DeclaredFlightAdmin(WithdrawableAdmin):
    about = (
        "Flights that a pilot flew elsewhere and declares, so that limits are whole. Add or amend "
        "one here. A period without such flying is stated under Flying declarations."
    )
    list_display = ["user", "off_at", "flight_min", "aircraft_type", "is_commercial"]
    list_filter = ["is_commercial"]
    ordering = ["-off_at", "pk"]
    fields = [
        "user",
        "operator_name",
        "is_commercial",
        "aircraft_type",
        "off_at",
        "on_at",
        "flight_min",
        "is_sole_manipulator",
        "day_takeoffs",
        "day_landings",
        "night_takeoffs",
        "night_landings",
        "approaches",
        "remarks",
    ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["user"] if obj else []

    def save_model(self, request: Any, obj: DeclaredFlight, form: Any, change: bool) -> None:
        now = timezone.now()
        if change:
            saved = flying.change_declared_flight(
                obj, version=None, actor=request.user, at=now, **self.changed(form)
            )
        else:
            saved = flying.declare_flight(**form.cleaned_data, actor=request.user, at=now)
        self.become(obj, saved)


@admin.register(FlyingDeclaration)
class FlyingDeclarationAdmin(WithdrawableAdmin):
    about = (
        "Periods for which a pilot states that all flying elsewhere is declared. Without one, "
        "limits are amber. Withdraw a statement that was wrong and make another."
    )
    list_display = ["user", "from_on", "until_on", "declared_at", "withdrawn_at"]
    ordering = ["-until_on", "pk"]
    fields = ["user", "from_on", "until_on"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: Any, obj: FlyingDeclaration, form: Any, change: bool) -> None:
        saved = flying.declare_flying(**form.cleaned_data, actor=request.user, at=timezone.now())
        self.become(obj, saved)
