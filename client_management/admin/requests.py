"""Requests with what the desk found out about them; assessed and declined by actions."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import path

from client_management.admin.base import ClientAdmin, PartInline
from client_management.admin.pages import pipeline_page
from client_management.models import RequestAssessment, ServiceQuote, ServiceRequest
from client_management.services import assessments, requests
from common.screens.search import Found


class AssessmentInline(PartInline):
    """Every look at the request, the newest first."""

    model = RequestAssessment
    fields: ClassVar = [
        "sequence",
        "is_feasible",
        "flight_min",
        "batteries",
        "operations",
        "earliest_on",
        "findings",
        "authorities",
        "price",
        "assessed_at",
    ]
    readonly_fields = fields
    ordering: ClassVar = ["-sequence"]


class QuoteInline(PartInline):
    """What was offered, the newest first."""

    model = ServiceQuote
    show_change_link = True
    fields: ClassVar = ["number", "status", "total", "currency", "valid_until", "answered_at"]
    readonly_fields = fields
    ordering: ClassVar = ["-sequence"]


@admin.register(ServiceRequest)
class ServiceRequestAdmin(ClientAdmin):
    about = (
        "What clients have asked for and nobody has priced yet. Assess a request to see whether, "
        "with what and at which cost it can be done, or decline it with a reason. The next step "
        "is a quote."
    )
    list_display: ClassVar = [
        "number",
        "status",
        "organization",
        "title",
        "service_type",
        "priority",
        "hectares",
        "wanted_from",
        "wanted_until",
    ]
    list_filter: ClassVar = ["status", "service_type", "priority"]
    list_select_related: ClassVar = ["organization"]
    search_fields: ClassVar = ["number", "title", "organization__name"]
    found_by = Found("number", "title", numbers=("number",))
    ordering: ClassVar = ["-id"]
    inlines: ClassVar = [AssessmentInline, QuoteInline]
    final_actions: ClassVar = ["decline"]
    actions: ClassVar = ["assess", "decline"]

    def get_urls(self) -> list[Any]:
        page = self.admin_site.admin_view(pipeline_page)
        return [path("pipeline/", page, name="request_pipeline"), *super().get_urls()]

    @admin.display(description="Hectares", ordering="area_m2")
    def hectares(self, row: Any) -> str:
        """The area in hectares."""
        return f"{row.area_m2 / 10_000:.1f}"

    @admin.action(description="Assess", permissions=["assess"])
    def assess(self, request: HttpRequest, rows: QuerySet) -> None:
        """Look at the selected requests with the house's defaults."""
        self.call(request, rows, assessments.assess_request, "assessed")

    @admin.action(description="Decline", permissions=["decline"])
    def decline(self, request: HttpRequest, rows: QuerySet) -> None:
        """Say no to the selected requests."""
        self.call(request, rows, requests.decline_request, "declined", says="reason")

    def has_assess_permission(self, request: HttpRequest) -> bool:
        """Whether the caller may assess requests."""
        return self.may(request, "assess")

    def has_decline_permission(self, request: HttpRequest) -> bool:
        """Whether the caller may decline requests."""
        return self.may(request, "decline")
