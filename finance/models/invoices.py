from decimal import Decimal
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from common.constraints import one_of
from common.history import tracked
from common.models import BaseModel
from contacts.models import Contact
from finance.models.constraints import exact, known_currency
from finance.models.currency_rates import CurrencyRate
from finance.models.scoping import MoneyQuerySet


class InvoiceKind(models.TextChoices):
    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"
    DEPOSIT = "deposit", "Deposit invoice"


class InvoiceStatus(models.TextChoices):
    DRAFT = "draft"
    OPEN = "open"
    PART_PAID = "part_paid"
    PAID = "paid"
    OVERDUE = "overdue"
    VOID = "void"
    UNCOLLECTIBLE = "uncollectible"


class InvoiceBasis(models.TextChoices):
    """What the lines were drawn up from."""

    QUOTE = "quote"
    ACTUALS = "actuals"
    EXPENSES = "expenses"
    MANUAL = "manual"
    DEPOSIT = "deposit"
    CANCELLATION = "cancellation", "Cancellation fee"
    CREDIT = "credit", "Lines taken back"


UNSETTLED = (InvoiceStatus.OPEN, InvoiceStatus.PART_PAID, InvoiceStatus.OVERDUE)
ISSUED = tuple(status for status in InvoiceStatus if status != InvoiceStatus.DRAFT)
_AFTER_ISSUE: set[str] = {
    InvoiceStatus.OPEN,
    InvoiceStatus.PART_PAID,
    InvoiceStatus.PAID,
    InvoiceStatus.OVERDUE,
    InvoiceStatus.VOID,
    InvoiceStatus.UNCOLLECTIBLE,
}


class InvoiceQuerySet(MoneyQuerySet):
    def issued(self) -> Self:
        """Those that left the house: they have a number."""
        return self.exclude(number=None)

    def unsettled(self) -> Self:
        return self.filter(status__in=UNSETTLED)

    def claims(self) -> Self:
        """What is to be paid: not credit notes."""
        return self.exclude(kind=InvoiceKind.CREDIT_NOTE)

    def of_payer(self, contact: int) -> Self:
        """Those that a contact, or one that was merged into it, has to pay."""
        return self.filter(payer__in=Contact.objects.standing_for(contact).values("pk"))

    def about(self, subject: str, subject_id: int) -> Self:
        return self.filter(subject=subject, subject_id=subject_id)


