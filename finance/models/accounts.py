from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from common.constraints import one_of
from common.history import tracked
from common.models import BaseModel
from finance.models.scoping import MoneyQuerySet


class AccountKind(models.TextChoices):
    ASSET = "asset"
    LIABILITY = "liability"
    EQUITY = "equity"
    REVENUE = "revenue"
    EXPENSE = "expense"


class AccountRole(models.TextChoices):
    """What the services need an account for; one account each."""

    BANK = "bank"
    CASH = "cash"
    CLEARING_STRIPE = "clearing_stripe", "Money at Stripe"
    CLEARING_SQUARE = "clearing_square", "Money at Square"
    CLEARING_PAYPAL = "clearing_paypal", "Money at PayPal"
    RECEIVABLE = "receivable", "Receivables"
    DISPUTED = "disputed", "Payments in dispute"
    CREDIT = "credit", "Customers' credit"
    DEPOSIT = "deposit", "Deposits received"
    TAX = "tax", "Taxes owed"
    REVENUE = "revenue", "Revenue of no other account"
    BAD_DEBT = "bad_debt", "Written off"
    FEES = "fees", "Payment fees"
    DISPUTE_LOSS = "dispute_loss", "Lost disputes"


class AccountQuerySet(MoneyQuerySet):
    def in_use(self) -> Self:
        return self.filter(is_active=True)


@tracked
class Account(BaseModel):
    """
    One account of the chart, e.g. 1100 Receivables.

    `role` is what the services find it by; `services` are the services of bill lines whose revenue
    goes to it (the account with the role revenue takes the rest).
    """

    code = models.CharField(max_length=10, unique=True)
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=10, choices=AccountKind)
    role = models.CharField(max_length=20, choices=AccountRole, blank=True)
    services = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    is_active = models.BooleanField(default=True)

    objects = AccountQuerySet.as_manager()

    class Meta:
        constraints = [
            one_of("account_kind_is_known", "kind", AccountKind),
            models.UniqueConstraint(
                fields=["role"], condition=~Q(role=""), name="one_account_per_role"
            ),
            models.CheckConstraint(
                name="account_code_is_digits", condition=Q(code__regex=r"^[0-9]{3,10}$")
            ),
            models.CheckConstraint(
                name="account_with_a_role_is_in_use", condition=Q(role="") | Q(is_active=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"
