"""
Patients, what they need, passengers, and who looked.

Nobody's identity is in the admin at all: not in a list, a form, a search or a history. Who may see
it reads the one record through the API, where the look is on record.
"""

from functools import partial
from typing import Any, ClassVar

from django.contrib import admin
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from common.admin import ReadOnlyAdmin
from operations.admin.trips import TripDeskAdmin
from operations.models import (
    BreakGlass,
    MedicalRequirement,
    Passenger,
    PassengerAccess,
    Patient,
    PatientAccess,
    PatientMatch,
)
from operations.models.passenger import SEALED_OF_PASSENGERS
from operations.models.patient import SEALED
from operations.privacy import PATIENT_FIELDS, view_of
from operations.services.access import look_at_requirements
from operations.services.patient_matches import settle_match

NOT_IN_LISTS = (
    "Patients and passengers are looked at one at a time, to a stated purpose and on record: lists"
    " of them do not leave the system."
)
# Known without opening anything; the rest of what is needed is derived from a sealed field.
_SHOWN = ("number", "mass_kg", "needs_stretcher")


@admin.register(Patient)
class PatientAdmin(ReadOnlyAdmin):
    """Number, mass and stretcher, each to who may see it."""

    about = (
        "Patients by number, with mass and stretcher for who may know them. Names and diagnoses "
        "are never shown here: who may read them asks the API for one record, to a stated "
        "purpose. Each look is under Patient accesses."
    )
    search_fields: ClassVar = ["number"]
    ordering: ClassVar = ["-id"]
    export_refused = NOT_IN_LISTS

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).defer(*SEALED)

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        """The columns that the caller may see."""
        view = view_of(PATIENT_FIELDS, request.user.has_perm)
        return tuple(name for name in _SHOWN if name in view.fields)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """The same fields as in the list."""
        return self.get_list_display(request)


@admin.register(PatientMatch)
class PatientMatchAdmin(TripDeskAdmin):
    """Numbers that may be one person; who they are is found out through the API."""

    about = (
        "Two patients' numbers that may be one person. Who may find out settles each as one "
        "person or two; the records are compared through the API. Numbers that were settled stay "
        "on the list."
    )
    list_display: ClassVar = ["patient", "looks_like", "status", "noted_at", "settled_by"]
    list_filter: ClassVar = ["status"]
    list_select_related: ClassVar = ["patient", "looks_like", "settled_by"]
    search_fields: ClassVar = ["patient__number", "looks_like__number"]
    ordering: ClassVar = ["-pk"]
    export_refused = NOT_IN_LISTS
    final_actions: ClassVar = ["same", "another"]
    actions: ClassVar = ["same", "another"]

    @admin.action(description="One person", permissions=["settle"])
    def same(self, request: HttpRequest, queryset: QuerySet) -> None:
        """The selected ones are."""
        self.deed(request, queryset, partial(settle_match, is_same=True), "one person")

    @admin.action(description="Two people", permissions=["settle"])
    def another(self, request: HttpRequest, queryset: QuerySet) -> None:
        """The selected ones are."""
        self.deed(request, queryset, partial(settle_match, is_same=False), "two people")

    def has_settle_permission(self, request: HttpRequest) -> bool:
        """As the API asks for the same verb."""
        return self.may(request, "settle_patientmatch")


@admin.register(MedicalRequirement)
class MedicalRequirementAdmin(ReadOnlyAdmin):
    about = (
        "What a patient needs on board, and the medical decision on it. The decision is made "
        "through the API by who may. The trip takes equipment and team from it."
    )
    # A list writes no look down, so it shows nothing of what is needed.
    list_display: ClassVar = ["patient", "decided_at"]
    list_select_related: ClassVar = ["patient"]
    search_fields: ClassVar = ["patient__number"]
    ordering: ClassVar = ["-id"]
    export_refused = NOT_IN_LISTS

    def lookup_allowed(self, lookup: str, value: Any, request: Any = None) -> bool:
        """Whoever could filter by what is needed would read it so."""
        return False

    @transaction.atomic
    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Any:
        """The record of one page, the look at it written down."""
        requirement = super().get_object(request, object_id, from_field)
        if requirement is not None and self.has_view_permission(request):
            look_at_requirements([requirement], actor=request.user, at=timezone.now())
        return requirement


@admin.register(Passenger)
class PassengerAdmin(ReadOnlyAdmin):
    """Places and masses; names are on the manifest."""

    about = (
        "Places on board with mass and baggage. Names are on the manifest, for who may read it. "
        "The trip lists all its passengers."
    )
    list_display: ClassVar = ["id", "trip", "role", "mass_kg", "baggage_kg"]
    fields: ClassVar = ["trip", "role", "mass_kg", "baggage_kg"]
    list_filter: ClassVar = ["role"]
    list_select_related: ClassVar = ["trip"]
    search_fields: ClassVar = ["trip__number"]
    ordering: ClassVar = ["-id"]
    export_refused = NOT_IN_LISTS

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).defer(*SEALED_OF_PASSENGERS)


@admin.register(PatientAccess)
class PatientAccessAdmin(ReadOnlyAdmin):
    """Who looked at whose record, what for and by which right."""

    about = (
        "Each look at a patient's record: who, what, to which purpose and by which right. The log "
        "is for good and is read by who answers for privacy. An emergency is under Break glass."
    )
    list_display: ClassVar = ["occurred_at", "user", "patient", "kind", "groups", "purpose", "via"]
    list_filter: ClassVar = ["kind", "via", "purpose"]
    list_select_related: ClassVar = ["user", "patient"]
    search_fields: ClassVar = ["patient__number", "user__email", "request_id"]
    ordering: ClassVar = ["-id"]


@admin.register(PassengerAccess)
class PassengerAccessAdmin(ReadOnlyAdmin):
    about = (
        "Each look at the names on a manifest, with purpose and person. Nothing can be changed. "
        "The trip that the manifest is for stands with the passenger."
    )
    list_display: ClassVar = ["occurred_at", "user", "passenger_id", "kind", "groups", "purpose"]
    list_filter: ClassVar = ["kind", "purpose"]
    list_select_related: ClassVar = ["user"]
    search_fields: ClassVar = ["user__email", "request_id"]
    ordering: ClassVar = ["-id"]


@admin.register(BreakGlass)
class BreakGlassAdmin(ReadOnlyAdmin):
    """Records opened in an emergency: whoever answers for privacy asks about each."""

    about = (
        "Records that somebody opened in an emergency, for an hour and with a reason. Whoever "
        "answers for privacy asks about every one. What was then looked at is under Patient "
        "accesses."
    )
    list_display: ClassVar = ["opened_at", "user", "patient", "purpose", "reason", "expires_at"]
    list_filter: ClassVar = ["purpose"]
    list_select_related: ClassVar = ["user", "patient"]
    search_fields: ClassVar = ["patient__number", "user__email"]
    ordering: ClassVar = ["-id"]
