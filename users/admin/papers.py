from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from users.admin.forms import ServiceFormAdmin
from users.admin.people import IN_ADMIN
from users.models import ApiToken, FlightExperience, Qualification
from users.services import api_tokens, experience, qualifications


@admin.register(Qualification)
class QualificationAdmin(ServiceFormAdmin):
    about = (
        "Licenses, ratings and medicals with the day they end. Record a paper, verify it against "
        "the original, or revoke it. Only verified papers count for crewing."
    )
    list_display = ["user", "kind", "authority", "number", "weight_band", "expires_on", "status"]
    list_select_related = ["user"]
    list_filter = ["kind", "status"]
    search_fields = ["user__email", "user__last_name", "number"]
    ordering = ["user__last_name", "kind", "pk"]
    readonly_fields = ["status", "verified_by", "verified_at"]
    autocomplete_fields = ["user"]
    final_actions: ClassVar[list] = ["revoke"]
    actions: ClassVar[list] = ["verify", "revoke"]
    PAPER: ClassVar[list] = [
        "authority",
        "number",
        "classification",
        "weight_band",
        "aircraft_type",
        "issued_on",
        "expires_on",
        "remarks",
    ]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["user", "kind", *self.PAPER, *(self.readonly_fields if obj else [])]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["user", "kind", *self.readonly_fields] if obj else list(self.readonly_fields)

    def has_verify_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("users.verify_qualification"))

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("users.revoke_qualification"))

    def save_model(self, request: Any, obj: Qualification, form: Any, change: bool) -> None:
        now = timezone.now()
        if change:
            saved = qualifications.change_qualification(
                obj, version=None, actor=request.user, at=now, **self.changed(form)
            )
        else:
            saved = qualifications.record_qualification(
                **form.cleaned_data, actor=request.user, at=now
            )
        self.become(obj, saved)

    @admin.action(description="Verify selected papers", permissions=["verify"])
    def verify(self, request: Any, queryset: QuerySet) -> None:
        self.run_service(
            request,
            queryset,
            lambda paper: qualifications.verify_qualification(
                paper, actor=request.user, at=timezone.now()
            ),
            "verified",
        )

    @admin.action(description="Revoke selected papers", permissions=["revoke"])
    def revoke(self, request: Any, queryset: QuerySet) -> None:
        self.run_service(
            request,
            queryset,
            lambda paper: qualifications.revoke_qualification(
                paper, reason=IN_ADMIN, actor=request.user, at=timezone.now()
            ),
            "revoked",
        )


@admin.register(FlightExperience)
class FlightExperienceAdmin(ServiceFormAdmin):
    about = (
        "Hours that a pilot brings along, by category and role. Record the totals here as of a "
        "day. What is flown afterwards is in the pilots' logs."
    )
    list_display = ["user", "category", "role", "aircraft_type", "flown_minutes", "as_of_on"]
    list_select_related = ["user"]
    list_filter = ["category"]
    search_fields = ["user__email", "user__last_name"]
    ordering = ["user__last_name", "pk"]
    autocomplete_fields = ["user"]
    fields = [
        "user",
        "category",
        "role",
        "aircraft_type",
        "flown_minutes",
        "night_minutes",
        "cross_country_minutes",
        "instrument_minutes",
        "instrument_flight_minutes",
        "landings",
        "as_of_on",
        "remarks",
    ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["user", "category", "role", "aircraft_type"] if obj else []

    def save_model(self, request: Any, obj: FlightExperience, form: Any, change: bool) -> None:
        now = timezone.now()
        if change:
            saved = experience.change_experience(
                obj, version=None, actor=request.user, at=now, **self.changed(form)
            )
        else:
            saved = experience.declare_experience(**form.cleaned_data, actor=request.user, at=now)
        self.become(obj, saved)


class IssueTokenForm(forms.ModelForm):
    """What a machine may do, and from where."""

    scopes = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Permissions, one a line, e.g. flight_operations.ingest_flightoperation",
    )
    allowed_networks = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="One a line, e.g. 203.0.113.0/24; empty: anywhere.",
    )

    class Meta:
        model = ApiToken
        fields = ["owner", "name", "scopes", "allowed_networks", "expires_at"]

    def clean_scopes(self) -> list[str]:
        return str(self.cleaned_data["scopes"]).split()

    def clean_allowed_networks(self) -> list[str]:
        return str(self.cleaned_data["allowed_networks"]).split()


@admin.register(ApiToken)
class ApiTokenAdmin(ServiceFormAdmin):
    about = (
        "Keys by which machines act for a person, with scopes, networks and end. Revoke a key "
        "that may be known to others; it is dead at once. A new one is shown once, when it is "
        "issued."
    )
    list_display = ["prefix", "name", "owner", "expires_at", "revoked_at", "last_used_at"]
    list_select_related = ["owner", "use"]
    search_fields = ["prefix", "name", "owner__email"]
    ordering = ["-pk"]
    form = IssueTokenForm
    autocomplete_fields = ["owner"]
    final_actions: ClassVar[list] = ["revoke"]
    actions: ClassVar[list] = ["revoke"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        shown = ["prefix", "issued_by", "issued_at", "revoked_at", "revoked_reason"]
        asked = ["owner", "name", "scopes", "allowed_networks", "expires_at"]
        return [*asked, *shown] if obj else asked

    @admin.display(description="last used at")
    def last_used_at(self, token: ApiToken) -> Any:
        return getattr(getattr(token, "use", None), "last_used_at", None)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("users.revoke_apitoken"))

    def save_model(self, request: Any, obj: ApiToken, form: Any, change: bool) -> None:
        token, key = api_tokens.issue_token(
            **form.cleaned_data, actor=request.user, at=timezone.now()
        )
        self.become(obj, token)
        self.message_user(request, f"The key, shown only now: {key}", messages.WARNING)

    @admin.action(description="Revoke selected tokens", permissions=["revoke"])
    def revoke(self, request: Any, queryset: QuerySet) -> None:
        self.run_service(
            request,
            queryset,
            lambda token: api_tokens.revoke_token(
                token, reason=IN_ADMIN, actor=request.user, at=timezone.now()
            ),
            "revoked",
        )
