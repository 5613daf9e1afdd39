from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from common.constraints import one_of
from common.history import tracked
from common.models import BaseModel
from contacts.models import Contact
from finance.models.accounts import Account
from finance.models.constraints import exact, known_currency
from finance.models.invoices import Invoice
from finance.models.payments import Dispute, Payment, Refund
from finance.models.scoping import MoneyQuerySet


class EntryKind(models.TextChoices):
    INVOICE = "invoice", "Invoice issued"
    CREDIT_NOTE = "credit_note", "Credit note issued"
    PAYMENT = "payment"
    REFUND = "refund"
    DISPUTE = "dispute"
    FEE = "fee", "Payment fee"
    CREDIT = "credit", "Credit used or given"
    DEPOSIT = "deposit", "Deposit applied"
    WRITE_OFF = "write_off", "Written off or recovered"
    MANUAL = "manual"


class AllocationKind(models.TextChoices):
    """What settles an invoice; the amount is negative where it is taken back."""

    PAYMENT = "payment"
    CREDIT = "credit", "Credit of the customer"
    DEPOSIT = "deposit"
    TO_CREDIT = "to_credit", "Paid before, now the customer's credit"
    CREDIT_NOTE = "credit_note"
    WRITE_OFF = "write_off"


class JournalEntry(models.Model):
    """
    One event of the books with its debits and credits, which are equal in each currency.

    `key` names the event ("payment:12:received"), so that none is posted twice. Never changed: an
    error is posted back by another entry.
    """

    IS_APPEND_ONLY = True

    key = models.CharField(max_length=80, unique=True)
    kind = models.CharField(max_length=12, choices=EntryKind)
    description = models.CharField(max_length=200)
    posted_on = models.DateField(help_text="Day of the books, in the operator's zone.")
    posted_at = models.DateTimeField()
    posted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    invoice = models.ForeignKey(Invoice, models.PROTECT, null=True, related_name="entries")
    payment = models.ForeignKey(Payment, models.PROTECT, null=True, related_name="entries")
    refund = models.ForeignKey(Refund, models.PROTECT, null=True, related_name="entries")
    dispute = models.ForeignKey(Dispute, models.PROTECT, null=True, related_name="entries")

    objects = MoneyQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "journal entries"
        constraints = [one_of("entry_kind_is_known", "kind", EntryKind)]
        indexes = [models.Index(fields=["posted_on", "id"], name="entry_posted")]

    def __str__(self) -> str:
        return self.key


class TransactionQuerySet(MoneyQuerySet):
    def until(self, day: object) -> Self:
        """Lines posted up to and including a day."""
        return self.filter(entry__posted_on__lte=day)


class Transaction(models.Model):
    """
    One line of a journal entry: an account is debited or credited. Never changed.

    `party` is whose money it is, `invoice` which claim it concerns, `tax_code` which tax.
    """

    IS_APPEND_ONLY = True

    entry = models.ForeignKey(JournalEntry, models.PROTECT, related_name="lines")
    sequence = models.PositiveSmallIntegerField()
    account = models.ForeignKey(Account, models.PROTECT, related_name="transactions")
    currency = models.CharField(max_length=3)
    debit = models.DecimalField(max_digits=12, decimal_places=2, default=0)
    credit = models.DecimalField(max_digits=12, decimal_places=2, default=0)
    party = models.ForeignKey(Contact, models.PROTECT, null=True, related_name="+")
    invoice = models.ForeignKey(Invoice, models.PROTECT, null=True, related_name="+")
    tax_code = models.CharField(max_length=20, blank=True)

    objects = TransactionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["entry", "sequence"], name="one_transaction_per_place"),
            known_currency("transaction_currency_is_known"),
            exact("transaction_amounts_are_exact", "debit", "credit"),
            models.CheckConstraint(
                name="transaction_is_debit_or_credit",
                condition=Q(debit__gt=0, credit=0) | Q(debit=0, credit__gt=0),
            ),
        ]
        indexes = [
            models.Index(fields=["account", "currency", "id"], name="transaction_account"),
            models.Index(
                fields=["party", "currency"],
                condition=Q(party__isnull=False),
                name="transaction_party",
            ),
        ]

    def __str__(self) -> str:
        side = f"Dr {self.debit}" if self.debit else f"Cr {self.credit}"
        return f"{side} {self.currency}"


