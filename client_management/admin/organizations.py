"""Clients: who they are, whether we know them; taken on and suspended by actions."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import path

from client_management.admin.base import ClientAdmin, PartInline
from client_management.admin.pages import dashboard_page
from client_management.desk import DESK
from client_management.models import ClientOrganization, OnboardingCheck
from client_management.services import organizations
from common.desk.screen import DeskAdmin
from common.screens.search import Found


class OnboardingCheckInline(PartInline):
    """What was found out about the client."""

    model = OnboardingCheck
    fields: ClassVar = ["kind", "reference", "valid_until", "checked_by", "checked_at"]
    readonly_fields = fields
    ordering: ClassVar = ["kind"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """The checks with who made them."""
        return super().get_queryset(request).select_related("checked_by")


@admin.register(ClientOrganization)
class ClientOrganizationAdmin(DeskAdmin, ClientAdmin):
    about = (
        "Whom we bill, and on which terms. Take a client on once its checks are complete, or "
        "suspend it when no more work is wanted. Open work is on Clients at a glance; new clients "
        "come in by the import page too."
    )
    desk = DESK
    desk_reads: ClassVar = ["contact", "person", "city"]
    list_display: ClassVar = ["number", "name", "status", "industry", "currency", "payment_days"]
    list_filter: ClassVar = ["status", "industry"]
    search_fields: ClassVar = ["number", "name"]
    found_by = Found("number", "name", numbers=("number",), words=("name",))
    ordering: ClassVar = ["name", "id"]
    inlines: ClassVar = [OnboardingCheckInline]
    actions: ClassVar = ["activate", "suspend"]

    def get_urls(self) -> list[Any]:
        page = self.admin_site.admin_view(dashboard_page)
        return [path("at-a-glance/", page, name="clients_at_a_glance"), *super().get_urls()]

    @admin.action(description="Take on", permissions=["activate"])
    def activate(self, request: HttpRequest, rows: QuerySet) -> None:
        """Make the selected clients active, where their onboarding is complete."""
        self.call(request, rows, organizations.activate_organization, "active")

    @admin.action(description="Suspend", permissions=["suspend"])
    def suspend(self, request: HttpRequest, rows: QuerySet) -> None:
        """Take on no more work for the selected clients."""
        self.call(request, rows, organizations.suspend_organization, "suspended", says="reason")

    def has_activate_permission(self, request: HttpRequest) -> bool:
        """Whether the caller may take clients on."""
        return self.may(request, "activate")

    def has_suspend_permission(self, request: HttpRequest) -> bool:
        """Whether the caller may suspend clients."""
        return self.may(request, "suspend")