@tracked
class Invoice(BaseModel):
    """
    A bill, a deposit bill or a credit note. From the moment it is issued its content is fixed.

    `bill_to` is copied (name, address, email, tax_number): contacts change, invoices do not.
    `customer` is who the work was for, `payer` who owes the money: an insurer with its
    `authorization`, or the customer itself. `paid`, `credited` and `written_off` are moved by a
    trigger on Allocation and by nothing else. `snapshot_hash` is the SHA-256 of what was issued.
    """

    # A merge of contacts leaves these as they are: what was issued names whom it was issued to.
    KEEPS_CONTACT = Q(number__isnull=False)
    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        InvoiceStatus.DRAFT: {InvoiceStatus.OPEN, InvoiceStatus.VOID},
        InvoiceStatus.OPEN: _AFTER_ISSUE - {InvoiceStatus.OPEN},
        InvoiceStatus.PART_PAID: _AFTER_ISSUE - {InvoiceStatus.PART_PAID},
        InvoiceStatus.PAID: _AFTER_ISSUE - {InvoiceStatus.PAID},
        InvoiceStatus.OVERDUE: {
            InvoiceStatus.PAID,
            InvoiceStatus.VOID,
            InvoiceStatus.UNCOLLECTIBLE,
        },
        InvoiceStatus.UNCOLLECTIBLE: _AFTER_ISSUE - {InvoiceStatus.UNCOLLECTIBLE},
    }

    number = models.CharField(max_length=24, unique=True, null=True, editable=False)  # noqa: DJ001
    kind = models.CharField(max_length=12, choices=InvoiceKind, default=InvoiceKind.INVOICE)
    basis = models.CharField(max_length=12, choices=InvoiceBasis)
    status = models.CharField(
        max_length=14, choices=InvoiceStatus, default=InvoiceStatus.DRAFT, editable=False
    )
    subject = models.CharField(
        max_length=60, blank=True, help_text="Label of the model, e.g. operations.trip."
    )
    subject_id = models.PositiveBigIntegerField(null=True, blank=True)
    subject_number = models.CharField(max_length=40, blank=True)
    customer = models.ForeignKey(Contact, models.PROTECT, related_name="invoices")
    payer = models.ForeignKey(Contact, models.PROTECT, related_name="invoices_to_pay")
    authorization = models.CharField(
        max_length=60, blank=True, help_text="The insurer's number that allows the bill."
    )
    bill_to = models.JSONField(default=dict)
    reference = models.CharField(
        max_length=60, blank=True, help_text="The customer's order number."
    )
    covers_all = models.BooleanField(
        default=True,
        editable=False,
        db_default=True,
        help_text="No more of the work is billed later: deposits for it end with this bill.",
    )
    aircraft = models.CharField(max_length=20, blank=True, help_text="Registration, for reports.")
    service = models.CharField(max_length=40, blank=True, help_text="For reports.")
    currency = models.CharField(max_length=3)
    subtotal = models.DecimalField(max_digits=12, decimal_places=2, default=0)
    tax_total = models.DecimalField(max_digits=12, decimal_places=2, default=0)
    total = models.DecimalField(max_digits=12, decimal_places=2, default=0)
    paid = models.DecimalField(max_digits=12, decimal_places=2, default=0, editable=False)
    credited = models.DecimalField(max_digits=12, decimal_places=2, default=0, editable=False)
    written_off = models.DecimalField(max_digits=12, decimal_places=2, default=0, editable=False)
    quoted_in = models.CharField(
        max_length=3, blank=True, help_text="The currency before it was converted."
    )
    exchange_rate = models.ForeignKey(CurrencyRate, models.PROTECT, null=True, related_name="+")
    payment_days = models.PositiveSmallIntegerField(default=14)
    due_on = models.DateField(null=True)
    issued_on = models.DateField(null=True, editable=False)
    issued_at = models.DateTimeField(null=True, editable=False)
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", editable=False
    )
    corrects = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="credit_notes"
    )
    terms = models.TextField(max_length=10_000, blank=True)
    notes = models.TextField(max_length=2000, blank=True, help_text="Printed on the invoice.")
    snapshot_hash = models.CharField(max_length=64, blank=True, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", editable=False
    )

    objects = InvoiceQuerySet.as_manager()

    class Meta:
        permissions = [
            ("issue_invoice", "Can issue an invoice"),
            ("credit_invoice", "Can credit an invoice"),
            ("void_invoice", "Can void an invoice"),
            ("write_off_invoice", "Can write an invoice off"),
            ("add_line_invoice", "Can add a line of one's own to a draft"),
            ("record_payment_invoice", "Can record a payment by hand"),
            ("apply_credit_invoice", "Can settle an invoice with credit or a deposit"),
        ]
        constraints = [
            one_of("invoice_kind_is_known", "kind", InvoiceKind),
            one_of("invoice_basis_is_known", "basis", InvoiceBasis),
            one_of("invoice_status_is_known", "status", InvoiceStatus),
            known_currency("invoice_currency_is_known"),
            exact(
                "invoice_amounts_are_exact",
                "subtotal",
                "tax_total",
                "total",
                "paid",
                "credited",
                "written_off",
            ),
            models.CheckConstraint(
                name="invoice_total_is_its_parts",
                condition=Q(total__gte=0, total=F("subtotal") + F("tax_total")),
            ),
            models.CheckConstraint(
                name="invoice_paid_within_total", condition=Q(paid__gte=0, paid__lte=F("total"))
            ),
            models.CheckConstraint(
                name="invoice_settled_within_total",
                condition=Q(
                    credited__gte=0,
                    written_off__gte=0,
                    total__gte=F("paid") + F("credited") + F("written_off"),
                ),
            ),
            models.CheckConstraint(
                name="issued_invoice_is_whole",
                condition=Q(
                    number__isnull=True,
                    status__in=["draft", "void"],
                    issued_on__isnull=True,
                    snapshot_hash="",
                )
                | (
                    Q(
                        number__isnull=False,
                        issued_on__isnull=False,
                        issued_at__isnull=False,
                        due_on__isnull=False,
                        snapshot_hash__regex=r"^[0-9a-f]{64}$",
                    )
                    & ~Q(status="draft")
                ),
            ),
            models.CheckConstraint(
                name="only_credit_note_corrects",
                condition=Q(kind="credit_note", corrects__isnull=False)
                | (~Q(kind="credit_note") & Q(corrects__isnull=True)),
            ),
            models.CheckConstraint(
                name="invoice_subject_is_whole",
                condition=Q(subject="", subject_id__isnull=True)
                | (~Q(subject="") & Q(subject_id__isnull=False)),
            ),
            models.CheckConstraint(
                name="converted_invoice_names_its_rate",
                condition=Q(quoted_in="", exchange_rate__isnull=True)
                | (~Q(quoted_in="") & Q(exchange_rate__isnull=False)),
            ),
        ]
        indexes = [
            models.Index(fields=["subject", "subject_id"], name="invoice_subject"),
            models.Index(fields=["payer", "issued_on"], name="invoice_payer"),
            models.Index(fields=["customer", "issued_on"], name="invoice_customer"),
            models.Index(fields=["issued_on", "id"], name="invoice_issued"),
            models.Index(
                fields=["due_on"],
                condition=Q(status__in=["open", "part_paid", "overdue"]),
                name="invoice_due",
            ),
        ]

    def __str__(self) -> str:
        return self.number or f"draft {self.pk}"

    @property
    def balance(self) -> Decimal:
        """What is still to be paid."""
        return self.total - self.paid - self.credited - self.written_off


