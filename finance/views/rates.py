from django.utils import timezone
from django_filters import rest_framework as filters
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.response import Response

from common.api.docs import documented
from common.api.filters import StrictFilterSet, YesNoFilter
from common.api.idempotency import idempotent
from common.api.viewsets import ReadViewSet
from contacts.models import Contact
from finance.models import Rate, RateCard, RateKind, TaxRule
from finance.serializers import rates as shapes
from finance.services import rates, taxes
from users.requests import UserRequest


class RateCardFilter(StrictFilterSet):
    """Filters of rate cards."""

    currency = filters.CharFilter()
    customer = filters.NumberFilter(method="filter_customer", max_value=2**62)
    is_active = YesNoFilter()

    class Meta:
        model = RateCard
        fields: list[str] = []

    def filter_customer(self, rows, name, value):  # type: ignore[no-untyped-def]
        """Those of a contact, and of all that were merged into it."""
        return rows.filter(customer__in=Contact.objects.standing_for(value).values("pk"))


class RateCardViewSet(ReadViewSet):
    """Lists of prices, each in one currency."""

    tag = "finance"
    queryset = RateCard.objects.order_by("code", "pk")
    serializer_class = shapes.RateCardSerializer
    lookup_field = "code"
    lookup_value_regex = "[a-z0-9-]{1,40}"
    filterset_class = RateCardFilter
    search_fields = ["code", "name"]
    ordering_fields = ["code", "name"]
    input_serializers = {
        "create": shapes.CreateRateCardSerializer,
        "partial_update": shapes.AmendRateCardSerializer,
    }

    @documented(
        summary="Open a rate card",
        request=shapes.CreateRateCardSerializer,
        responses={201: shapes.RateCardSerializer},
    )
    @idempotent
    def create(self, request: UserRequest) -> Response:
        """
        A list of prices in one currency, for all customers or for one; its prices are added to it.

        Example: `{"code": "standard-aud", "name": "Standard", "currency": "AUD"}`.
        """
        card = rates.create_card(**self.validated(), actor=request.user, at=timezone.now())
        return self.respond(card, status.HTTP_201_CREATED)

    @documented(
        summary="Amend a rate card",
        request=shapes.AmendRateCardSerializer,
        responses={200: shapes.RateCardSerializer},
    )
    def partial_update(self, request: UserRequest, code: str) -> Response:
        """Rename it, or take it out of use. Needs If-Match. Example: `{"is_active": false}`."""
        card = rates.amend_card(
            self.get_object(),
            changes=self.validated(),
            version=self.expected_version(),
            actor=request.user,
            at=timezone.now(),
        )
        return self.respond(card)


class RateFilter(StrictFilterSet):
    """Filters of prices."""

    card = filters.CharFilter(field_name="card__code")
    kind = filters.MultipleChoiceFilter(choices=RateKind.choices)
    aircraft_type = filters.CharFilter()
    airport = filters.CharFilter(field_name="airport__ident")
    in_force_on = filters.DateFilter(method="filter_in_force")

    class Meta:
        model = Rate
        fields: list[str] = []

    def filter_in_force(self, rows, name, value):  # type: ignore[no-untyped-def]
        """Prices that stand on a day."""
        return rows.in_force(value)


