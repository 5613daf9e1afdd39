"""The coordinator's screens of cities and of those who serve at airports."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from common.admin import ReadOnlyAdmin, ServiceInline
from contacts.admin.forms import PROVIDER_FIELDS, FBOForm, GroundProviderForm
from contacts.hours import attendance
from contacts.models import FBO, City, FBOFee, GroundFee, GroundProvider
from contacts.normalization import plain
from contacts.services import providers
from users.admin.forms import ServiceFormAdmin


class FeeInline(ServiceInline):
    fields = ["kind", "unit", "amount", "currency", "mtow_from_kg", "mtow_until_kg", "valid_from"]
    readonly_fields = fields

    def has_view_permission(self, request: Any, obj: Any = None) -> bool:
        parent = self.parent_model._meta
        return bool(request.user.has_perm(f"contacts.view_{parent.model_name}"))


class FBOFeeInline(FeeInline):
    model = FBOFee


class GroundFeeInline(FeeInline):
    model = GroundFee


class ProviderAdmin(ServiceFormAdmin):
    """Who serves at an airport; prices are set through the API."""

    list_display = ["name", "airport", "hours_kind", "attendance_now", "phone", "is_active"]
    list_filter = ["is_active", "hours_kind"]
    list_select_related = ["airport"]
    search_fields = ["name", "airport__ident", "airport__icao", "airport__name"]
    ordering = ["name", "pk"]
    autocomplete_fields = ["airport", "contact"]

    @admin.display(description="Now")
    def attendance_now(self, row: Any) -> str:
        """Whether somebody is there, by the airport's own clock."""
        zone = row.airport.timezone
        found = attendance(
            row.hours_kind, row.hours, zone, notice_min=row.notice_min, at=timezone.now()
        )
        return found.openness.replace("_", " ")

    def save_model(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        now = timezone.now()
        if change:
            saved: Any = providers.amend_provider(
                obj, changes=self.changed(form), version=None, actor=request.user, at=now
            )
        else:
            saved = providers.create_provider(
                self.model, **form.cleaned_data, actor=request.user, at=now
            )
        self.become(obj, saved)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [*PROVIDER_FIELDS, *self.own_fields, *(["is_active"] if obj else [])]

    def get_inlines(self, request: HttpRequest, obj: Any) -> list[Any]:
        return list(self.inlines) if obj else []

    def save_related(self, request: Any, form: Any, formsets: Any, change: bool) -> None:
        """Nothing: prices are looked at here, not typed in."""
        for formset in formsets:
            formset.new_objects = formset.changed_objects = formset.deleted_objects = []

    own_fields: list[str] = []


@admin.register(FBO)
class FBOAdmin(ProviderAdmin):
    about = (
        "Who handles crewed aircraft at an airport: hours, frequencies, services and fees. Add "
        "one or change its hours here; fees are set through the API. Trips take their ground "
        "services from this list."
    )
    form = FBOForm
    inlines = [FBOFeeInline]
    own_fields = ["frequencies_mhz"]


@admin.register(GroundProvider)
class GroundProviderAdmin(ProviderAdmin):
    about = (
        "Ambulances and cars that take a patient or a team to the aircraft, with care level and "
        "notice. Keep hours and telephones current here. Ground legs of a trip name one of them."
    )
    form = GroundProviderForm
    inlines = [GroundFeeInline]
    list_filter = ["kind", "care_level", "is_active", "hours_kind"]
    own_fields = ["kind", "care_level", "stretchers", "seats"]


@admin.register(City)
class CityAdmin(ReadOnlyAdmin):
    about = (
        "Towns with place and time zone, as the gazetteer has them. They are imported and cannot "
        "be typed in. Addresses of contacts and local times of clients refer to them."
    )
    list_display = ["name", "region", "country", "timezone"]
    list_filter = ["country"]
    search_fields = ["search_words"]
    ordering = ["name", "pk"]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
        """By words without accents."""
        return super().get_search_results(request, queryset, plain(search_term))
