from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q

from common.constraints import one_of
from common.history import tracked
from common.models import BaseModel
from contacts.models import Contact
from finance.models.constraints import exact, known_currency, no_card_number
from finance.models.invoices import Invoice
from finance.models.payment_accounts import PaymentAccount, PaymentLink
from finance.models.payment_methods import PaymentChannel, PaymentMethod, Provider
from finance.models.scoping import MoneyQuerySet


class PaymentStatus(models.TextChoices):
    SUCCEEDED = "succeeded"
    PART_REFUNDED = "part_refunded"
    REFUNDED = "refunded"
    DISPUTED = "disputed"
    CHARGED_BACK = "charged_back"


class IntentStatus(models.TextChoices):
    """`recorded` before the provider was asked, `unknown` where its answer never came."""

    RECORDED = "recorded"
    PENDING = "pending", "Waiting for the customer"
    PROCESSING = "processing"
    AUTHORIZED = "authorized", "Approved, not yet taken"
    UNKNOWN = "unknown", "Answer of the provider not known"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


# How far an attempt has come; it only ever moves on. Providers tell their news in any order.
INTENT_RANKS: dict[str, int] = {
    IntentStatus.RECORDED: 0,
    IntentStatus.UNKNOWN: 5,
    IntentStatus.PENDING: 10,
    IntentStatus.PROCESSING: 20,
    IntentStatus.FAILED: 30,
    IntentStatus.AUTHORIZED: 40,
    IntentStatus.CANCELLED: 50,
    IntentStatus.SUCCEEDED: 60,
}


class RefundStatus(models.TextChoices):
    PENDING = "pending"
    UNKNOWN = "unknown", "Answer of the provider not known"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class DisputeStatus(models.TextChoices):
    OPEN = "open", "Waiting for our answer"
    UNDER_REVIEW = "under_review"
    WON = "won"
    LOST = "lost"


@tracked
class PaymentIntent(BaseModel):
    """
    One attempt to take money through a provider: recorded before the provider is asked.

    `idempotency_key` is sent to the provider, so that asking again moves nothing twice; it is our
    reference there. `names` are all that the provider calls it (order, session, charge, capture).
    """

    KEEPS_CONTACT = Q(pk__isnull=False)
    # Money that came is taken in, whatever was thought before.
    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        status: {later for later, rank in INTENT_RANKS.items() if rank > own}
        for status, own in INTENT_RANKS.items()
        if status != IntentStatus.SUCCEEDED
    }

    invoice = models.ForeignKey(Invoice, models.PROTECT, null=True, related_name="payment_intents")
    customer = models.ForeignKey(Contact, models.PROTECT, related_name="payment_intents")
    provider = models.CharField(max_length=8, choices=Provider)
    account = models.ForeignKey(
        PaymentAccount, models.PROTECT, null=True, related_name="payment_intents"
    )
    link = models.ForeignKey(PaymentLink, models.PROTECT, null=True, related_name="payment_intents")
    provider_id = models.CharField(max_length=120, blank=True)
    names = ArrayField(models.CharField(max_length=120), default=list, blank=True)
    checkout_id = models.CharField(max_length=120, blank=True)
    checkout_url = models.URLField(max_length=1000, blank=True)
    description = models.CharField(max_length=120, blank=True)
    is_captured = models.BooleanField(default=True, help_text="Taken at once, not only authorized.")
    expires_at = models.DateTimeField(null=True)
    is_live = models.BooleanField(default=False, help_text="Of the provider's live side.")
    idempotency_key = models.CharField(max_length=64, unique=True)
    payment_method = models.ForeignKey(
        PaymentMethod, models.PROTECT, null=True, related_name="payment_intents"
    )
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    currency = models.CharField(max_length=3)
    status = models.CharField(
        max_length=10, choices=IntentStatus, default=IntentStatus.RECORDED, editable=False
    )
    failure_code = models.CharField(max_length=60, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    asked_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )

    objects = MoneyQuerySet.as_manager()

    class Meta:
        permissions = [
            ("cancel_paymentintent", "Can cancel a payment that waits"),
            ("capture_paymentintent", "Can take a payment that was authorized"),
        ]
        constraints = [
            one_of("intent_provider_is_known", "provider", Provider),
            one_of("intent_status_is_known", "status", IntentStatus),
            known_currency("intent_currency_is_known"),
            exact("intent_amount_is_exact", "amount"),
            models.CheckConstraint(name="intent_amount_is_positive", condition=Q(amount__gt=0)),
            models.UniqueConstraint(
                fields=["provider", "provider_id"],
                condition=~Q(provider_id=""),
                name="one_intent_per_provider_id",
            ),
            models.UniqueConstraint(
                fields=["link", "provider"],
                condition=Q(status__in=["recorded", "unknown", "pending"]),
                name="one_open_page_per_link",
            ),
        ]
        indexes = [
            models.Index(fields=["status", "asked_at"], name="intent_to_reconcile"),
            GinIndex(fields=["names"], name="intent_names"),
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.provider_id or self.pk}"


