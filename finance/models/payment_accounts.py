from typing import Self

from django.conf import settings
from django.db import models

from common.constraints import one_of
from common.encryption import SealedModel, SealedTextField
from common.history import tracked, tracked_without
from common.models import BaseModel
from finance.models.invoices import Invoice
from finance.models.scoping import MoneyQuerySet


class ProviderName(models.TextChoices):
    """Who takes money for us over the wire."""

    STRIPE = "stripe"
    SQUARE = "square"
    PAYPAL = "paypal", "PayPal"


class PaymentAccountQuerySet(MoneyQuerySet):
    def usable(self) -> Self:
        """Those that may be asked: in use, and of the side this installation works with."""
        return self.filter(is_active=True, is_live=settings.PAYMENTS_LIVE)


@tracked_without("key", "webhook_secret")
class PaymentAccount(SealedModel, BaseModel):
    """
    An operator's account with a provider. Its secrets are encrypted and shown to nobody.

    `scope` is the operator it belongs to, empty for the company itself. `webhook_id` is PayPal's
    name of our subscription, `notification_url` the address that Square signs, `location` Square's
    place of business.
    """

    code = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=100)
    provider = models.CharField(max_length=8, choices=ProviderName)
    is_live = models.BooleanField(default=False, help_text="Of the provider's live side.")
    is_active = models.BooleanField(default=True)
    scope = models.CharField(max_length=64, blank=True)
    key = SealedTextField(max_length=500)
    client_id = models.CharField(max_length=200, blank=True)
    webhook_secret = SealedTextField(max_length=500)
    webhook_id = models.CharField(max_length=60, blank=True)
    notification_url = models.URLField(max_length=300, blank=True)
    location = models.CharField(max_length=60, blank=True)
    reconciled_until = models.DateTimeField(
        null=True, help_text="Every event of the provider before is known here."
    )

    objects = PaymentAccountQuerySet.as_manager()

    class Meta(SealedModel.Meta):
        constraints = [one_of("payment_account_provider_is_known", "provider", ProviderName)]

    def __str__(self) -> str:
        return self.code


@tracked
class PaymentLink(BaseModel):
    """
    An address at which one invoice is paid without an account.

    The token in it follows from the salt and the server's secret; its SHA-256 is what is kept.
    """

    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="payment_links")
    salt = models.CharField(max_length=32)
    digest = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )

    objects = MoneyQuerySet.as_manager()

    class Meta:
        permissions = [("revoke_paymentlink", "Can revoke a link to pay an invoice")]

    def __str__(self) -> str:
        return f"link to pay {self.invoice}"
