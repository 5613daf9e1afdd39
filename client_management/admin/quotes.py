"""Offers with their lines; sent and withdrawn by actions."""

from typing import ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from client_management.admin.base import ClientAdmin, PartInline
from client_management.models import ServiceQuote, ServiceQuoteLine
from client_management.services import offers
from common.screens.search import Found


class ServiceLineInline(PartInline):
    """What the total is made of, and from which figures."""

    model = ServiceQuoteLine
    fields: ClassVar = [
        "sequence",
        "kind",
        "description",
        "formula",
        "inputs",
        "quantity",
        "unit",
        "unit_price",
        "computed",
        "amount",
        "override_reason",
    ]
    readonly_fields = fields
    ordering: ClassVar = ["sequence"]


@admin.register(ServiceQuote)
class ServiceQuoteAdmin(ClientAdmin):
    about = (
        "Prices offered to clients for drone work, by version. Send a draft to the client, or "
        "withdraw one that is out. An accepted quote becomes a job."
    )
    list_display: ClassVar = [
        "number",
        "status",
        "request",
        "total",
        "currency",
        "priced_at",
        "valid_until",
        "sent_at",
        "answered_at",
    ]
    list_filter: ClassVar = ["status", "currency"]
    list_select_related: ClassVar = ["request"]
    search_fields: ClassVar = ["number", "request__number", "request__title"]
    found_by = Found("number", "status", numbers=("number",))
    ordering: ClassVar = ["-id"]
    inlines: ClassVar = [ServiceLineInline]
    # What its link is made from shows nowhere.
    exclude: ClassVar = ["link_salt", "link_digest"]
    final_actions: ClassVar = ["send", "withdraw"]
    actions: ClassVar = ["send", "withdraw"]

    @admin.action(description="Send to the client", permissions=["send"])
    def send(self, request: HttpRequest, rows: QuerySet) -> None:
        """Give the selected offers to their clients."""
        self.call(request, rows, offers.send_quote, "sent")

    @admin.action(description="Withdraw", permissions=["withdraw"])
    def withdraw(self, request: HttpRequest, rows: QuerySet) -> None:
        """Take the selected offers back."""
        self.call(request, rows, offers.withdraw_quote, "withdrawn", says="reason")

    def has_send_permission(self, request: HttpRequest) -> bool:
        """Whether the caller may send offers."""
        return self.may(request, "send")

    def has_withdraw_permission(self, request: HttpRequest) -> bool:
        """Whether the caller may withdraw offers."""
        return self.may(request, "withdraw")