class RateViewSet(ReadViewSet):
    """Dated prices. One that was entered is ended and replaced, never changed."""

    tag = "finance"
    queryset = Rate.objects.select_related("card", "airport").order_by("-effective_from", "-pk")
    serializer_class = shapes.RateSerializer
    filterset_class = RateFilter
    ordering_fields = ["effective_from", "kind"]
    input_serializers = {
        "create": shapes.AddRateSerializer,
        "end": shapes.EndDatedRowSerializer,
        "replace": shapes.ReplaceRateSerializer,
    }
    action_permissions = {"replace": "end"}

    @documented(
        summary="Add a price",
        request=shapes.AddRateSerializer,
        responses={201: shapes.RateSerializer},
    )
    @idempotent
    def create(self, request: UserRequest) -> Response:
        """
        Put a price on a card; 409 while another one stands for the same.

        Example: `{"card": "standard-aud", "kind": "live_hour", "unit": "hour", "aircraft_type":
        "B350", "amount": "5200.00", "minimum_quantity": "1.00", "effective_from": "2026-01-01"}`.
        """
        rate = rates.add_rate(**self.validated(), actor=request.user, at=timezone.now())
        return self.respond(rate, status.HTTP_201_CREATED)

    @documented(
        summary="End a price",
        request=shapes.EndDatedRowSerializer,
        responses={200: shapes.RateSerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def end(self, request: UserRequest, pk: str) -> Response:
        """Let a price stand until the day before. Example: `{"until": "2027-01-01"}`."""
        rate = rates.end_rate(
            self.get_object(),
            **self.validated(),
            version=self.expected_version(is_required=False),
            actor=request.user,
            at=timezone.now(),
        )
        return self.respond(rate)

    @documented(
        summary="Replace a price",
        request=shapes.ReplaceRateSerializer,
        responses={201: shapes.RateSerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def replace(self, request: UserRequest, pk: str) -> Response:
        """
        End a price and let another follow it; answers with the new one.

        Example: `{"amount": "5450.00", "effective_from": "2027-01-01"}`.
        """
        rate = rates.replace_rate(
            self.get_object(),
            **self.validated(),
            version=self.expected_version(is_required=False),
            actor=request.user,
            at=timezone.now(),
        )
        return self.respond(rate, status.HTTP_201_CREATED)


class TaxRuleFilter(StrictFilterSet):
    """Filters of tax rates."""

    code = filters.CharFilter()
    jurisdiction = filters.CharFilter()
    in_force_on = filters.DateFilter(method="filter_in_force")

    class Meta:
        model = TaxRule
        fields: list[str] = []

    def filter_in_force(self, rows, name, value):  # type: ignore[no-untyped-def]
        """Taxes that stand on a day."""
        return rows.in_force(value)


class TaxRuleViewSet(ReadViewSet):
    """Dated tax rates with their sources."""

    tag = "finance"
    queryset = TaxRule.objects.order_by("code", "-effective_from", "pk")
    serializer_class = shapes.TaxRuleSerializer
    filterset_class = TaxRuleFilter
    ordering_fields = ["code", "effective_from"]
    input_serializers = {
        "create": shapes.AddTaxRuleSerializer,
        "end": shapes.EndDatedRowSerializer,
    }

    @documented(
        summary="Add a tax rate",
        request=shapes.AddTaxRuleSerializer,
        responses={201: shapes.TaxRuleSerializer},
    )
    @idempotent
    def create(self, request: UserRequest) -> Response:
        """
        Enter a tax rate; 409 while another one of the same tax stands.

        Example: `{"code": "FET-SEG", "name": "Segment tax", "jurisdiction": "US", "basis":
        "person_segment", "rate": "5.4000", "currency": "USD", "effective_from": "2027-01-01",
        "effective_until": "2028-01-01", "citation": "26 USC 4261(b)", "confidence": "found"}`.
        """
        rule = taxes.add_tax_rule(**self.validated(), actor=request.user, at=timezone.now())
        return self.respond(rule, status.HTTP_201_CREATED)

    @documented(
        summary="End a tax rate",
        request=shapes.EndDatedRowSerializer,
        responses={200: shapes.TaxRuleSerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def end(self, request: UserRequest, pk: str) -> Response:
        """Let a tax rate stand until the day before. Example: `{"until": "2027-01-01"}`."""
        rule = taxes.end_tax_rule(
            self.get_object(),
            **self.validated(),
            version=self.expected_version(is_required=False),
            actor=request.user,
            at=timezone.now(),
        )
        return self.respond(rule)
