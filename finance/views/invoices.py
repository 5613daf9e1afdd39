from typing import Any

from django.db.models import Prefetch
from django.utils import timezone
from django_filters import rest_framework as filters
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.response import Response

from common.api.docs import documented, documented_action
from common.api.filters import StrictFilterSet
from common.api.idempotency import idempotent, keyed
from common.api.serializers import ReasonSerializer
from common.api.viewsets import HistoryMixin, ReadViewSet
from contacts.models import Contact
from finance.models import (
    Allocation,
    Invoice,
    InvoiceKind,
    InvoiceStatus,
    LineItem,
)
from finance.serializers import invoices as shapes
from finance.services import credit_notes, deposits, drafts, issuing, receivables
from finance.services.credit_notes import CreditedLine
from finance.services.drafts import OwnLine
from finance.views.subjects import require_visible
from users.requests import UserRequest

Detail = shapes.InvoiceDetailSerializer
ROWS = Invoice.objects.select_related("customer", "payer")
WHOLE = Invoice.objects.select_related(
    "customer", "payer", "corrects", "exchange_rate", "issued_by"
).prefetch_related(
    Prefetch("lines", LineItem.objects.order_by("sequence")),
    Prefetch(
        "allocations",
        Allocation.objects.select_related("payment", "document").order_by("pk"),
    ),
)


class InvoiceFilter(StrictFilterSet):
    """Filters of invoices."""

    number = filters.CharFilter()
    kind = filters.MultipleChoiceFilter(choices=InvoiceKind.choices)
    status = filters.MultipleChoiceFilter(choices=InvoiceStatus.choices)
    customer = filters.NumberFilter(method="filter_party", max_value=2**62)
    payer = filters.NumberFilter(method="filter_party", max_value=2**62)
    subject = filters.CharFilter()
    subject_id = filters.NumberFilter(max_value=2**62)
    currency = filters.CharFilter()
    issued_from = filters.DateFilter(field_name="issued_on", lookup_expr="gte")
    issued_until = filters.DateFilter(field_name="issued_on", lookup_expr="lte")
    due_until = filters.DateFilter(field_name="due_on", lookup_expr="lte")

    class Meta:
        model = Invoice
        fields: list[str] = []

    def filter_party(self, rows, name, value):  # type: ignore[no-untyped-def]
        """Those of a contact, and of all that were merged into it."""
        return rows.filter(**{f"{name}__in": Contact.objects.standing_for(value).values("pk")})


