from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from common.admin import ServiceInline
from flight_operations.admin.deeds import DeedAdmin
from flight_operations.models import (
    AssessmentStatus,
    RiskApproval,
    RiskItem,
    SMSRiskAssessment,
)
from flight_operations.services import risk_assessments


class RiskItemInline(ServiceInline):
    model = RiskItem
    fields: ClassVar = ["hazard", "likelihood", "severity", "index", "controls", "residual_index"]
    readonly_fields: ClassVar = fields
    ordering: ClassVar = ["sequence", "pk"]


class RiskApprovalInline(ServiceInline):
    model = RiskApproval
    fields: ClassVar = ["level", "user", "approved_at", "comment"]
    readonly_fields: ClassVar = fields


@admin.register(SMSRiskAssessment)
class SMSRiskAssessmentAdmin(DeedAdmin):
    about = (
        "Risks of a kind of operation, each before and after what is done against it. Draw up an "
        "assessment, submit it, and accept what is left. Operations refer to the accepted one."
    )
    list_display: ClassVar = ["number", "title", "kind", "status", "operator", "operation"]
    list_filter: ClassVar = ["status", "kind", "operator"]
    list_select_related: ClassVar = ["operator", "operation"]
    search_fields: ClassVar = ["number", "title"]
    ordering: ClassVar = ["-pk"]
    fields: ClassVar = ["operator", "operation", "kind", "title", "context", "status", "replaces"]
    readonly_fields: ClassVar = ["status", "replaces"]
    fixed_fields: ClassVar = ["operator"]
    autocomplete_fields: ClassVar = ["operation"]
    inlines: ClassVar = [RiskItemInline, RiskApprovalInline]
    final_actions: ClassVar = ["supersede"]
    actions: ClassVar = ["submit", "approve", "reject", "revise", "supersede"]

    def has_change_permission(
        self, request: HttpRequest, obj: SMSRiskAssessment | None = None
    ) -> bool:
        is_fixed = obj is not None and obj.status != AssessmentStatus.DRAFT
        return super().has_change_permission(request, obj) and not is_fixed

    def save_model(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        asked = {"actor": request.user, "at": timezone.now()}
        if change:
            saved = risk_assessments.amend_assessment(obj, changes=self.changed(form), **asked)
        else:
            saved = risk_assessments.create_assessment(**self.given(form), **asked)
        self.become(obj, saved)

    @admin.action(description="Submit for acceptance", permissions=["submit"])
    def submit(self, request: HttpRequest, queryset: QuerySet) -> None:
        self.deed(request, queryset, risk_assessments.submit_assessment, "submitted")

    @admin.action(description="Accept the residual risk (with comment)", permissions=["approve"])
    def approve(self, request: HttpRequest, queryset: QuerySet) -> None:
        service = risk_assessments.approve_assessment
        self.deed(request, queryset, service, "approved", says="comment")

    @admin.action(description="Reject (with reason)", permissions=["reject"])
    def reject(self, request: HttpRequest, queryset: QuerySet) -> None:
        service = risk_assessments.reject_assessment
        self.deed(request, queryset, service, "rejected", says="reason")

    @admin.action(description="Take up again", permissions=["revise"])
    def revise(self, request: HttpRequest, queryset: QuerySet) -> None:
        self.deed(request, queryset, risk_assessments.revise_assessment, "a draft again")

    @admin.action(description="Withdraw (with reason)", permissions=["supersede"])
    def supersede(self, request: HttpRequest, queryset: QuerySet) -> None:
        service = risk_assessments.supersede_assessment
        self.deed(request, queryset, service, "withdrawn", says="reason")

    def has_submit_permission(self, request: HttpRequest) -> bool:
        return self.holds(request, "submit")

    def has_approve_permission(self, request: HttpRequest) -> bool:
        return self.holds(request, "approve")

    def has_reject_permission(self, request: HttpRequest) -> bool:
        return self.holds(request, "reject")

    def has_revise_permission(self, request: HttpRequest) -> bool:
        return self.holds(request, "revise")

    def has_supersede_permission(self, request: HttpRequest) -> bool:
        return self.holds(request, "supersede")