@tracked
class Payment(BaseModel):
    """
    Money that came in. What no invoice needed of it is a CustomerCredit.

    `refunded` counts what went back or is on its way back, `charged_back` what a lost dispute took;
    together never more than came.
    """

    KEEPS_CONTACT = Q(pk__isnull=False)
    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        PaymentStatus.SUCCEEDED: {
            PaymentStatus.PART_REFUNDED,
            PaymentStatus.REFUNDED,
            PaymentStatus.DISPUTED,
            PaymentStatus.CHARGED_BACK,
        },
        PaymentStatus.PART_REFUNDED: {
            PaymentStatus.SUCCEEDED,
            PaymentStatus.REFUNDED,
            PaymentStatus.DISPUTED,
            PaymentStatus.CHARGED_BACK,
        },
        # A bank may send a refund back.
        PaymentStatus.REFUNDED: {
            PaymentStatus.SUCCEEDED,
            PaymentStatus.PART_REFUNDED,
            PaymentStatus.DISPUTED,
        },
        PaymentStatus.DISPUTED: {
            PaymentStatus.SUCCEEDED,
            PaymentStatus.PART_REFUNDED,
            PaymentStatus.REFUNDED,
            PaymentStatus.CHARGED_BACK,
        },
        PaymentStatus.CHARGED_BACK: {PaymentStatus.DISPUTED},
    }

    number = models.CharField(max_length=24, unique=True, editable=False)
    customer = models.ForeignKey(Contact, models.PROTECT, related_name="payments")
    intent = models.OneToOneField(PaymentIntent, models.PROTECT, null=True, related_name="payment")
    provider = models.CharField(max_length=8, choices=Provider, default=Provider.MANUAL)
    provider_id = models.CharField(max_length=120, blank=True)
    channel = models.CharField(max_length=16, choices=PaymentChannel)
    reference = models.CharField(max_length=120, blank=True, help_text="Of the bank's statement.")
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    currency = models.CharField(max_length=3)
    refunded = models.DecimalField(max_digits=12, decimal_places=2, default=0, editable=False)
    charged_back = models.DecimalField(max_digits=12, decimal_places=2, default=0, editable=False)
    received_at = models.DateTimeField()
    status = models.CharField(
        max_length=14, choices=PaymentStatus, default=PaymentStatus.SUCCEEDED, editable=False
    )
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )

    objects = MoneyQuerySet.as_manager()

    class Meta:
        permissions = [("refund_payment", "Can refund a payment")]
        constraints = [
            one_of("payment_provider_is_known", "provider", Provider),
            one_of("payment_channel_is_known", "channel", PaymentChannel),
            one_of("payment_status_is_known", "status", PaymentStatus),
            known_currency("payment_currency_is_known"),
            exact("payment_amounts_are_exact", "amount", "refunded", "charged_back"),
            models.CheckConstraint(
                name="payment_returns_within_amount",
                condition=Q(
                    amount__gt=0,
                    refunded__gte=0,
                    charged_back__gte=0,
                    amount__gte=F("refunded") + F("charged_back"),
                ),
            ),
            models.UniqueConstraint(
                fields=["provider", "provider_id"],
                condition=~Q(provider_id=""),
                name="one_payment_per_provider_id",
            ),
            no_card_number("payment_has_no_card_number", "reference"),
        ]
        indexes = [models.Index(fields=["customer", "received_at"], name="payment_customer")]

    def __str__(self) -> str:
        return self.number


