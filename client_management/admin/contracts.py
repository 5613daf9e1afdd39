"""Contracts with their prices, and what flying costs; entered and ended through the services."""

from typing import ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from client_management.admin.base import ClientAdmin, PartInline
from client_management.models import Contract, ContractRate, CostRate
from client_management.services import contracts
from common.screens.search import Found


class ContractRateInline(PartInline):
    """The prices of a contract, those that stand first."""

    model = ContractRate
    fields: ClassVar = [
        "kind",
        "unit",
        "service_type",
        "amount",
        "minimum_quantity",
        "effective_from",
        "effective_until",
    ]
    readonly_fields = fields
    ordering: ClassVar = ["kind", "-effective_from", "id"]


@admin.register(Contract)
class ContractAdmin(ClientAdmin):
    about = (
        "Standing agreements with clients: rates, terms and how long they run. Put a signed "
        "contract in force from here. Quotes and jobs of the client then take their prices from "
        "it."
    )
    list_display: ClassVar = [
        "number",
        "organization",
        "title",
        "status",
        "currency",
        "effective_from",
        "effective_until",
        "billing_trigger",
    ]
    list_filter: ClassVar = ["status", "billing_trigger", "currency"]
    list_select_related: ClassVar = ["organization"]
    search_fields: ClassVar = ["number", "title", "organization__name"]
    found_by = Found("number", "title", numbers=("number",))
    ordering: ClassVar = ["-effective_from", "-id"]
    inlines: ClassVar = [ContractRateInline]
    final_actions: ClassVar = ["activate"]
    actions: ClassVar = ["activate"]

    @admin.action(description="Put in force", permissions=["activate"])
    def activate(self, request: HttpRequest, rows: QuerySet) -> None:
        """Let the prices of the selected contracts hold."""
        self.call(request, rows, contracts.activate_contract, "in force")

    def has_activate_permission(self, request: HttpRequest) -> bool:
        """Whether the caller may put contracts in force."""
        return self.may(request, "activate")


@admin.register(CostRate)
class CostRateAdmin(ClientAdmin):
    about = (
        "What an hour, a day or a kilometer costs us, by date. Assessments of requests reckon "
        "with the row that is valid on the day; add rows through the API. See the margin on the "
        "client's quotes."
    )
    list_display: ClassVar = [
        "operator",
        "kind",
        "amount",
        "currency",
        "effective_from",
        "effective_until",
    ]
    list_filter: ClassVar = ["operator", "kind"]
    list_select_related: ClassVar = ["operator"]
    ordering: ClassVar = ["operator", "kind", "-effective_from", "id"]