class CustomerCreditQuerySet(MoneyQuerySet):
    def open(self) -> Self:
        return self.filter(remaining__gt=0)


@tracked
class CustomerCredit(BaseModel):
    """
    Money of a customer that no invoice holds: paid too much, or credited after it was paid.

    `remaining` is moved by a trigger on CreditUse and by nothing else.
    """

    KEEPS_CONTACT = Q(pk__isnull=False)

    customer = models.ForeignKey(Contact, models.PROTECT, related_name="credits")
    currency = models.CharField(max_length=3)
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    remaining = models.DecimalField(max_digits=12, decimal_places=2)
    payment = models.ForeignKey(Payment, models.PROTECT, null=True, related_name="credits")
    credit_note = models.ForeignKey(Invoice, models.PROTECT, null=True, related_name="credits")
    given_at = models.DateTimeField()

    objects = CustomerCreditQuerySet.as_manager()

    class Meta:
        constraints = [
            known_currency("customer_credit_currency_is_known"),
            exact("customer_credit_is_exact", "amount", "remaining"),
            models.CheckConstraint(
                name="customer_credit_within_amount",
                condition=Q(amount__gt=0, remaining__gte=0, remaining__lte=F("amount")),
            ),
            models.CheckConstraint(
                name="customer_credit_has_one_source",
                condition=Q(payment__isnull=False, credit_note__isnull=True)
                | Q(payment__isnull=True, credit_note__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                fields=["customer", "currency", "id"],
                condition=Q(remaining__gt=0),
                name="customer_credit_open",
            )
        ]

    def __str__(self) -> str:
        return f"credit of {self.customer}"


class Allocation(models.Model):
    """
    What settled a part of an invoice, or took it back. Never changed.

    A trigger moves the invoice's `paid`, `credited` or `written_off` by it.
    """

    IS_APPEND_ONLY = True

    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="allocations")
    kind = models.CharField(max_length=12, choices=AllocationKind)
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    currency = models.CharField(max_length=3)
    payment = models.ForeignKey(Payment, models.PROTECT, null=True, related_name="allocations")
    credit = models.ForeignKey(
        CustomerCredit, models.PROTECT, null=True, related_name="allocations"
    )
    document = models.ForeignKey(
        Invoice,
        models.PROTECT,
        null=True,
        related_name="settles",
        help_text="The credit note or the deposit invoice.",
    )
    entry = models.ForeignKey(JournalEntry, models.PROTECT, related_name="allocations")
    allocated_at = models.DateTimeField()

    objects = MoneyQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        constraints = [
            one_of("allocation_kind_is_known", "kind", AllocationKind),
            exact("allocation_is_exact", "amount"),
            models.CheckConstraint(name="allocation_is_not_nothing", condition=~Q(amount=0)),
            models.CheckConstraint(
                name="allocation_names_its_source",
                condition=Q(
                    kind="payment",
                    payment__isnull=False,
                    credit__isnull=True,
                    document__isnull=True,
                )
                | Q(
                    kind__in=["credit", "to_credit"],
                    credit__isnull=False,
                    payment__isnull=True,
                    document__isnull=True,
                )
                | Q(
                    kind__in=["deposit", "credit_note"],
                    document__isnull=False,
                    payment__isnull=True,
                    credit__isnull=True,
                )
                | Q(
                    kind="write_off",
                    payment__isnull=True,
                    credit__isnull=True,
                    document__isnull=True,
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency} of {self.invoice}"


class CreditUse(models.Model):
    """
    What was taken of a customer's credit, or put back: for an invoice, or paid out. Never changed.

    A trigger moves the credit's `remaining` by it.
    """

    IS_APPEND_ONLY = True

    credit = models.ForeignKey(CustomerCredit, models.PROTECT, related_name="uses")
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    allocation = models.OneToOneField(
        Allocation, models.PROTECT, null=True, related_name="credit_use"
    )
    refund = models.ForeignKey(Refund, models.PROTECT, null=True, related_name="credit_uses")
    dispute = models.ForeignKey(Dispute, models.PROTECT, null=True, related_name="credit_uses")
    entry = models.ForeignKey(JournalEntry, models.PROTECT, related_name="credit_uses")
    used_at = models.DateTimeField()

    objects = MoneyQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(name="credit_use_is_not_nothing", condition=~Q(amount=0)),
        ]

    def __str__(self) -> str:
        return f"{self.amount} of {self.credit}"