class InvoiceViewSet(HistoryMixin, ReadViewSet):
    """Bills, deposit bills and credit notes. What is issued never changes: it is credited."""

    tag = "finance"
    queryset = WHOLE.order_by("-pk")
    serializer_class = Detail
    filterset_class = InvoiceFilter
    search_fields = ["number", "subject_number", "reference", "customer__name", "payer__name"]
    ordering_fields = ["issued_on", "due_on", "total", "number"]
    input_serializers = {
        "create": shapes.DraftInvoiceSerializer,
        "by_hand": shapes.DraftByHandSerializer,
        "deposit": shapes.DraftDepositSerializer,
        "cancellation_fee": shapes.DraftCancellationFeeSerializer,
        "partial_update": shapes.EditInvoiceSerializer,
        "add_line": shapes.OwnLineSerializer,
        "remove_line": shapes.RemoveLineSerializer,
        "credit": shapes.CreditInvoiceSerializer,
        "void": ReasonSerializer,
        "write_off": ReasonSerializer,
        "record_payment": shapes.RecordPaymentSerializer,
        "apply_credit": shapes.ApplyCreditSerializer,
        "apply_deposit": shapes.ApplyDepositSerializer,
    }
    action_permissions = {
        "history": "view",
        "by_hand": "add_line",
        "deposit": "add",
        "cancellation_fee": "add",
        "remove_line": "add_line",
        "apply_deposit": "apply_credit",
    }

    def get_queryset(self) -> Any:
        rows = super().get_queryset()
        if self.action != "list":
            return rows
        return rows.prefetch_related(None).select_related(None).select_related("customer", "payer")

    def get_serializer_class(self) -> Any:
        return shapes.InvoiceSerializer if self.action == "list" else Detail

    @documented(
        summary="Draft an invoice",
        request=shapes.DraftInvoiceSerializer,
        responses={201: Detail},
    )
    @keyed
    def create(self, request: UserRequest) -> Response:
        """
        Draw up a bill for work: as offered, as it happened, or what was spent.

        Example: `{"subject": "operations.trip", "subject_number": "TR-2026-0012", "basis":
        "actuals"}`.
        """
        given = require_visible(request, self.validated())
        draft = drafts.draft_invoice(**given, actor=request.user, at=timezone.now())
        return self.respond(draft, status.HTTP_201_CREATED)

    @documented(
        summary="Draft an invoice by hand",
        request=shapes.DraftByHandSerializer,
        responses={201: Detail},
    )
    @action(detail=False, methods=["post"], url_path="by-hand")
    @keyed
    def by_hand(self, request: UserRequest) -> Response:
        """
        A bill that no work stands behind.

        Example: `{"customer": 17, "currency": "AUD", "lines": [{"description": "Training",
        "quantity": "2.0000", "unit": "hour", "unit_price": "150.0000", "tax_code": "GST"}]}`.
        """
        given = self.validated()
        lines = [OwnLine(**line) for line in given.pop("lines")]
        draft = drafts.draft_by_hand(**given, lines=lines, actor=request.user, at=timezone.now())
        return self.respond(draft, status.HTTP_201_CREATED)

    @documented(
        summary="Draft a deposit invoice",
        request=shapes.DraftDepositSerializer,
        responses={201: Detail},
    )
    @action(detail=False, methods=["post"])
    @keyed
    def deposit(self, request: UserRequest) -> Response:
        """
        A part of the accepted offer before the work; it is applied on the work's invoice.

        Example: `{"subject": "operations.quote", "subject_number": "QT-2026-0004", "percent":
        "50.00"}`.
        """
        given = require_visible(request, self.validated())
        draft = deposits.draft_deposit(**given, actor=request.user, at=timezone.now())
        return self.respond(draft, status.HTTP_201_CREATED)

    @documented(
        summary="Draft a cancellation fee",
        request=shapes.DraftCancellationFeeSerializer,
        responses={201: Detail},
    )
    @action(detail=False, methods=["post"], url_path="cancellation-fee")
    @keyed
    def cancellation_fee(self, request: UserRequest) -> Response:
        """
        The fee of the ladder that stood when the work was agreed on.

        Example: `{"subject": "operations.trip", "subject_number": "TR-2026-0012", "tax_code":
        "GST"}`.
        """
        given = require_visible(request, self.validated())
        draft = deposits.draft_cancellation_fee(**given, actor=request.user, at=timezone.now())
        return self.respond(draft, status.HTTP_201_CREATED)

    @documented(
        summary="Edit a draft", request=shapes.EditInvoiceSerializer, responses={200: Detail}
    )
    def partial_update(self, request: UserRequest, pk: str) -> Response:
        """
        Change what is printed beside the lines, or who pays. Needs If-Match.

        Example: `{"reference": "PO 4711", "payment_days": 30}`.
        """
        draft = drafts.edit_draft(
            self.get_object(),
            changes=self.validated(),
            version=self.expected_version(),
            actor=request.user,
            at=timezone.now(),
        )
        return self.respond(draft)

    @documented(
        summary="Add a line to a draft",
        request=shapes.OwnLineSerializer,
        responses={200: Detail},
    )
    @action(detail=True, methods=["post"], url_path="add-line")
    @idempotent
    def add_line(self, request: UserRequest, pk: str) -> Response:
        """
        A line of one's own; below zero it is a discount.

        Example: `{"description": "Discount", "quantity": "1.0000", "unit_price": "-100.0000"}`.
        """
        draft = drafts.add_line(
            self.get_object(),
            OwnLine(**self.validated()),
            version=self.expected_version(is_required=False),
            actor=request.user,
            at=timezone.now(),
        )
        return self.respond(draft)

    @documented(
        summary="Remove a line of a draft",
        request=shapes.RemoveLineSerializer,
        responses={200: Detail},
    )
    @action(detail=True, methods=["post"], url_path="remove-line")
    @idempotent
    def remove_line(self, request: UserRequest, pk: str) -> Response:
        """Only a line that was added by hand. Example: `{"sequence": 4}`."""
        draft = drafts.remove_line(
            self.get_object(),
            **self.validated(),
            version=self.expected_version(is_required=False),
            actor=request.user,
            at=timezone.now(),
        )
        return self.respond(draft)

    @documented_action(summary="Issue an invoice", responses={200: Detail})
    @action(detail=True, methods=["post"])
    @keyed
    def issue(self, request: UserRequest, pk: str) -> Response:
        """Give it the next number of its series and post it; from then on it never changes."""
        invoice = issuing.issue(
            self.get_object(),
            version=self.expected_version(is_required=False),
            actor=request.user,
            at=timezone.now(),
        )
        return self.respond(invoice)

    @documented(
        summary="Credit an invoice",
        request=shapes.CreditInvoiceSerializer,
        responses={201: Detail},
    )
    @action(detail=True, methods=["post"])
    @keyed
    def credit(self, request: UserRequest, pk: str) -> Response:
        """
        Issue a credit note for parts of lines, or for all that is left; answers with the note.

        Example: `{"reason": "Flown shorter", "lines": [{"sequence": 1, "amount": "200.00"}]}`.
        """
        given = self.validated()
        lines = [CreditedLine(**line) for line in given["lines"]] if "lines" in given else None
        note = credit_notes.credit_invoice(
            self.get_object(),
            lines=lines,
            reason=given["reason"],
            version=self.expected_version(is_required=False),
            actor=request.user,
            at=timezone.now(),
        )
        return self.respond(note, status.HTTP_201_CREATED)

    @documented(summary="Void an invoice", request=ReasonSerializer, responses={200: Detail})
    @action(detail=True, methods=["post"])
    @keyed
    def void(self, request: UserRequest, pk: str) -> Response:
        """
        Discard a draft, or credit an issued invoice whole; its work may be billed again.

        Example: `{"reason": "Billed on the wrong basis"}`.
        """
        invoice = credit_notes.void_invoice(
            self.get_object(),
            **self.validated(),
            version=self.expected_version(is_required=False),
            actor=request.user,
            at=timezone.now(),
        )
        return self.respond(invoice)

    @documented(summary="Write an invoice off", request=ReasonSerializer, responses={200: Detail})
    @action(detail=True, methods=["post"], url_path="write-off")
    @keyed
    def write_off(self, request: UserRequest, pk: str) -> Response:
        """Give up what is still owed. Example: `{"reason": "Insolvent, case 12/26"}`."""
        invoice = receivables.write_off(
            self.get_object(),
            **self.validated(),
            version=self.expected_version(is_required=False),
            actor=request.user,
            at=timezone.now(),
        )
        return self.respond(invoice)

    @documented(
        summary="Record a payment by hand",
        request=shapes.RecordPaymentSerializer,
        responses={200: Detail},
    )
    @action(detail=True, methods=["post"], url_path="record-payment")
    @keyed
    def record_payment(self, request: UserRequest, pk: str) -> Response:
        """
        Note money that came by bank transfer or in cash; too much of it is the payer's credit.

        Example: `{"amount": "1300.00", "channel": "bank_transfer", "reference": "NAB 221/7"}`.
        """
        invoice = self.get_object()
        receivables.record_payment(
            invoice, **self.validated(), actor=request.user, at=timezone.now()
        )
        return self.respond(invoice)

    @documented(
        summary="Settle with credit",
        request=shapes.ApplyCreditSerializer,
        responses={200: Detail},
    )
    @action(detail=True, methods=["post"], url_path="apply-credit")
    @keyed
    def apply_credit(self, request: UserRequest, pk: str) -> Response:
        """Use the payer's credit, the oldest first. Example: `{"amount": "40.00"}`."""
        invoice = receivables.apply_credit(
            self.get_object(), **self.validated(), actor=request.user, at=timezone.now()
        )
        return self.respond(invoice)

    @documented(
        summary="Settle with a deposit",
        request=shapes.ApplyDepositSerializer,
        responses={200: Detail},
    )
    @action(detail=True, methods=["post"], url_path="apply-deposit")
    @keyed
    def apply_deposit(self, request: UserRequest, pk: str) -> Response:
        """
        Use what was paid of a deposit for other work of the same payer.

        Example: `{"deposit": "DEP-2026-00004", "amount": "120.00"}`.
        """
        given = self.validated()
        invoice = receivables.apply_deposit(
            self.get_object(),
            given.pop("deposit"),
            **given,
            actor=request.user,
            at=timezone.now(),
        )
        return self.respond(invoice)
