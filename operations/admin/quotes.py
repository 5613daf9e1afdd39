"""Requests with their offers and lines, and what was refused; writes go through the services."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString

from common.admin import ReadOnlyAdmin, ServiceInline, once_a_row
from common.desk.screen import DeskAdmin
from common.screens.search import Found
from operations.admin.badges import status_badge
from operations.admin.findings import JudgedAdmin
from operations.desk.quote import OFFER_DESK, QUOTE_DESK
from operations.models import Decline, Quote, QuoteLine, QuoteVersion, RequestedLeg
from operations.queries.offers import is_reproduced, state_of, with_newest, with_totals
from operations.services import offers, requests
from operations.services.assessment import OFFER

REASON = "Withdrawn in the admin"


class RequestedLegInline(ServiceInline):
    """The journeys asked for."""

    model = RequestedLeg
    fields: ClassVar = [
        "sequence",
        "origin",
        "destination",
        "earliest_departure_at",
        "has_patient",
        "passengers",
    ]
    readonly_fields = fields
    ordering: ClassVar = ["sequence"]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The legs are a part of the quote."""
        return request.user.has_perm("operations.view_quote")

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """The legs with their airports."""
        return super().get_queryset(request).select_related("origin", "destination")


class VersionInline(ServiceInline):
    """Every offer made, the newest first."""

    model = QuoteVersion
    fk_name = "quote"
    show_change_link = True
    fields: ClassVar = [
        "sequence",
        "aircraft",
        "subtotal",
        "tax_total",
        "total",
        "currency",
        "priced_at",
        "valid_until",
        "sent_at",
        "viewed_at",
        "answered_at",
    ]
    readonly_fields = fields
    ordering: ClassVar = ["-sequence"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """The versions with their aircraft."""
        return super().get_queryset(request).select_related("aircraft", "quote")


@admin.register(Quote)
class QuoteAdmin(DeskAdmin, ReadOnlyAdmin):
    about = (
        "Requests for crewed trips, from the first call to booked or lost. Open one for its legs "
        "and offers; withdraw what is no longer wanted, close what ran out. An accepted offer "
        "becomes a trip."
    )
    list_display: ClassVar = [
        "number",
        "state",
        "kind",
        "customer",
        "title",
        "requested_at",
        "offered",
    ]
    list_filter: ClassVar = ["status", "kind"]
    list_select_related: ClassVar = ["customer"]
    search_fields: ClassVar = ["number", "title", "customer__name", "requester_name"]
    found_by = Found("number", "title", numbers=("number",))
    ordering: ClassVar = ["-requested_at", "-id"]
    inlines: ClassVar = [RequestedLegInline, VersionInline]
    desk = QUOTE_DESK
    desk_reads: ClassVar = ["customer", "requirement__patient", "accepted_version"]
    final_actions: ClassVar = ["withdraw", "expire"]
    actions: ClassVar = ["withdraw", "expire"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """The quotes with the total of their last version."""
        return with_totals(super().get_queryset(request))

    @admin.display(description="Status", ordering="status")
    def state(self, row: Quote) -> SafeString:
        """Where the quote stands."""
        return status_badge(row.status)

    @admin.display(description="Last offer")
    def offered(self, row: Any) -> str:
        """The number and total of the last version."""
        if row.latest_sequence is None:
            return "-"
        return f"v{row.latest_sequence} {row.latest_total} {row.latest_currency}"

    @admin.action(description="Withdraw", permissions=["withdraw"])
    def withdraw(self, request: HttpRequest, rows: QuerySet) -> None:
        """Take the selected quotes back."""
        at, actor = timezone.now(), request.user
        self.run_service(
            request,
            rows,
            lambda row: requests.withdraw_quote(row, reason=REASON, actor=actor, at=at),
            "withdrawn",
        )

    @admin.action(description="Close offers that ran out", permissions=["withdraw"])
    def expire(self, request: HttpRequest, rows: QuerySet) -> None:
        """Close the selected quotes whose offer is no longer valid."""
        at = timezone.now()
        self.run_service(request, rows, lambda row: offers.expire_quote(row, at=at), "expired")

    def has_withdraw_permission(self, request: HttpRequest) -> bool:
        """Whether the caller may withdraw quotes."""
        return request.user.has_perm("operations.withdraw_quote")


class LineInline(ServiceInline):
    """What the total is made of, and from which figures."""

    model = QuoteLine
    fields: ClassVar = [
        "sequence",
        "kind",
        "description",
        "leg",
        "quantity",
        "unit",
        "unit_price",
        "computed",
        "amount",
        "override_reason",
        "effective_from",
    ]
    readonly_fields = fields
    ordering: ClassVar = ["sequence"]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The lines are a part of the offer."""
        return request.user.has_perm("operations.view_quoteversion")


@admin.register(QuoteVersion)
class QuoteVersionAdmin(DeskAdmin, JudgedAdmin, ReadOnlyAdmin):
    about = (
        "Offers as they were priced: aircraft, lines, taxes and until when they hold. One that "
        "was sent never changes. Each line names the rate it came from; the rules' view stands "
        "beside."
    )
    desk = OFFER_DESK
    desk_reads: ClassVar = ["quote__customer", "aircraft", "rate_card", "priced_by", "sent_by"]
    subject_type = OFFER
    list_display: ClassVar = [
        "__str__",
        "state",
        "judged",
        "aircraft",
        "total",
        "currency",
        "priced_at",
        "valid_until",
        "sent_at",
        "answered_at",
    ]
    list_filter: ClassVar = ["currency"]
    list_select_related: ClassVar = ["quote", "aircraft"]
    search_fields: ClassVar = ["quote__number", "aircraft__tail_number"]
    ordering: ClassVar = ["-id"]
    readonly_fields: ClassVar = ["judged", "overridden", "recomputed"]
    exclude: ClassVar = ["link_digest", "link_salt", "price_inputs"]
    inlines: ClassVar = [LineInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """The versions with the newest one of their quote, so that a list asks for it once."""
        return with_newest(super().get_queryset(request))

    @admin.display(description="State")
    def state(self, row: Any) -> str:
        """How the offer stands."""
        if row.sent_at is None:
            return "draft"
        row.quote.newest_sequence = row.newest_sequence
        return state_of(row, row.quote, at=timezone.now())

    @admin.display(description="Made again, the same", boolean=True)
    @once_a_row
    def recomputed(self, row: QuoteVersion) -> bool:
        """Whether the kept inputs give the stored lines again."""
        return is_reproduced(row)


@admin.register(Decline)
class DeclineAdmin(ReadOnlyAdmin):
    about = (
        "Requests that another operator turned down, and what for. Entries are made with the "
        "quote through the API. They show later whom to ask first."
    )
    list_display: ClassVar = ["declined_at", "by", "operator_name", "reason", "quote", "patient"]
    list_filter: ClassVar = ["by", "reason"]
    list_select_related: ClassVar = ["quote", "patient"]
    search_fields: ClassVar = ["quote__number", "operator_name"]
    ordering: ClassVar = ["-declined_at", "-id"]
