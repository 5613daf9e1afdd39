from django.db import models
from django.db.models import Q

from common.constraints import one_of
from common.history import tracked_without
from common.models import BaseModel
from finance.models.payment_accounts import PaymentAccount
from finance.models.payment_methods import Provider
from finance.models.scoping import MoneyQuerySet


class EventStatus(models.TextChoices):
    RECEIVED = "received"
    APPLIED = "applied"
    IGNORED = "ignored"
    PARKED = "parked", "Waiting for what it speaks of"
    FAILED = "failed"


@tracked_without("payload")
class ProviderEvent(BaseModel):
    """
    One notification of a payment provider, as it was verified: the inbox.

    Stored in the transaction that applies it. One that speaks of something unknown is parked.
    """

    provider = models.CharField(max_length=8, choices=Provider)
    account = models.ForeignKey(
        PaymentAccount, models.PROTECT, null=True, related_name="provider_events"
    )
    event_id = models.CharField(max_length=120)
    kind = models.CharField(max_length=80)
    object_id = models.CharField(max_length=120, blank=True)
    is_live = models.BooleanField(default=False)
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField()
    payload = models.JSONField(default=dict)
    body_hash = models.CharField(max_length=64)
    status = models.CharField(max_length=10, choices=EventStatus, default=EventStatus.RECEIVED)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True)
    applied_at = models.DateTimeField(null=True)
    note = models.CharField(max_length=300, blank=True)

    objects = MoneyQuerySet.as_manager()

    class Meta:
        constraints = [
            one_of("provider_event_provider_is_known", "provider", Provider),
            one_of("provider_event_status_is_known", "status", EventStatus),
            models.UniqueConstraint(
                fields=["provider", "account", "event_id"],
                name="one_row_per_provider_event",
                nulls_distinct=False,
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_try_at"],
                condition=Q(status="parked"),
                name="provider_event_parked",
            ),
            models.Index(fields=["received_at", "id"], name="provider_event_received"),
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.event_id}"
