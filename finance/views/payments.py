from django.utils import timezone
from django_filters import rest_framework as filters
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.response import Response

from common.api.docs import documented, documented_action
from common.api.filters import StrictFilterSet, YesNoFilter
from common.api.idempotency import carried_out_once
from common.api.viewsets import HistoryMixin, ReadViewSet
from contacts.models import Contact
from finance.models import (
    Dispute,
    DisputeStatus,
    EventStatus,
    IntentStatus,
    Payment,
    PaymentIntent,
    PaymentMethod,
    PaymentStatus,
    Provider,
    ProviderEvent,
    Refund,
    RefundStatus,
)
from finance.serializers import payments as shapes
from finance.services import methods, payments, refunds
from users.requests import UserRequest

# The provider has not said yet: asked again in the background.
OPEN = (IntentStatus.RECORDED, IntentStatus.UNKNOWN, IntentStatus.PROCESSING)


class CustomerFilter(StrictFilterSet):
    """Filters of what belongs to a customer."""

    customer = filters.NumberFilter(method="filter_customer", max_value=2**62)

    def filter_customer(self, rows, name, value):  # type: ignore[no-untyped-def]
        """Those of a contact, and of all that were merged into it."""
        return rows.filter(customer__in=Contact.objects.standing_for(value).values("pk"))


class PaymentMethodFilter(CustomerFilter):
    """Filters of saved cards."""

    provider = filters.MultipleChoiceFilter(choices=Provider.choices)
    is_in_use = YesNoFilter(field_name="detached_at", lookup_expr="isnull")

    class Meta:
        model = PaymentMethod
        fields: list[str] = []


class PaymentMethodViewSet(ReadViewSet):
    """Cards that customers left with a provider: tokens, never numbers."""

    tag = "finance"
    queryset = PaymentMethod.objects.order_by("-pk")
    serializer_class = shapes.PaymentMethodSerializer
    filterset_class = PaymentMethodFilter
    ordering_fields = ["expires_on"]
    input_serializers = {
        "create": shapes.SaveTokenSerializer,
        "begin": shapes.BeginSavingSerializer,
    }
    action_permissions = {"begin": "add", "remove": "detach"}

    @documented(
        summary="Save a card",
        request=shapes.SaveTokenSerializer,
        responses={201: shapes.PaymentMethodSerializer},
    )
    def create(self, request: UserRequest) -> Response:
        """
        Keep a card that the provider's own form gave a one-time token for.

        Example: `{"customer": 17, "provider": "square", "token": "cnon:CBASEG..."}`.
        """
        method = methods.save_token(**self.validated(), actor=request.user, at=timezone.now())
        return self.respond(method, status.HTTP_201_CREATED)

    @documented(
        summary="Begin to save a card",
        request=shapes.BeginSavingSerializer,
        responses={201: shapes.SavingBegunSerializer},
    )
    @action(detail=False, methods=["post"])
    def begin(self, request: UserRequest) -> Response:
        """
        What the provider's own form is opened with; the card comes by its notification.

        Example: `{"customer": 17, "provider": "stripe"}`.
        """
        begun = methods.begin_saving(**self.validated(), actor=request.user, at=timezone.now())
        return Response(shapes.SavingBegunSerializer(begun).data, status.HTTP_201_CREATED)

    @documented_action(summary="Remove a card", responses={200: shapes.PaymentMethodSerializer})
    @action(detail=True, methods=["post"])
    def remove(self, request: UserRequest, pk: str) -> Response:
        """Make a saved card unusable, here and with its provider."""
        method = methods.remove_method(self.get_object(), actor=request.user, at=timezone.now())
        return self.respond(method)


class PaymentIntentFilter(CustomerFilter):
    """Filters of attempts to pay."""

    invoice = filters.CharFilter(field_name="invoice__number")
    provider = filters.MultipleChoiceFilter(choices=Provider.choices)
    status = filters.MultipleChoiceFilter(choices=IntentStatus.choices)

    class Meta:
        model = PaymentIntent
        fields: list[str] = []


class PaymentIntentViewSet(HistoryMixin, ReadViewSet):
    """Attempts to take money through a provider."""

    tag = "finance"
    queryset = PaymentIntent.objects.select_related("invoice", "payment").order_by("-pk")
    serializer_class = shapes.PaymentIntentSerializer
    filterset_class = PaymentIntentFilter
    ordering_fields = ["settled_at"]
    input_serializers = {"create": shapes.ChargeSerializer}
    action_permissions = {"history": "view"}

    @documented(
        summary="Charge a saved card",
        request=shapes.ChargeSerializer,
        responses={
            201: shapes.PaymentIntentSerializer,
            202: "The provider has not answered yet; it is asked again in the background.",
        },
    )
    def create(self, request: UserRequest) -> Response:
        """
        Charge a saved card for an invoice. Needs an Idempotency-Key; a declined card is an answer
        with the status failed.

        Example: `{"invoice": "INV-2026-00042", "payment_method": 5, "amount": "1200.00"}`.
        """
        at = timezone.now()

        def begin() -> int:
            given = self.validated()
            given["method"] = given.pop("payment_method")
            return payments.record_charge(**given, actor=request.user, at=at).pk

        def carry_out(pk: int) -> Response:
            rows = PaymentIntent.objects.select_related("account", "link", "payment_method")
            intent = payments.carry_out(rows.get(pk=pk), actor=request.user, at=at)
            is_open = intent.status in OPEN
            code = status.HTTP_202_ACCEPTED if is_open else status.HTTP_201_CREATED
            return self.respond(intent, code)

        return carried_out_once(request, begin=begin, carry_out=carry_out)

    @documented_action(
        summary="Take an authorized payment", responses={200: shapes.PaymentIntentSerializer}
    )
    @action(detail=True, methods=["post"])
    def capture(self, request: UserRequest, pk: str) -> Response:
        """Take what was only authorized. Harmless twice: the provider takes it once."""
        intent = payments.take_authorized(self.get_object(), actor=request.user, at=timezone.now())
        return self.respond(intent)

    @documented_action(summary="Cancel a payment", responses={200: shapes.PaymentIntentSerializer})
    @action(detail=True, methods=["post"])
    def cancel(self, request: UserRequest, pk: str) -> Response:
        """Give up a payment that has taken no money; 409 where it has."""
        intent = payments.cancel_payment(self.get_object(), actor=request.user, at=timezone.now())
        return self.respond(intent)


