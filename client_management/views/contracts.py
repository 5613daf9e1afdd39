from typing import Any

from django.db.models import Prefetch
from django_filters import rest_framework as filters
from rest_framework.decorators import action
from rest_framework.response import Response

from client_management.models import (
    Contract,
    ContractRate,
    ContractStatus,
    CostKind,
    CostRate,
    PriceKind,
)
from client_management.serializers import contracts as shapes
from client_management.services import contracts
from client_management.views.base import ClientDeskViewSet
from common.api.docs import documented, documented_action
from common.api.filters import StrictFilterSet, YesNoFilter
from common.api.idempotency import idempotent
from common.api.viewsets import HistoryMixin
from users.requests import UserRequest

Detail = shapes.ContractDetailSerializer
RATES = Prefetch(
    "rates",
    ContractRate.objects.select_related("contract").order_by("kind", "-effective_from", "pk"),
)


class ContractFilter(StrictFilterSet):
    """Filters of contracts."""

    organization = filters.CharFilter(field_name="organization__number")
    is_standard = YesNoFilter(field_name="organization", lookup_expr="isnull")
    status = filters.MultipleChoiceFilter(choices=ContractStatus.choices)
    in_force_on = filters.DateFilter(method="filter_in_force")

    class Meta:
        model = Contract
        fields: list[str] = []

    def filter_in_force(self, rows, name, value):  # type: ignore[no-untyped-def]
        """Contracts that stand on a day."""
        return rows.in_force(value)


class ContractViewSet(HistoryMixin, ClientDeskViewSet):
    """Contracts with their prices; one without an organization is the house's standard terms."""

    queryset = Contract.objects.select_related("organization").order_by("-effective_from", "-pk")
    serializer_class = shapes.ContractSerializer
    lookup_field = "number"
    lookup_value_regex = "CON-[0-9]{4}-[0-9]{4,8}"
    filterset_class = ContractFilter
    search_fields = ["number", "title", "organization__name"]
    ordering_fields = ["number", "effective_from", "status"]
    input_serializers = {
        "create": shapes.OpenContractSerializer,
        "partial_update": shapes.AmendContractSerializer,
        "end": shapes.EndContractSerializer,
    }
    action_permissions = {"history": "view"}

    def get_queryset(self) -> Any:
        rows = super().get_queryset()
        return rows if self.action == "list" else rows.prefetch_related(RATES)

    def get_serializer_class(self) -> Any:
        return shapes.ContractSerializer if self.action == "list" else Detail

    @documented(
        summary="Draft a contract",
        request=shapes.OpenContractSerializer,
        responses={201: Detail},
    )
    @idempotent
    def create(self, request: UserRequest) -> Response:
        """
        Its prices hold once it is put in force. Without an organization it is the house's standard
        terms.

        Example: `{"organization": "CLI-2026-0001", "title": "Mine surveys 2026", "currency":
        "AUD", "effective_from": "2026-01-01", "billing_trigger": "acceptance"}`.
        """
        return self.add(contracts.open_contract)

    @documented(
        summary="Amend a contract", request=shapes.AmendContractSerializer, responses={200: Detail}
    )
    def partial_update(self, request: UserRequest, number: str) -> Response:
        """Change a draft. Needs If-Match. Example: `{"payment_days": 14}`."""
        return self.run(contracts.amend_contract, is_edit=True)

    @documented_action(summary="Put a contract in force", responses={200: Detail})
    @action(detail=True, methods=["post"])
    @idempotent
    def activate(self, request: UserRequest, number: str) -> Response:
        """From now on its prices hold; 409 while another one of the client stands."""
        return self.run(contracts.activate_contract)

    @documented(
        summary="End a contract", request=shapes.EndContractSerializer, responses={200: Detail}
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def end(self, request: UserRequest, number: str) -> Response:
        """
        It stands until the day before `until`; one whose last day is over, and a draft, ends now.

        Example: `{"until": "2027-01-01", "reason": "Renewed on other terms"}`.
        """
        return self.run(contracts.end_contract)


class ContractRateFilter(StrictFilterSet):
    """Filters of the prices of contracts."""

    contract = filters.CharFilter(field_name="contract__number")
    kind = filters.MultipleChoiceFilter(choices=PriceKind.choices)
    in_force_on = filters.DateFilter(method="filter_in_force")

    class Meta:
        model = ContractRate
        fields: list[str] = []

    def filter_in_force(self, rows, name, value):  # type: ignore[no-untyped-def]
        """Prices that stand on a day."""
        return rows.in_force(value)


class ContractRateViewSet(ClientDeskViewSet):
    """Dated prices. One that was entered is ended and followed by another, never changed."""

    queryset = ContractRate.objects.select_related("contract").order_by("-effective_from", "-pk")
    serializer_class = shapes.ContractRateSerializer
    filterset_class = ContractRateFilter
    ordering_fields = ["effective_from", "kind"]
    input_serializers = {
        "create": shapes.AddContractRateSerializer,
        "end": shapes.EndContractRateSerializer,
    }

    @documented(
        summary="Add a price to a contract",
        request=shapes.AddContractRateSerializer,
        responses={201: shapes.ContractRateSerializer},
    )
    @idempotent
    def create(self, request: UserRequest) -> Response:
        """
        Put a price on a contract; 409 while another one stands for the same.

        Example: `{"contract": "CON-2026-0001", "kind": "flight", "unit": "hour", "amount":
        "420.00", "effective_from": "2026-01-01"}`.
        """
        return self.add(contracts.add_rate)

    @documented(
        summary="End a price of a contract",
        request=shapes.EndContractRateSerializer,
        responses={200: shapes.ContractRateSerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def end(self, request: UserRequest, pk: str) -> Response:
        """Let a price stand until the day before. Example: `{"until": "2027-01-01"}`."""
        return self.run(contracts.end_rate)


class CostRateFilter(StrictFilterSet):
    """Filters of what flying costs."""

    operator = filters.CharFilter(field_name="operator__name")
    kind = filters.MultipleChoiceFilter(choices=CostKind.choices)

    class Meta:
        model = CostRate
        fields: list[str] = []


class CostRateViewSet(ClientDeskViewSet):
    """What flying costs an operator, dated; for margins, never shown to clients."""

    queryset = CostRate.objects.select_related("operator").order_by("-effective_from", "-pk")
    serializer_class = shapes.CostRateSerializer
    filterset_class = CostRateFilter
    ordering_fields = ["effective_from", "kind"]
    input_serializers = {
        "create": shapes.AddCostRateSerializer,
        "end": shapes.EndContractRateSerializer,
    }
    action_permissions = {"end": "change"}

    @documented(
        summary="Add a cost rate",
        request=shapes.AddCostRateSerializer,
        responses={201: shapes.CostRateSerializer},
    )
    @idempotent
    def create(self, request: UserRequest) -> Response:
        """
        Enter what flying costs an operator; 409 while another rate stands for the same.

        Example: `{"operator": "Brindabella Survey", "kind": "pilot_hour", "amount": "85.00",
        "effective_from": "2026-01-01"}`.
        """
        return self.add(contracts.add_cost_rate)

    @documented(
        summary="End a cost rate",
        request=shapes.EndContractRateSerializer,
        responses={200: shapes.CostRateSerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def end(self, request: UserRequest, pk: str) -> Response:
        """Let a rate stand until the day before. Example: `{"until": "2027-01-01"}`."""
        return self.run(contracts.end_cost_rate)
