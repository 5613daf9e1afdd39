"""Reference data and weather on the dispatchers' screens; everything changes through services."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from airports.models import (
    Airport,
    AirspaceRestriction,
    Frequency,
    Runway,
    SourceState,
    WeatherData,
    WeatherStation,
)
from airports.services import aerodromes, airspace
from common.admin import ReadOnlyAdmin, ServiceInline
from common.screens.search import Found

REASON = "Set in the admin"


class RunwayInline(ServiceInline):
    model = Runway
    fields = ["le_ident", "he_ident", "length_ft", "width_ft", "surface", "is_closed"]
    readonly_fields = fields


class FrequencyInline(ServiceInline):
    model = Frequency
    fields = ["kind", "description", "mhz"]
    readonly_fields = fields


@admin.register(Airport)
class AirportAdmin(ReadOnlyAdmin):
    """Aerodromes. Whether one is controlled is set by the actions here or the API."""

    about = (
        "Aerodromes of the world with codes, runways and control. Say here whether one is "
        "controlled, or leave that to the imports. The newest weather of a place is under Weather "
        "stations."
    )
    list_display = [
        "ident",
        "icao",
        "iata",
        "name",
        "kind",
        "country",
        "is_controlled",
        "is_active",
    ]
    list_filter = ["kind", "is_controlled", "is_active", "source"]
    search_fields = ["=ident", "=icao", "=iata", "name", "municipality"]
    found_by = Found(
        "ident", "name", numbers=("ident", "icao"), exact=("iata",), words=("name", "municipality")
    )
    ordering = ["ident"]
    inlines = [RunwayInline, FrequencyInline]
    actions = ["mark_controlled", "mark_uncontrolled", "forget_control"]

    def has_tower_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("airports.change_airport")

    @admin.action(description="Mark as controlled, always", permissions=["tower"])
    def mark_controlled(self, request: HttpRequest, queryset: QuerySet) -> None:
        self._set(request, queryset, True)

    @admin.action(description="Mark as not controlled", permissions=["tower"])
    def mark_uncontrolled(self, request: HttpRequest, queryset: QuerySet) -> None:
        self._set(request, queryset, False)

    @admin.action(description="Leave control to the imports", permissions=["tower"])
    def forget_control(self, request: HttpRequest, queryset: QuerySet) -> None:
        self._set(request, queryset, None)

    def _set(self, request: HttpRequest, rows: QuerySet, value: bool | None) -> None:
        def service(airport: Airport) -> None:
            aerodromes.set_tower(
                airport,
                is_controlled=value,
                tower_hours=None,
                reason=REASON,
                actor=request.user,
                at=timezone.now(),
            )

        self.run_service(request, rows, service, "noted")


@admin.register(WeatherData)
class WeatherDataAdmin(ReadOnlyAdmin):
    about = (
        "Reports and forecasts as they were sent, and what was read from each. They are kept as "
        "they came. The newest of a place is under Weather stations."
    )
    list_display = ["station", "kind", "issued_at", "flight_category", "raw", "source"]
    list_filter = ["kind", "flight_category", "source", "is_void", "needs_service"]
    search_fields = ["=station"]
    list_select_related = ["airport"]
    ordering = ["-issued_at", "-id"]


@admin.register(WeatherStation)
class WeatherStationAdmin(ReadOnlyAdmin):
    about = (
        "Places that report weather, with the newest observation and forecast. A report that is "
        "old is shown as such. Older ones are under Weather reports."
    )
    list_display = ["station", "name", "observed_at", "forecast_at", "elevation_ft"]
    list_select_related = ["airport"]
    search_fields = ["=station", "name"]
    ordering = ["station"]


@admin.register(AirspaceRestriction)
class AirspaceRestrictionAdmin(ReadOnlyAdmin):
    keeps_out = True
    about = (
        "Volumes of air with a rule: control zones, restricted areas, geofences. Retire one that "
        "is void, so that planning no longer asks it. Files of the authority come in by a "
        "command."
    )
    list_display = ["name", "kind", "floor_text", "ceiling_text", "activity", "source", "is_active"]
    list_filter = ["kind", "activity", "is_active", "source"]
    search_fields = ["name"]
    ordering = ["name", "pk"]
    final_actions = ["retire"]
    actions = ["retire"]

    def has_retire_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("airports.retire_airspacerestriction")

    @admin.action(description="Retire selected airspace", permissions=["retire"])
    def retire(self, request: HttpRequest, queryset: QuerySet) -> None:
        self.run_service(
            request,
            queryset,
            lambda row: airspace.retire_airspace(
                row, actor=request.user, at=timezone.now(), reason=REASON
            ),
            "retired",
        )


@admin.register(SourceState)
class SourceStateAdmin(ReadOnlyAdmin):
    about = (
        "When each outside source last answered, and whether it is asked again. Look here when "
        "weather or airspace grows old. The readings themselves are under Weather reports."
    )
    list_display = ["name", "succeeded_at", "changed_at", "failures", "retry_at", "last_error"]
    ordering = ["name"]