@tracked
class Refund(BaseModel):
    """
    Money of a payment that goes back. It counts against the payment from its first moment.

    Through a provider it is recorded before the provider is asked, with the key that is sent.
    """

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        RefundStatus.PENDING: {
            RefundStatus.UNKNOWN,
            RefundStatus.SUCCEEDED,
            RefundStatus.FAILED,
        },
        RefundStatus.UNKNOWN: {
            RefundStatus.PENDING,
            RefundStatus.SUCCEEDED,
            RefundStatus.FAILED,
        },
        # A bank may send a refund back days later.
        RefundStatus.SUCCEEDED: {RefundStatus.FAILED},
        # One that was given up on arrived all the same.
        RefundStatus.FAILED: {RefundStatus.PENDING},
    }

    payment = models.ForeignKey(Payment, models.PROTECT, related_name="refunds")
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    currency = models.CharField(max_length=3)
    reason = models.CharField(max_length=500)
    provider_id = models.CharField(max_length=120, blank=True)
    idempotency_key = models.CharField(max_length=64, unique=True)
    status = models.CharField(
        max_length=10, choices=RefundStatus, default=RefundStatus.PENDING, editable=False
    )
    failure_code = models.CharField(max_length=60, blank=True)
    asked_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )

    objects = MoneyQuerySet.as_manager()

    class Meta:
        constraints = [
            one_of("refund_status_is_known", "status", RefundStatus),
            known_currency("refund_currency_is_known"),
            exact("refund_amount_is_exact", "amount"),
            models.CheckConstraint(name="refund_is_positive", condition=Q(amount__gt=0)),
            models.UniqueConstraint(
                fields=["payment", "provider_id"],
                condition=~Q(provider_id=""),
                name="one_refund_per_provider_id",
            ),
            no_card_number("refund_has_no_card_number", "reason"),
        ]
        indexes = [models.Index(fields=["status", "asked_at"], name="refund_to_reconcile")]

    def __str__(self) -> str:
        return f"refund of {self.payment}"


@tracked
class Dispute(BaseModel):
    """A customer's bank takes a payment back until somebody decides."""

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        DisputeStatus.OPEN: {
            DisputeStatus.UNDER_REVIEW,
            DisputeStatus.WON,
            DisputeStatus.LOST,
        },
        DisputeStatus.UNDER_REVIEW: {DisputeStatus.WON, DisputeStatus.LOST},
    }

    payment = models.ForeignKey(Payment, models.PROTECT, related_name="disputes")
    provider_id = models.CharField(max_length=120)
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    currency = models.CharField(max_length=3)
    reason = models.CharField(max_length=100, blank=True)
    status = models.CharField(
        max_length=12, choices=DisputeStatus, default=DisputeStatus.OPEN, editable=False
    )
    opened_at = models.DateTimeField()
    answer_due_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)

    objects = MoneyQuerySet.as_manager()

    class Meta:
        constraints = [
            one_of("dispute_status_is_known", "status", DisputeStatus),
            known_currency("dispute_currency_is_known"),
            exact("dispute_amount_is_exact", "amount"),
            models.CheckConstraint(name="dispute_is_positive", condition=Q(amount__gt=0)),
            models.UniqueConstraint(
                fields=["payment", "provider_id"], name="one_dispute_per_provider_id"
            ),
        ]

    def __str__(self) -> str:
        return f"dispute of {self.payment}"