@tracked
class LineItem(BaseModel):
    """
    One line of an invoice: what, how much of it, at what price, with which tax, and why.

    `key` is the line's in the bill it was drawn up from; `quoted_amount` what the accepted offer
    had for the same key, so that the variance shows. `corrects` is the line that one of a credit
    note takes back. `amount` is before tax and need not be
    quantity times price where the formula says how it was found.
    """

    invoice = models.ForeignKey(Invoice, models.CASCADE, related_name="lines")
    sequence = models.PositiveSmallIntegerField()
    key = models.CharField(max_length=80)
    description = models.CharField(max_length=200)
    quantity = models.DecimalField(max_digits=12, decimal_places=4)
    unit = models.CharField(max_length=20, blank=True)
    unit_price = models.DecimalField(max_digits=12, decimal_places=4)
    currency = models.CharField(max_length=3)
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    tax_code = models.CharField(max_length=20, blank=True)
    tax_rate = models.DecimalField(max_digits=9, decimal_places=4, default=0)
    tax_amount = models.DecimalField(max_digits=12, decimal_places=2, default=0)
    formula = models.CharField(max_length=200, blank=True)
    service = models.CharField(max_length=40, blank=True)
    basis = models.CharField(max_length=12, choices=InvoiceBasis)
    work = models.CharField(
        max_length=80, blank=True, help_text="The piece of work it bills; lines may share one."
    )
    quoted_amount = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    corrects = models.ForeignKey("self", models.PROTECT, null=True, related_name="corrections")

    objects = MoneyQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["invoice", "sequence"], name="one_item_per_place"),
            models.UniqueConstraint(fields=["invoice", "key"], name="one_item_per_key"),
            one_of("item_basis_is_known", "basis", InvoiceBasis),
            known_currency("item_currency_is_known"),
            exact("item_amounts_are_exact", "amount", "tax_amount"),
            models.CheckConstraint(
                name="item_quantity_is_positive", condition=Q(quantity__gt=0, tax_rate__gte=0)
            ),
            models.CheckConstraint(
                name="item_tax_has_a_code", condition=~Q(tax_code="") | Q(tax_amount=0)
            ),
        ]

    def __str__(self) -> str:
        return self.description


class BilledWorkQuerySet(MoneyQuerySet):
    def live(self) -> Self:
        return self.filter(released_at=None)


@tracked
class BilledWork(BaseModel):
    """
    One piece of work that a bill, drafted or issued, claims: nothing is billed twice.

    Released when the bill is voided or its lines are credited whole.
    """

    subject = models.CharField(max_length=60)
    subject_id = models.PositiveBigIntegerField()
    work = models.CharField(max_length=80)
    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="work")
    released_at = models.DateTimeField(null=True)

    objects = BilledWorkQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["subject", "subject_id", "work"],
                condition=Q(released_at=None),
                name="work_is_billed_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.work} of {self.subject} {self.subject_id}"
