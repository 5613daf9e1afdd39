from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from common.constraints import one_of
from common.history import tracked
from common.models import BaseModel
from contacts.models import Contact
from finance.models.constraints import no_card_number
from finance.models.payment_accounts import PaymentAccount
from finance.models.scoping import MoneyQuerySet


class Provider(models.TextChoices):
    MANUAL = "manual", "By hand"
    STRIPE = "stripe"
    SQUARE = "square"
    PAYPAL = "paypal", "PayPal"


class PaymentChannel(models.TextChoices):
    """How the money came."""

    BANK_TRANSFER = "bank_transfer"
    CARD = "card"
    WALLET = "wallet"
    CASH = "cash"
    CHECK = "check", "Check"
    OTHER = "other"


class PaymentMethodQuerySet(MoneyQuerySet):
    def in_use(self) -> Self:
        return self.filter(detached_at=None)


@tracked
class PaymentMethod(BaseModel):
    """
    A way to pay that a customer left with a provider: the provider's token, never the card.

    Brand, last four digits and expiry are what the provider tells, for people to recognize it.
    """

    customer = models.ForeignKey(Contact, models.PROTECT, related_name="payment_methods")
    provider = models.CharField(max_length=8, choices=Provider)
    account = models.ForeignKey(
        PaymentAccount, models.PROTECT, null=True, related_name="payment_methods"
    )
    token = models.CharField(max_length=120)
    provider_customer = models.CharField(max_length=120, blank=True)
    kind = models.CharField(max_length=16, choices=PaymentChannel, default=PaymentChannel.CARD)
    brand = models.CharField(max_length=30, blank=True)
    last_four = models.CharField(max_length=4, blank=True)
    expires_on = models.DateField(null=True)
    is_live = models.BooleanField(default=False, help_text="Of the provider's live side.")
    is_default = models.BooleanField(default=False)
    detached_at = models.DateTimeField(null=True)

    objects = PaymentMethodQuerySet.as_manager()

    class Meta:
        permissions = [("detach_paymentmethod", "Can remove a payment method")]
        constraints = [
            one_of("payment_method_provider_is_known", "provider", Provider),
            one_of("payment_method_kind_is_known", "kind", PaymentChannel),
            models.UniqueConstraint(
                fields=["customer", "provider", "token"], name="one_method_per_token"
            ),
            models.UniqueConstraint(
                fields=["customer"],
                condition=Q(is_default=True, detached_at=None),
                name="one_default_method",
            ),
            models.CheckConstraint(
                name="method_shows_four_digits",
                condition=Q(last_four="") | Q(last_four__regex=r"^[0-9]{4}$"),
            ),
            no_card_number("method_has_no_card_number", "token", "provider_customer", "brand"),
        ]

    def __str__(self) -> str:
        return f"{self.brand or self.kind} {self.last_four}".strip()


@tracked
class MethodSaving(BaseModel):
    """The begin of saving a card in a provider's own form: whose card it will be."""

    customer = models.ForeignKey(Contact, models.PROTECT, related_name="+")
    account = models.ForeignKey(PaymentAccount, models.PROTECT, related_name="+")
    reference = models.CharField(max_length=64, unique=True)
    provider_customer = models.CharField(max_length=120, blank=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )

    objects = MoneyQuerySet.as_manager()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.reference
