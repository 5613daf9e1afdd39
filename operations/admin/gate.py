"""Releases, risk worksheets, evidence and authority: to look at; verbs call the services."""

from datetime import datetime
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from aircraft.admin.badges import LETTERS, badge
from common.compliance.findings import Color
from common.compliance.withheld import shown_findings
from operations.admin.findings import listed
from operations.admin.trips import TripDeskAdmin
from operations.exceptions import FlightReleaseMissing
from operations.models import FlightRelease, OpsSpec, RiskWorksheet, TripEvidence
from operations.risk_template import answered
from operations.services import evidence, releases, worksheets
from operations.services.assessment import TRIP


@admin.register(FlightRelease)
class FlightReleaseAdmin(TripDeskAdmin):
    """What was released, as it was, and what took it back."""

    about = (
        "Releases of trips: plan, crew and findings as they were when it was let go. Revoke one "
        "with a reason when it should no longer stand. The trip is released anew on its own list."
    )
    list_display: ClassVar = ["trip", "state", "released_at", "released_by", "revoked_because"]
    list_filter: ClassVar = [("revoked_at", admin.EmptyFieldListFilter)]
    list_select_related: ClassVar = ["trip", "released_by"]
    search_fields: ClassVar = ["trip__number", "trip__aircraft__tail_number"]
    ordering: ClassVar = ["-released_at", "-pk"]
    fields: ClassVar = [
        "trip",
        "state",
        "released_by",
        "released_at",
        "revoked_at",
        "revoked_because",
        "plan_hash",
        "verdict",
        "flights",
        "not_green",
        "noted",
    ]
    readonly_fields = fields
    actions: ClassVar = ["revoke"]

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Any:
        """The release of one page, with the findings as the reader may see them."""
        release = super().get_object(request, object_id, from_field)
        if release is not None:
            may: Any = request.user.has_perm
            told = shown_findings(TRIP, release.document.get("findings", []), may)
            release.document = {**release.document, "findings": told}
        return release

    @admin.display(description="State")
    def state(self, row: FlightRelease) -> SafeString:
        """Whether it stands."""
        return badge(Color.GREEN, "live") if row.revoked_at is None else badge(Color.RED, "revoked")

    @admin.display(description="Flights and crew")
    def flights(self, row: FlightRelease) -> SafeString:
        """The legs and who was to fly them, as released."""
        crew = row.document.get("crew", [])
        lines = [
            (
                f"Leg {leg['sequence']} {leg['from']}-{leg['to']}, {leg['out_at']}",
                ", ".join(f"{c['role']} {c['name']}" for c in crew if c["leg"] == leg["sequence"]),
            )
            for leg in row.document.get("legs", [])
        ]
        return format_html("<ul>{}</ul>", format_html_join("", "<li>{}: {}</li>", lines))

    @admin.display(description="Findings that were not green")
    def not_green(self, row: FlightRelease) -> str:
        """What was acknowledged or overridden, with who let it pass."""
        found = [
            (
                LETTERS[Color(f["color"])],
                f["rule"],
                f["message"],
                f["citation"],
                f["overridden_reason"],
            )
            for f in row.document.get("findings", [])
        ]
        return listed(found) if found else "None."

    @admin.display(description="Acknowledged")
    def noted(self, row: FlightRelease) -> str:
        """The notes to the amber findings."""
        return "; ".join(f"{note['rule']}: {note['note']}" for note in row.acknowledgements)

    @admin.action(description="Revoke (with reason)", permissions=["release"])
    def revoke(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Take the selected releases back."""
        self.deed(request, queryset, _revoke, "revoked", says="because")

    def has_release_permission(self, request: HttpRequest) -> bool:
        """As the API asks for the same verb."""
        return self.may(request, "release_trip")


@admin.register(RiskWorksheet)
class RiskWorksheetAdmin(TripDeskAdmin):
    """The risk of each trip, and who answers for it."""

    about = (
        "The risk of a trip in points, its answers and who answers for it. The pilot in command "
        "signs; a score above the threshold is approved by somebody else. Without both the trip "
        "is red."
    )
    list_display: ClassVar = ["trip", "risk", "signed_by", "signed_at", "approved_by"]
    list_filter: ClassVar = [
        ("signed_at", admin.EmptyFieldListFilter),
        ("approved_at", admin.EmptyFieldListFilter),
    ]
    list_select_related: ClassVar = ["trip", "signed_by", "approved_by"]
    search_fields: ClassVar = ["trip__number"]
    ordering: ClassVar = ["-pk"]
    fields: ClassVar = [
        "trip",
        "risk",
        "answers_given",
        "mitigation",
        "template_version",
        "signed_by",
        "signed_at",
        "approved_by",
        "approved_at",
        "plan_hash",
    ]
    readonly_fields = fields
    final_actions: ClassVar = ["sign", "approve"]
    actions: ClassVar = ["sign", "approve"]

    @admin.display(description="Risk", ordering="score")
    def risk(self, row: RiskWorksheet) -> SafeString:
        """The score against the threshold: red while nobody signed or approved what needs it."""
        words = f"{row.score} of {row.threshold}"
        if row.signed_at is None:
            return badge(Color.RED, f"{words}, not signed")
        if row.score <= row.threshold:
            return badge(Color.GREEN, words)
        if row.approved_at is None:
            return badge(Color.RED, f"{words}, not approved")
        return badge(Color.AMBER, f"{words}, approved")

    @admin.display(description="Answers")
    def answers_given(self, row: RiskWorksheet) -> SafeString:
        """Every question with its answer and what it adds."""
        lines = format_html_join(
            "", "<li>{}: {} ({})</li>", answered(row.answers, row.template_version)
        )
        return format_html("<ul>{}</ul>", lines)

    @admin.action(description="Sign as pilot in command", permissions=["sign"])
    def sign(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Sign for the plan as it stands; the service asks who is in command."""
        self.deed(request, queryset, worksheets.sign, "signed")

    @admin.action(description="Approve the risk", permissions=["approve"])
    def approve(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Accept a score above the threshold."""
        self.deed(request, queryset, worksheets.approve, "approved")

    def has_sign_permission(self, request: HttpRequest) -> bool:
        """As the API asks for the same verb."""
        return self.may(request, "sign_riskworksheet")

    def has_approve_permission(self, request: HttpRequest) -> bool:
        """As the API asks for the same verb."""
        return self.may(request, "approve_riskworksheet")


@admin.register(TripEvidence)
class TripEvidenceAdmin(TripDeskAdmin):
    """What named persons recorded for the rules."""

    about = (
        "What named persons have established for the rules of a trip, such as a runway that was "
        "checked. Withdraw what turned out wrong, with a reason. The rules of the trip say what "
        "is still missing."
    )
    list_display: ClassVar = [
        "trip",
        "leg",
        "kind",
        "reference",
        "recorded_by",
        "recorded_at",
        "withdrawn_because",
    ]
    list_filter: ClassVar = ["kind", ("withdrawn_at", admin.EmptyFieldListFilter)]
    list_select_related: ClassVar = ["trip", "leg__trip", "recorded_by"]
    search_fields: ClassVar = ["trip__number", "reference"]
    ordering: ClassVar = ["-recorded_at", "-pk"]
    final_actions: ClassVar = ["withdraw"]
    actions: ClassVar = ["withdraw"]

    @admin.action(description="Withdraw (with reason)", permissions=["withdraw"])
    def withdraw(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Take the selected evidence back."""
        self.deed(request, queryset, evidence.withdraw_evidence, "withdrawn", says="reason")

    def has_withdraw_permission(self, request: HttpRequest) -> bool:
        """As the API asks for the same verb."""
        return self.may(request, "withdraw_tripevidence")


@admin.register(OpsSpec)
class OpsSpecAdmin(TripDeskAdmin):
    """What the authority allows."""

    about = (
        "What the authority allows the operator, by code and dates. Let one end today when it is "
        "no longer held. Trips that need it turn red from then on."
    )
    list_display: ClassVar = ["code", "title", "state", "reference", "issued_on", "expires_on"]
    search_fields: ClassVar = ["code", "title", "reference"]
    ordering: ClassVar = ["code", "-issued_on", "-pk"]
    final_actions: ClassVar = ["end_today"]
    actions: ClassVar = ["end_today"]

    @admin.display(description="State")
    def state(self, row: OpsSpec) -> SafeString:
        """Whether it is in force today."""
        today = timezone.now().date()
        if row.issued_on > today:
            return badge(Color.AMBER, "not yet")
        if row.expires_on is not None and row.expires_on < today:
            return badge(Color.RED, "ended")
        return badge(Color.GREEN, "in force")

    @admin.action(description="Let it end today", permissions=["end"])
    def end_today(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Make today the last valid day of the selected ones."""
        self.deed(request, queryset, _end_today, "ends today")

    def has_end_permission(self, request: HttpRequest) -> bool:
        """As the API asks for the same edit."""
        return self.may(request, "change_opsspec")


def _revoke(row: FlightRelease, *, because: str, actor: Any, at: datetime) -> FlightRelease:
    if row.revoked_at is not None:
        raise FlightReleaseMissing(trip=row.trip.number)
    return releases.revoke_release(row.trip, because=because, actor=actor, at=at)


def _end_today(row: OpsSpec, *, actor: Any, at: datetime) -> OpsSpec:
    changes = {"expires_on": at.date()}
    return evidence.end_opsspec(row, changes=changes, version=None, actor=actor, at=at)