class RefundFilter(StrictFilterSet):
    """Filters of refunds."""

    payment = filters.CharFilter(field_name="payment__number")
    status = filters.MultipleChoiceFilter(choices=RefundStatus.choices)

    class Meta:
        model = Refund
        fields: list[str] = []


class RefundViewSet(HistoryMixin, ReadViewSet):
    """Money that goes back."""

    tag = "finance"
    queryset = Refund.objects.select_related("payment").order_by("-pk")
    serializer_class = shapes.RefundSerializer
    filterset_class = RefundFilter
    ordering_fields = ["settled_at"]
    input_serializers = {"create": shapes.RequestRefundSerializer}
    # Whoever may refund a payment asks for it here.
    action_permissions = {"history": "view", "create": "finance.refund_payment"}

    @documented(
        summary="Refund a payment",
        request=shapes.RequestRefundSerializer,
        responses={
            201: shapes.RefundSerializer,
            202: "The provider has not settled it yet; it is asked again in the background.",
        },
    )
    def create(self, request: UserRequest) -> Response:
        """
        Give money back through the provider it came by; what came by hand is noted as sent.
        Needs an Idempotency-Key.

        Example: `{"payment": "PAY-2026-00042", "amount": "200.00", "reason": "Shorter route"}`.
        """
        at = timezone.now()

        def begin() -> int:
            return refunds.record_refund(**self.validated(), actor=request.user, at=at).pk

        def carry_out(pk: int) -> Response:
            rows = Refund.objects.select_related("payment__intent__account", "payment__customer")
            refund = refunds.carry_out_refund(rows.get(pk=pk), actor=request.user, at=at)
            is_open = refund.status in (RefundStatus.PENDING, RefundStatus.UNKNOWN)
            code = status.HTTP_202_ACCEPTED if is_open else status.HTTP_201_CREATED
            return self.respond(refund, code)

        return carried_out_once(request, begin=begin, carry_out=carry_out)


class PaymentFilter(CustomerFilter):
    """Filters of payments."""

    provider = filters.MultipleChoiceFilter(choices=Provider.choices)
    status = filters.MultipleChoiceFilter(choices=PaymentStatus.choices)

    class Meta:
        model = Payment
        fields: list[str] = []


class PaymentViewSet(HistoryMixin, ReadViewSet):
    """Money that came in, over a provider or by hand."""

    tag = "finance"
    queryset = Payment.objects.order_by("-received_at", "-pk")
    serializer_class = shapes.PaymentSerializer
    lookup_field = "number"
    lookup_value_regex = "[A-Z0-9-]{1,24}"
    filterset_class = PaymentFilter
    search_fields = ["number", "reference"]
    ordering_fields = ["received_at"]
    action_permissions = {"history": "view"}


class DisputeFilter(StrictFilterSet):
    """Filters of disputes."""

    payment = filters.CharFilter(field_name="payment__number")
    status = filters.MultipleChoiceFilter(choices=DisputeStatus.choices)

    class Meta:
        model = Dispute
        fields: list[str] = []


class DisputeViewSet(HistoryMixin, ReadViewSet):
    """Payments that customers' banks question. They are answered at the provider."""

    tag = "finance"
    queryset = Dispute.objects.select_related("payment").order_by("-opened_at", "-pk")
    serializer_class = shapes.DisputeSerializer
    filterset_class = DisputeFilter
    ordering_fields = ["opened_at", "answer_due_at"]
    action_permissions = {"history": "view"}


class ProviderEventFilter(StrictFilterSet):
    """Filters of notifications."""

    provider = filters.MultipleChoiceFilter(choices=Provider.choices)
    status = filters.MultipleChoiceFilter(choices=EventStatus.choices)
    kind = filters.CharFilter()

    class Meta:
        model = ProviderEvent
        fields: list[str] = []


class ProviderEventViewSet(ReadViewSet):
    """Notifications of providers: applied, parked, ignored, or for a person to look at."""

    tag = "finance"
    queryset = ProviderEvent.objects.order_by("-received_at", "-pk")
    serializer_class = shapes.ProviderEventSerializer
    filterset_class = ProviderEventFilter
    ordering_fields = ["received_at", "occurred_at"]
