"""Prices and taxes: what stands, what follows; entered and ended through the services."""

from datetime import timedelta
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from common.admin import ReadOnlyAdmin, ServiceInline
from finance.models import Rate, RateCard, TaxRule
from finance.services import rates, taxes


class RateInline(ServiceInline):
    """The prices of a card, those that stand first."""

    model = Rate
    fields: ClassVar = [
        "kind",
        "unit",
        "aircraft_type",
        "airport",
        "amount",
        "minimum_quantity",
        "effective_from",
        "effective_until",
    ]
    readonly_fields = fields
    ordering: ClassVar = ["kind", "-effective_from", "id"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("airport")


@admin.register(RateCard)
class RateCardAdmin(ReadOnlyAdmin):
    about = (
        "Lists of prices for crewed flying, each in one currency, for everybody or for one "
        "customer. An offer is priced by the card that is chosen for it, at the rates of its day. "
        "The single prices are under Rates."
    )
    list_display: ClassVar = ["code", "name", "currency", "customer", "is_active"]
    list_filter: ClassVar = ["is_active", "currency"]
    list_select_related: ClassVar = ["customer"]
    search_fields: ClassVar = ["code", "name"]
    ordering: ClassVar = ["code"]
    inlines: ClassVar = [RateInline]


class DatedAdmin(ReadOnlyAdmin):
    """Dated rows that can be ended from tomorrow on."""

    final_actions: ClassVar = ["end_tomorrow"]
    actions: ClassVar = ["end_tomorrow"]

    def end_row(self, row: Any, **given: Any) -> Any:
        """Call the service that ends a row."""
        raise NotImplementedError

    @admin.action(description="Let it stand for today only", permissions=["end"])
    def end_tomorrow(self, request: HttpRequest, rows: QuerySet) -> None:
        """End the selected rows with the day (UTC) that is running."""
        at, actor = timezone.now(), request.user
        until = at.date() + timedelta(days=1)
        self.run_service(
            request, rows, lambda row: self.end_row(row, until=until, actor=actor, at=at), "ended"
        )

    def has_end_permission(self, request: HttpRequest) -> bool:
        """Whether the caller may end rows of this kind."""
        return request.user.has_perm(f"finance.end_{self.opts.model_name}")


@admin.register(Rate)
class RateAdmin(DatedAdmin):
    about = (
        "Prices of hours, landings, crew and the rest, each from a day on. End a row where the "
        "next begins; nothing that was quoted changes. An offer names the row behind each of its "
        "lines."
    )
    list_display: ClassVar = [
        "card",
        "kind",
        "unit",
        "aircraft_type",
        "airport",
        "amount",
        "effective_from",
        "effective_until",
    ]
    list_filter: ClassVar = ["card", "kind"]
    list_select_related: ClassVar = ["card", "airport"]
    search_fields: ClassVar = ["card__code", "aircraft_type", "airport__ident"]
    ordering: ClassVar = ["card", "kind", "-effective_from", "id"]

    def end_row(self, row: Rate, **given: Any) -> Rate:
        """End a price."""
        return rates.end_rate(row, **given)


@admin.register(TaxRule)
class TaxRuleAdmin(DatedAdmin):
    about = (
        "Which tax applies to which flight from when, with its source in law. End a rule when the "
        "law changes and add the next through the API. Offers show the rule beside the amount."
    )
    list_display: ClassVar = [
        "code",
        "jurisdiction",
        "basis",
        "rate",
        "currency",
        "effective_from",
        "effective_until",
        "citation",
        "confidence",
    ]
    list_filter: ClassVar = ["code", "jurisdiction", "confidence"]
    search_fields: ClassVar = ["code", "name", "citation"]
    ordering: ClassVar = ["code", "-effective_from", "id"]

    def end_row(self, row: TaxRule, **given: Any) -> TaxRule:
        """End a tax rate."""
        return taxes.end_tax_rule(row, **given)
