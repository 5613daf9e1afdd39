from typing import Any

from django.db.models import Prefetch
from django.utils import timezone
from django_filters import rest_framework as filters
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.response import Response

from common.api.docs import documented
from common.api.filters import StrictFilterSet, YesNoFilter
from common.api.idempotency import idempotent, keyed
from common.api.pagination import NewestFirstCursorPagination
from common.api.viewsets import ReadViewSet, ServiceViewSet
from contacts.models import Contact
from finance.models import (
    Account,
    AccountKind,
    CancellationTerm,
    CurrencyRate,
    CustomerCredit,
    EntryKind,
    Invoice,
    JournalEntry,
    Transaction,
)
from finance.queries.receivables import statement
from finance.serializers import ledger as shapes
from finance.serializers.invoices import CustomerCreditSerializer
from finance.serializers.rates import EndDatedRowSerializer
from finance.services import accounts, deposits, exchange
from finance.services.entries import HandLine, post_by_hand
from finance.views.queries import asked
from users.requests import UserRequest


class AccountFilter(StrictFilterSet):
    """Filters of accounts."""

    kind = filters.MultipleChoiceFilter(choices=AccountKind.choices)
    is_active = YesNoFilter()

    class Meta:
        model = Account
        fields: list[str] = []


class AccountViewSet(ReadViewSet):
    """The chart of accounts."""

    tag = "finance"
    queryset = Account.objects.order_by("code", "pk")
    serializer_class = shapes.AccountSerializer
    lookup_field = "code"
    lookup_value_regex = "[0-9]{3,10}"
    filterset_class = AccountFilter
    search_fields = ["code", "name"]
    ordering_fields = ["code", "name"]
    input_serializers = {
        "create": shapes.OpenAccountSerializer,
        "partial_update": shapes.AmendAccountSerializer,
    }

    @documented(
        summary="Open an account",
        request=shapes.OpenAccountSerializer,
        responses={201: shapes.AccountSerializer},
    )
    @idempotent
    def create(self, request: UserRequest) -> Response:
        """
        The services it names are booked to it from now on; no two accounts share one.

        Example: `{"code": "4060", "name": "Training", "kind": "revenue"}`.
        """
        account = accounts.open_account(**self.validated(), actor=request.user, at=timezone.now())
        return self.respond(account, status.HTTP_201_CREATED)

    @documented(
        summary="Amend an account",
        request=shapes.AmendAccountSerializer,
        responses={200: shapes.AccountSerializer},
    )
    def partial_update(self, request: UserRequest, code: str) -> Response:
        """
        Rename it, give it services, or take it out of use. Needs If-Match.

        Example: `{"services": ["training"]}`.
        """
        account = accounts.amend_account(
            self.get_object(),
            changes=self.validated(),
            version=self.expected_version(),
            actor=request.user,
            at=timezone.now(),
        )
        return self.respond(account)


class TransactionFilter(StrictFilterSet):
    """Filters of the lines of the books."""

    account = filters.CharFilter(field_name="account__code")
    currency = filters.CharFilter()
    invoice = filters.CharFilter(field_name="invoice__number")
    party = filters.NumberFilter(method="filter_party", max_value=2**62)
    kind = filters.MultipleChoiceFilter(choices=EntryKind.choices, field_name="entry__kind")
    posted_from = filters.DateFilter(field_name="entry__posted_on", lookup_expr="gte")
    posted_until = filters.DateFilter(field_name="entry__posted_on", lookup_expr="lte")

    class Meta:
        model = Transaction
        fields: list[str] = []

    def filter_party(self, rows, name, value):  # type: ignore[no-untyped-def]
        """Those of a contact, and of all that were merged into it."""
        return rows.filter(party__in=Contact.objects.standing_for(value).values("pk"))


class TransactionViewSet(ReadViewSet):
    """The lines of the books, newest first. Nothing here is ever changed."""

    tag = "finance"
    queryset = Transaction.objects.select_related("entry", "account", "invoice").order_by("-pk")
    serializer_class = shapes.TransactionSerializer
    pagination_class = NewestFirstCursorPagination
    filterset_class = TransactionFilter


class JournalEntryFilter(StrictFilterSet):
    """Filters of journal entries."""

    key = filters.CharFilter()
    kind = filters.MultipleChoiceFilter(choices=EntryKind.choices)
    posted_from = filters.DateFilter(field_name="posted_on", lookup_expr="gte")
    posted_until = filters.DateFilter(field_name="posted_on", lookup_expr="lte")

    class Meta:
        model = JournalEntry
        fields: list[str] = []


class JournalEntryViewSet(ReadViewSet):
    """Events of the books with their debits and credits, newest first."""

    tag = "finance"
    queryset = (
        JournalEntry.objects.select_related("posted_by")
        .prefetch_related(
            Prefetch("lines", Transaction.objects.select_related("account").order_by("sequence"))
        )
        .order_by("-pk")
    )
    serializer_class = shapes.JournalEntrySerializer
    pagination_class = NewestFirstCursorPagination
    filterset_class = JournalEntryFilter
    input_serializers = {"create": shapes.PostEntrySerializer}

    @documented(
        summary="Post an entry by hand",
        request=shapes.PostEntrySerializer,
        responses={201: shapes.JournalEntrySerializer},
    )
    @keyed
    def create(self, request: UserRequest) -> Response:
        """
        Between accounts that neither invoices nor payments control.

        Example: `{"description": "Payout of Stripe", "currency": "AUD", "lines": [{"account":
        "1000", "debit": "970.00"}, {"account": "1051", "credit": "970.00"}]}`.
        """
        given = self.validated()
        lines = [HandLine(**line) for line in given.pop("lines")]
        entry = post_by_hand(**given, lines=lines, actor=request.user, at=timezone.now())
        return self.respond(entry, status.HTTP_201_CREATED)


