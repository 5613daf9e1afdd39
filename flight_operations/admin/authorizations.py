from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from flight_operations.admin.deeds import DeedAdmin
from flight_operations.models import AuthorizationStatus, OperationalAuthorization
from flight_operations.queries.authorizations import lead_time
from flight_operations.services import authorizations
from flight_operations.services.authorizations import Terms

TERMS = [
    "kind",
    "number",
    "authority",
    "aircraft",
    "place",
    "area",
    "max_height_agl_m",
    "valid_from",
    "valid_until",
    "conditions",
    "applied_on",
]


@admin.register(OperationalAuthorization)
class OperationalAuthorizationAdmin(DeedAdmin):
    about = (
        "Approvals of the authority for drone flying, such as for controlled airspace, and what "
        "each asks of the flight. Record what was granted or refused. Operations point at the one "
        "they rely on."
    )
    list_display: ClassVar = [
        "number",
        "kind",
        "status",
        "operator",
        "place",
        "valid_from",
        "valid_until",
        "days",
    ]
    list_filter: ClassVar = ["status", "kind", "operator"]
    list_select_related: ClassVar = ["operator"]
    search_fields: ClassVar = ["number", "place", "authority"]
    ordering: ClassVar = ["-valid_from", "-pk"]
    fields: ClassVar = ["operator", *TERMS, "status", "days", "recorded_by"]
    readonly_fields: ClassVar = ["status", "days", "recorded_by"]
    fixed_fields: ClassVar = ["operator"]
    final_actions: ClassVar = ["refuse", "revoke"]
    actions: ClassVar = ["grant", "refuse", "revoke"]

    @admin.display(description="Days for the authority")
    def days(self, authorization: OperationalAuthorization) -> str:
        """What the authority asks for and has, for an application not decided yet."""
        lead = lead_time(authorization) if authorization.pk else None
        return f"{lead.available_days} of {lead.needed_days}" if lead else "-"

    def has_change_permission(
        self, request: HttpRequest, obj: OperationalAuthorization | None = None
    ) -> bool:
        is_decided = obj is not None and obj.status != AuthorizationStatus.REQUESTED
        return super().has_change_permission(request, obj) and not is_decided

    def save_model(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        asked = {"actor": request.user, "at": timezone.now()}
        if change:
            saved = authorizations.amend_request(obj, changes=self.changed(form), **asked)
        else:
            terms = self.given(form)
            operator = terms.pop("operator")
            saved = authorizations.request_authorization(
                operator=operator, terms=Terms(**terms), **asked
            )
        self.become(obj, saved)

    @admin.action(description="Record as granted", permissions=["grant"])
    def grant(self, request: HttpRequest, queryset: QuerySet) -> None:
        self.deed(request, queryset, authorizations.record_granted, "granted")

    @admin.action(description="Record as refused (with reason)", permissions=["refuse"])
    def refuse(self, request: HttpRequest, queryset: QuerySet) -> None:
        self.deed(request, queryset, authorizations.record_refused, "refused", says="reason")

    @admin.action(description="Revoke (with reason)", permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet) -> None:
        self.deed(request, queryset, authorizations.revoke_authorization, "revoked", says="reason")

    def has_grant_permission(self, request: HttpRequest) -> bool:
        return self.holds(request, "grant")

    def has_refuse_permission(self, request: HttpRequest) -> bool:
        return self.holds(request, "refuse")

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return self.holds(request, "revoke")
