from typing import ClassVar, Self

from django.db import models
from django.db.models import Q

from client_management.models.access import CustomerPortalAccess
from client_management.models.constraints import currency
from client_management.models.contract import Contract, ContractRate
from client_management.models.request import RequestAssessment, ServiceRequest
from client_management.models.scoping import ClientQuerySet
from common.constraints import one_of
from common.history import tracked, tracked_without
from common.models import BaseModel
from finance.models import TaxRule
from users.models import User


class ServiceQuoteStatus(models.TextChoices):
    PRICED = "priced"
    SENT = "sent"
    VIEWED = "viewed"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"


OFFERED = (ServiceQuoteStatus.SENT, ServiceQuoteStatus.VIEWED)
_ENDS: set[str] = {
    ServiceQuoteStatus.ACCEPTED,
    ServiceQuoteStatus.DECLINED,
    ServiceQuoteStatus.EXPIRED,
    ServiceQuoteStatus.SUPERSEDED,
    ServiceQuoteStatus.WITHDRAWN,
}


class ServiceQuoteQuerySet(ClientQuerySet):
    client_path = "request__organization"

    def offered(self) -> Self:
        """Offers that wait for the client's answer."""
        return self.filter(status__in=OFFERED)

    def shown(self) -> Self:
        """What a client may see: what was sent, never what the desk still works on."""
        return self.exclude(sent_at=None)


@tracked_without("link_salt")
class ServiceQuote(BaseModel):
    """
    One offer for a request: its lines, totals and terms. Once sent it never changes.

    `price_inputs` are the figures the lines were made from, so that they can be made again;
    `content_hash` covers lines, totals and terms. A changed offer is a new one.
    """

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        ServiceQuoteStatus.PRICED: {
            ServiceQuoteStatus.SENT,
            ServiceQuoteStatus.SUPERSEDED,
            ServiceQuoteStatus.WITHDRAWN,
        },
        ServiceQuoteStatus.SENT: {ServiceQuoteStatus.VIEWED, *_ENDS},
        ServiceQuoteStatus.VIEWED: _ENDS,
    }

    number = models.CharField(max_length=16, unique=True, editable=False)
    request = models.ForeignKey(ServiceRequest, models.PROTECT, related_name="quotes")
    assessment = models.ForeignKey(RequestAssessment, models.PROTECT, related_name="+")
    contract = models.ForeignKey(Contract, models.PROTECT, related_name="+")
    sequence = models.PositiveSmallIntegerField()
    price_inputs = models.JSONField()
    priced_on = models.DateField(help_text="The day whose prices apply.")
    currency = models.CharField(max_length=3)
    subtotal = models.DecimalField(max_digits=12, decimal_places=2)
    tax_total = models.DecimalField(max_digits=12, decimal_places=2)
    total = models.DecimalField(max_digits=12, decimal_places=2)
    terms = models.TextField(max_length=10_000, blank=True)
    priced_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    priced_at = models.DateTimeField()
    valid_until = models.DateTimeField()
    content_hash = models.CharField(max_length=64)
    sent_at = models.DateTimeField(null=True, editable=False)
    sent_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", editable=False)
    link_salt = models.CharField(max_length=32, blank=True, editable=False)
    link_digest = models.CharField(max_length=64, blank=True, editable=False)
    viewed_at = models.DateTimeField(null=True, editable=False)
    answered_at = models.DateTimeField(null=True, editable=False)
    answered_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", editable=False
    )
    answered_through = models.ForeignKey(
        CustomerPortalAccess, models.PROTECT, null=True, related_name="+", editable=False
    )
    answered_from = models.GenericIPAddressField(null=True, editable=False)
    answer_note = models.CharField(max_length=2000, blank=True, editable=False)
    status = models.CharField(
        max_length=12, choices=ServiceQuoteStatus, default=ServiceQuoteStatus.PRICED
    )

    objects = ServiceQuoteQuerySet.as_manager()

    class Meta:
        permissions = [
            ("send_servicequote", "Can send a quote to a client"),
            ("answer_servicequote", "Can record a client's answer to a quote"),
            ("withdraw_servicequote", "Can withdraw a quote"),
            ("override_servicequote", "Can put another amount for a computed line"),
        ]
        constraints = [
            one_of("service_quote_status_is_known", "status", ServiceQuoteStatus),
            currency("service_quote_currency_is_known"),
            models.UniqueConstraint(
                fields=["request", "sequence"], name="one_service_quote_per_place"
            ),
            models.UniqueConstraint(
                fields=["request"],
                condition=Q(status__in=["sent", "viewed", "accepted"]),
                name="one_standing_quote_per_request",
            ),
            models.UniqueConstraint(
                fields=["link_digest"],
                condition=~Q(link_digest=""),
                name="one_service_quote_per_link",
            ),
            models.CheckConstraint(
                name="service_quote_adds_up",
                condition=Q(total=models.F("subtotal") + models.F("tax_total")),
            ),
            models.CheckConstraint(
                name="service_quote_stands_for_a_time",
                condition=Q(valid_until__gt=models.F("priced_at")),
            ),
            models.CheckConstraint(
                name="service_quote_sent_whole",
                condition=Q(sent_at=None, sent_by=None, link_digest="")
                | (Q(sent_at__isnull=False, sent_by__isnull=False) & ~Q(link_digest="")),
            ),
            models.CheckConstraint(
                name="service_quote_answered_by_somebody",
                condition=~Q(status__in=["accepted", "declined"])
                | Q(answered_at__isnull=False, answered_by__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["status", "valid_until"], name="service_quote_status")]

    def __str__(self) -> str:
        return self.number


class QuoteLineQuerySet(ClientQuerySet):
    client_path = "quote__request__organization"


class ServiceLineKind(models.TextChoices):
    WORK = "work"
    SURCHARGE = "surcharge"
    DISCOUNT = "discount"
    TAX = "tax"


@tracked
class ServiceQuoteLine(BaseModel):
    """
    One line of an offer: what, by which formula, from which figures and which dated row.

    `computed` is what the formula gave; `amount` is what is charged, another one only with a reason
    and a name.
    """

    quote = models.ForeignKey(ServiceQuote, models.CASCADE, related_name="lines")
    sequence = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=10, choices=ServiceLineKind)
    code = models.CharField(max_length=20, help_text="Kind of price, or code of the tax.")
    description = models.CharField(max_length=200)
    formula = models.CharField(max_length=200)
    inputs = models.JSONField()
    rate = models.ForeignKey(ContractRate, models.PROTECT, null=True, related_name="+")
    tax_rule = models.ForeignKey(TaxRule, models.PROTECT, null=True, related_name="+")
    quantity = models.DecimalField(max_digits=12, decimal_places=4)
    unit = models.CharField(max_length=20)
    unit_price = models.DecimalField(max_digits=12, decimal_places=4)
    computed = models.DecimalField(max_digits=12, decimal_places=2)
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    override_reason = models.CharField(max_length=500, blank=True)
    overridden_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    objects = QuoteLineQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        constraints = [
            one_of("service_line_kind_is_known", "kind", ServiceLineKind),
            models.UniqueConstraint(
                fields=["quote", "sequence"], name="one_service_line_per_place"
            ),
            models.CheckConstraint(
                name="service_line_other_amount_says_why",
                condition=Q(amount=models.F("computed"))
                | (~Q(override_reason="") & Q(overridden_by__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return self.description