class CurrencyRateFilter(StrictFilterSet):
    """Filters of rates of exchange."""

    base = filters.CharFilter()
    quote = filters.CharFilter()
    source = filters.CharFilter()
    on_from = filters.DateFilter(field_name="rate_on", lookup_expr="gte")
    on_until = filters.DateFilter(field_name="rate_on", lookup_expr="lte")

    class Meta:
        model = CurrencyRate
        fields: list[str] = []


class CurrencyRateViewSet(ReadViewSet):
    """Published rates of exchange, newest first; none is ever changed."""

    tag = "finance"
    queryset = CurrencyRate.objects.order_by("-rate_on", "-pk")
    serializer_class = shapes.CurrencyRateSerializer
    filterset_class = CurrencyRateFilter
    ordering_fields = ["rate_on"]
    input_serializers = {"create": shapes.RecordRateSerializer}

    @documented(
        summary="Record a rate of exchange",
        request=shapes.RecordRateSerializer,
        responses={201: shapes.CurrencyRateSerializer},
    )
    @idempotent
    def create(self, request: UserRequest) -> Response:
        """
        What one unit of `base` cost in `quote` on a day, and who published it. One rate for each
        source and day; a day that is still to come is refused.

        Example: `{"base": "USD", "quote": "AUD", "rate": "1.52340000", "rate_on": "2026-03-13",
        "source": "Reserve Bank of Australia"}`.
        """
        row = exchange.record_rate(**self.validated(), actor=request.user, at=timezone.now())
        return self.respond(row, status.HTTP_201_CREATED)


class CancellationTermFilter(StrictFilterSet):
    """Filters of cancellation ladders."""

    ladder = filters.CharFilter()
    in_force_on = filters.DateFilter(method="filter_in_force")

    class Meta:
        model = CancellationTerm
        fields: list[str] = []

    def filter_in_force(self, rows, name, value):  # type: ignore[no-untyped-def]
        """Steps that stand on a day."""
        return rows.in_force(value)


class CancellationTermViewSet(ReadViewSet):
    """Dated steps of cancellation ladders: what is owed when work is called off."""

    tag = "finance"
    queryset = CancellationTerm.objects.order_by("ladder", "hours_before", "-effective_from", "pk")
    serializer_class = shapes.CancellationTermSerializer
    filterset_class = CancellationTermFilter
    ordering_fields = ["ladder", "hours_before", "effective_from"]
    input_serializers = {
        "create": shapes.AddCancellationTermSerializer,
        "end": EndDatedRowSerializer,
    }

    @documented(
        summary="Add a step of a ladder",
        request=shapes.AddCancellationTermSerializer,
        responses={201: shapes.CancellationTermSerializer},
    )
    @idempotent
    def create(self, request: UserRequest) -> Response:
        """
        From so many hours before departure on, this part of the price is owed for calling off.

        Example: `{"ladder": "standard", "hours_before": 24, "percent": "50.00",
        "effective_from": "2026-01-01"}`.
        """
        step = deposits.add_step(**self.validated(), actor=request.user, at=timezone.now())
        return self.respond(step, status.HTTP_201_CREATED)

    @documented(
        summary="End a step of a ladder",
        request=EndDatedRowSerializer,
        responses={200: shapes.CancellationTermSerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def end(self, request: UserRequest, pk: str) -> Response:
        """Let a step stand until the day before. Example: `{"until": "2027-01-01"}`."""
        step = deposits.end_step(
            self.get_object(),
            **self.validated(),
            version=self.expected_version(is_required=False),
            actor=request.user,
            at=timezone.now(),
        )
        return self.respond(step)


class StatementViewSet(ServiceViewSet):
    """A payer's account from one day to another."""

    tag = "finance"
    queryset = Invoice.objects.order_by("pk")
    filter_backends = []
    pagination_class = None
    extra_query = ("payer", "currency", "since", "until")
    action_permissions = {"list": "finance.view_journalentry"}

    @documented(
        summary="Read a statement",
        responses={200: shapes.StatementSerializer},
        parameters={
            "payer": ("integer", "Contact who pays."),
            "currency": ("string", "ISO 4217 code."),
            "since": ("string", "First day, YYYY-MM-DD."),
            "until": ("string", "Last day, included."),
        },
    )
    def list(self, request: UserRequest) -> Response:
        """
        What was owed before, every event, and what is owed after; credit counts against it.

        Example: `?payer=17&currency=AUD&since=2026-01-01&until=2026-03-31`.
        """
        given: dict[str, Any] = asked(request, shapes.StatementQuerySerializer)
        found = statement(given.pop("payer"), **given)
        return Response(shapes.StatementSerializer(found).data)


class CustomerCreditFilter(StrictFilterSet):
    """Filters of credits."""

    customer = filters.NumberFilter(method="filter_customer", max_value=2**62)
    currency = filters.CharFilter()
    remaining_from = filters.NumberFilter(field_name="remaining", lookup_expr="gte")

    class Meta:
        model = CustomerCredit
        fields: list[str] = []

    def filter_customer(self, rows, name, value):  # type: ignore[no-untyped-def]
        """Those of a contact, and of all that were merged into it."""
        return rows.filter(customer__in=Contact.objects.standing_for(value).values("pk"))


class CustomerCreditViewSet(ReadViewSet):
    """Money of customers that no invoice holds: paid too much, or credited after it was paid."""

    tag = "finance"
    queryset = CustomerCredit.objects.select_related("customer", "payment", "credit_note").order_by(
        "-pk"
    )
    serializer_class = CustomerCreditSerializer
    filterset_class = CustomerCreditFilter
    ordering_fields = ["given_at"]
