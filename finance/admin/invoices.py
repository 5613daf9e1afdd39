"""Invoices to look at and to issue, credit or write off; everything goes through the services."""

from collections.abc import Callable
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import path
from django.utils import timezone

from common.admin import ReadOnlyAdmin, ServiceInline
from common.screens.search import Found
from finance.admin import reports
from finance.admin.forms import ReasonActionForm
from finance.models import Allocation, CustomerCredit, Invoice, LineItem
from finance.services import credit_notes, issuing, receivables


class LineInline(ServiceInline):
    """The lines, with what the accepted offer had for the same."""

    model = LineItem
    fields: ClassVar = [
        "sequence",
        "description",
        "quantity",
        "unit",
        "unit_price",
        "amount",
        "tax_code",
        "tax_amount",
        "quoted_amount",
        "formula",
    ]
    readonly_fields = fields
    ordering: ClassVar = ["sequence"]


class AllocationInline(ServiceInline):
    """What settled it."""

    model = Allocation
    fk_name = "invoice"
    fields: ClassVar = ["allocated_at", "kind", "amount", "payment", "document"]
    readonly_fields = fields
    ordering: ClassVar = ["pk"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("payment", "document")


@admin.register(Invoice)
class InvoiceAdmin(ReadOnlyAdmin):
    """What is owed, what is paid, what is late."""

    about = (
        "Bills, from the draft to paid, void or written off. Issue a draft, or void or write off "
        "with a reason; after the issue only a credit note changes what is owed. Money that came "
        "in is under Payments."
    )
    list_display: ClassVar = [
        "name",
        "kind",
        "status",
        "payer",
        "subject_number",
        "issued_on",
        "due_on",
        "total",
        "balance",
        "currency",
    ]
    list_filter: ClassVar = ["status", "kind", "currency", "basis"]
    list_select_related: ClassVar = ["payer"]
    search_fields: ClassVar = ["number", "subject_number", "payer__name", "customer__name"]
    found_by = Found("number", "subject_number", numbers=("number",))
    date_hierarchy = "issued_on"
    ordering: ClassVar = ["-pk"]
    inlines: ClassVar = [LineInline, AllocationInline]
    action_form = ReasonActionForm
    final_actions: ClassVar = ["issue", "void", "write_off"]
    actions: ClassVar = ["issue", "void", "write_off"]
    fields: ClassVar = [
        "number",
        "kind",
        "basis",
        "status",
        "subject",
        "subject_number",
        "customer",
        "payer",
        "authorization",
        "bill_to",
        "reference",
        "currency",
        "subtotal",
        "tax_total",
        "total",
        "paid",
        "credited",
        "written_off",
        "quoted_in",
        "exchange_rate",
        "due_on",
        "issued_on",
        "issued_at",
        "issued_by",
        "corrects",
        "terms",
        "notes",
        "snapshot_hash",
    ]

    def get_urls(self) -> list[Any]:
        page = self.admin_site.admin_view(reports.reports_page)
        return [path("reports/", page, name="finance_reports"), *super().get_urls()]

    @admin.display(description="Number", ordering="number")
    def name(self, row: Invoice) -> str:
        """The number, or that it is a draft."""
        return str(row)

    @admin.display(description="Balance")
    def balance(self, row: Invoice) -> str:
        """What is still to be paid."""
        return "" if row.kind == "credit_note" else f"{row.balance:,.2f}"

    @admin.action(description="Issue", permissions=["issue"])
    def issue(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Number the selected drafts and post them."""
        at, actor = timezone.now(), request.user
        self.run_service(
            request, queryset, lambda row: issuing.issue(row, actor=actor, at=at), "issued"
        )

    @admin.action(description="Void (needs a reason)", permissions=["void"])
    def void(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Discard the selected drafts, credit the selected invoices whole."""
        self._with_reason(request, queryset, credit_notes.void_invoice, "void")

    @admin.action(description="Write off (needs a reason)", permissions=["write_off"])
    def write_off(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Give up what is owed on the selected invoices."""
        self._with_reason(request, queryset, receivables.write_off, "written off")

    def _with_reason(
        self, request: HttpRequest, rows: QuerySet, service: Callable[..., Any], done: str
    ) -> None:
        reason = request.POST.get("reason", "").strip()
        if not reason:
            self.message_user(request, "Say why.", messages.ERROR)
            return
        at, actor = timezone.now(), request.user
        self.run_service(
            request, rows, lambda row: service(row, reason=reason, actor=actor, at=at), done
        )

    def has_issue_permission(self, request: HttpRequest) -> bool:
        """As the API asks for the same verb."""
        return bool(request.user.has_perm("finance.issue_invoice"))

    def has_void_permission(self, request: HttpRequest) -> bool:
        """As the API asks for the same verb."""
        return bool(request.user.has_perm("finance.void_invoice"))

    def has_write_off_permission(self, request: HttpRequest) -> bool:
        """As the API asks for the same verb."""
        return bool(request.user.has_perm("finance.write_off_invoice"))


@admin.register(CustomerCredit)
class CustomerCreditAdmin(ReadOnlyAdmin):
    about = (
        "Money of customers that we hold: deposits, overpayments, and what was set against bills. "
        "Balances follow from the ledger and are not typed in. Open the invoices to see what is "
        "still due."
    )
    list_display: ClassVar = ["customer", "amount", "remaining", "currency", "given_at"]
    list_filter: ClassVar = ["currency"]
    list_select_related: ClassVar = ["customer"]
    search_fields: ClassVar = ["customer__name"]
    ordering: ClassVar = ["-pk"]
