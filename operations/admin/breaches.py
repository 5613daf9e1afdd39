"""Privacy breaches and their clock, to look at; verbs call the services."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Case, QuerySet, Value, When
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString

from aircraft.admin.badges import badge
from operations.admin.trips import TripDeskAdmin
from operations.models import BreachStatus, PrivacyBreach
from operations.queries.breaches import breach_color, remaining_s
from operations.services import breaches


@admin.register(PrivacyBreach)
class PrivacyBreachAdmin(TripDeskAdmin):
    """Breaches of health information; particulars are entered by the API."""

    about = (
        "Health information that somebody saw, used or lost without right, with the clock of "
        "45 CFR 164.404: its persons are told within 60 days of discovery. Amber after 30 days, "
        "red after 60. Record the notice, or rule the breach out by a risk assessment."
    )
    list_display: ClassVar = ["number", "status", "discovered_at", "persons_affected", "due"]
    list_filter: ClassVar = ["status"]
    search_fields: ClassVar = ["number"]
    # What runs first, and of that what is due first.
    ordering: ClassVar = [
        Case(When(status=BreachStatus.REPORTED, then=Value(0)), default=Value(1)),
        "discovered_at",
        "pk",
    ]
    final_actions: ClassVar = ["notify", "close"]
    actions: ClassVar = ["notify", "rule_out", "reopen", "close"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """The clock and what was recorded beside what is stored."""
        recorded = ["status", "due", "notified_at", "notice", "reported_by"]
        return [*super().get_readonly_fields(request, obj), *recorded]

    @admin.display(description="Notice to the persons")
    def due(self, row: PrivacyBreach) -> SafeString | str:
        """The color with its letter, the last moment and what is left."""
        now = timezone.now()
        left = remaining_s(row, now=now)
        if left is None:
            return "not running"
        days = abs(left) / 86_400
        word = "left" if left >= 0 else "late"
        color = breach_color(row, now=now)
        return badge(color, f"{row.due_at:%d %b %Y %H:%M} UTC, {days:.1f} days {word}")

    @admin.action(description="The persons were told just now (say how)", permissions=["notify"])
    def notify(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Record the notice of the selected ones."""
        notice, at = request.POST.get("reason", "").strip()[:200], timezone.now()
        self.run_service(
            request,
            queryset,
            lambda row: breaches.record_persons_told(
                row, notified_at=at, notice=notice, actor=request.user, at=at
            ),
            "recorded",
        )

    @admin.action(description="Rule out (with the assessment)", permissions=["rule_out"])
    def rule_out(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Stop the clock of the selected ones: no breach."""
        self._with_reason(request, queryset, breaches.rule_out_breach, "ruled out")

    @admin.action(description="Reopen (with reason)", permissions=["rule_out"])
    def reopen(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Let the clock of the selected ones run again."""
        self._with_reason(request, queryset, breaches.reopen_breach, "reopened")

    @admin.action(description="Close (with reason)", permissions=["close"])
    def close(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Close the selected ones."""
        self._with_reason(request, queryset, breaches.close_breach, "closed")

    def has_notify_permission(self, request: HttpRequest) -> bool:
        """As the API asks for the same verb."""
        return self.may(request, "notify_privacybreach")

    def has_rule_out_permission(self, request: HttpRequest) -> bool:
        """As the API asks for the same verb."""
        return self.may(request, "rule_out_privacybreach")

    def has_close_permission(self, request: HttpRequest) -> bool:
        """As the API asks for the same verb."""
        return self.may(request, "close_privacybreach")

    def _with_reason(self, request: HttpRequest, rows: QuerySet, service: Any, done: str) -> None:
        """An assessment is written by a person: no word stands in for one that is missing."""
        reason, at = request.POST.get("reason", "").strip(), timezone.now()
        self.run_service(
            request, rows, lambda row: service(row, reason=reason, actor=request.user, at=at), done
        )
