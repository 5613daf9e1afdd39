from datetime import datetime
from typing import Any, ClassVar, Self

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from common.constraints import one_of
from common.encryption import SealedModel, SealedTextField
from common.history import tracked_without
from common.models import BaseModel
from common.querysets import ScopedQuerySet
from users.models.api_token import ApiToken
from users.models.reach import reached_by
from users.models.user import User

KEEPER = "users.change_apitoken"


class SubscriptionStatus(models.TextChoices):
    ACTIVE = "active"
    PAUSED = "paused", "Paused: messages wait"
    DISABLED = "disabled", "Switched off: messages are dead letters"
    CLOSED = "closed", "Closed for good"


class SubscriptionQuerySet(ScopedQuerySet):
    def visible_to(self, user: Any) -> Self:
        """
        One's own and those one made for a machine; who may change machine tokens sees all.

        Of those one made only while one's rights still reach over their owner's.
        """
        if not user.is_authenticated:
            return self.none()
        if user.is_superuser or user.has_perm(KEEPER):
            return self
        made = WebhookSubscription.objects.filter(made_by_id=user.pk).exclude(owner_id=user.pk)
        owners = reached_by(user, made.values("owner"), at=timezone.now())
        return self.filter(Q(owner_id=user.pk) | Q(made_by_id=user.pk, owner_id__in=owners))

    def open(self) -> Self:
        return self.exclude(status=SubscriptionStatus.CLOSED)

    def active(self) -> Self:
        return self.filter(status=SubscriptionStatus.ACTIVE)

    def ended(self, at: datetime) -> Self:
        """Active ones to whom nothing may go any more: owner or token ended."""
        is_over = Q(owner__is_active=False) | Q(token__revoked_at__isnull=False)
        return self.active().filter(is_over | Q(token__expires_at__lte=at))

    def with_work(self, at: datetime) -> Self:
        """Active ones that have had something due since then and were not held back."""
        due = WebhookMessage.objects.due(at).filter(subscription=OuterRef("pk"))
        return self.active().filter(Exists(due)).exclude(health__held_until__gt=at)


@tracked_without("secret", "previous_secret", "seal_id")
class WebhookSubscription(SealedModel, BaseModel):
    """
    Who wants to hear of what, at which address: messages tell no more than the owner may see.

    One made by a machine also stays within its token. `previous_secret` signs beside the new one
    for a while, so that a receiver can change over.
    """

    TRANSITIONS: ClassVar = {
        SubscriptionStatus.ACTIVE: {
            SubscriptionStatus.PAUSED,
            SubscriptionStatus.DISABLED,
            SubscriptionStatus.CLOSED,
        },
        SubscriptionStatus.PAUSED: {SubscriptionStatus.ACTIVE, SubscriptionStatus.CLOSED},
        SubscriptionStatus.DISABLED: {SubscriptionStatus.ACTIVE, SubscriptionStatus.CLOSED},
    }

    owner = models.ForeignKey(User, models.PROTECT, related_name="webhook_subscriptions")
    token = models.ForeignKey(
        ApiToken, models.PROTECT, null=True, blank=True, related_name="webhook_subscriptions"
    )
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    url = models.CharField(max_length=500)
    description = models.CharField(max_length=200, blank=True)
    event_types = ArrayField(models.CharField(max_length=80))
    scope = models.CharField(max_length=64, blank=True, help_text="Empty: all the owner sees.")
    numbers = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    secret = SealedTextField(max_length=100)
    previous_secret = SealedTextField(max_length=100, null=True)
    previous_secret_until = models.DateTimeField(null=True, editable=False)
    status = models.CharField(
        max_length=8,
        choices=SubscriptionStatus,
        default=SubscriptionStatus.ACTIVE,
        editable=False,
    )
    status_reason = models.CharField(max_length=300, blank=True, editable=False)

    objects = SubscriptionQuerySet.as_manager()

    class Meta(SealedModel.Meta):
        default_permissions = ("add", "change", "view")
        constraints = [
            one_of("webhook_subscription_status_is_known", "status", SubscriptionStatus),
            models.UniqueConstraint(
                fields=["owner", "url"],
                condition=~Q(status="closed"),
                name="one_open_webhook_subscription_per_address",
            ),
            models.CheckConstraint(
                name="webhook_subscription_wants_something", condition=Q(event_types__len__gte=1)
            ),
            models.CheckConstraint(
                name="disabled_webhook_subscription_says_why",
                condition=~Q(status="disabled") | ~Q(status_reason=""),
            ),
            models.CheckConstraint(
                name="previous_webhook_secret_ends",
                condition=Q(previous_secret__isnull=True, previous_secret_until=None)
                | Q(previous_secret__isnull=False, previous_secret_until__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"webhook {self.pk}"


class WebhookHealth(models.Model):
    """
    How a subscription fares: its last sequence number and whether its receiver takes messages.

    Written with every message and every try, so it is no part of the tracked row.
    """

    subscription = models.OneToOneField(
        WebhookSubscription, models.CASCADE, primary_key=True, related_name="health"
    )
    last_sequence = models.PositiveBigIntegerField(default=0)
    failures = models.PositiveIntegerField(default=0, help_text="In a row.")
    failing_since = models.DateTimeField(null=True)
    held_until = models.DateTimeField(null=True, help_text="Nothing is sent before.")
    woken_at = models.DateTimeField(null=True, help_text="A worker was called and has not come.")
    last_success_at = models.DateTimeField(null=True)
    last_failure_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=120, blank=True)

    class Meta:
        default_permissions = ()
        verbose_name_plural = "webhook health"
        constraints = [
            models.CheckConstraint(
                name="failing_webhook_says_since_when",
                condition=Q(failures=0, failing_since=None)
                | Q(failures__gt=0, failing_since__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"health of webhook {self.subscription_id}"


class MessageStatus(models.TextChoices):
    QUEUED = "queued"
    SENDING = "sending"
    DELIVERED = "delivered"
    DEAD = "dead", "Dead letter: given up"
    DROPPED = "dropped", "Dropped: nobody may have it any more"


class PartOfSubscriptionQuerySet(ScopedQuerySet):
    subscription_path: ClassVar[str] = "subscription"

    def visible_to(self, user: Any) -> Self:
        """Rows of the subscriptions the user may see."""
        rows = WebhookSubscription.objects.visible_to(user)
        return self.filter(**{f"{self.subscription_path}__in": rows})


class WebhookMessageQuerySet(PartOfSubscriptionQuerySet):
    def queued(self) -> Self:
        return self.filter(status=MessageStatus.QUEUED)

    def sending(self) -> Self:
        return self.filter(status=MessageStatus.SENDING)

    def due(self, at: datetime) -> Self:
        return self.queued().filter(next_attempt_at__lte=at)


class WebhookMessage(models.Model):
    """
    One event for one subscription, numbered without gaps in the order of their commits.

    Kept thirty days, so that a receiver can read again what it missed. `tries` counts since it was
    last queued, `attempts` for good.
    """

    subscription = models.ForeignKey(WebhookSubscription, models.PROTECT, related_name="messages")
    sequence = models.PositiveBigIntegerField()
    # The announced event; its row is kept no longer than this one. None: a test.
    event_id = models.PositiveBigIntegerField(null=True)
    event_type = models.CharField(max_length=80)
    object_kind = models.CharField(max_length=40, blank=True)
    object_id = models.PositiveBigIntegerField(null=True)
    object_number = models.CharField(max_length=40, blank=True)
    object_path = models.CharField(max_length=200, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField()
    status = models.CharField(
        max_length=9, choices=MessageStatus, default=MessageStatus.QUEUED, editable=False
    )
    reason = models.CharField(max_length=120, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    tries = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True)
    claimed_until = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    objects = WebhookMessageQuerySet.as_manager()

    class Meta:
        default_permissions = ("view",)
        constraints = [
            one_of("webhook_message_status_is_known", "status", MessageStatus),
            models.UniqueConstraint(
                fields=["subscription", "sequence"], name="one_webhook_message_per_sequence"
            ),
            models.UniqueConstraint(
                fields=["subscription", "event_id"],
                condition=Q(event_id__isnull=False),
                name="one_webhook_message_per_event",
            ),
            models.CheckConstraint(
                name="queued_webhook_message_says_when",
                condition=Q(status="queued", next_attempt_at__isnull=False)
                | (~Q(status="queued") & Q(next_attempt_at=None)),
            ),
            models.CheckConstraint(
                name="sending_webhook_message_says_until",
                condition=Q(status="sending", claimed_until__isnull=False)
                | (~Q(status="sending") & Q(claimed_until=None)),
            ),
            models.CheckConstraint(
                name="ended_webhook_message_says_when",
                condition=Q(status__in=["queued", "sending"], ended_at=None)
                | Q(status__in=["delivered", "dead", "dropped"], ended_at__isnull=False),
            ),
            models.CheckConstraint(
                name="webhook_message_has_an_object_or_is_a_test",
                condition=Q(event_id=None, object_id=None)
                | (Q(event_id__isnull=False, object_id__isnull=False) & ~Q(object_path="")),
            ),
        ]
        indexes = [
            models.Index(
                fields=["subscription", "next_attempt_at"],
                condition=Q(status="queued"),
                name="webhook_message_due",
            ),
            models.Index(
                fields=["claimed_until"], condition=Q(status="sending"), name="webhook_claimed"
            ),
            models.Index(
                fields=["subscription", "sequence"],
                condition=Q(status="dead"),
                name="webhook_message_dead",
            ),
            models.Index(fields=["created_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.event_type} #{self.sequence}"

    @property
    def public_id(self) -> str:
        """What receivers know a message by, however often it comes: the header `webhook-id`."""
        return f"msg_{self.pk}"


class AttemptQuerySet(PartOfSubscriptionQuerySet):
    subscription_path = "message__subscription"


class WebhookAttempt(models.Model):
    """One try to hand a message over, and what came of it; never changed, gone with its message."""

    message = models.ForeignKey(WebhookMessage, models.CASCADE, related_name="log")
    number = models.PositiveIntegerField()
    sent_at = models.DateTimeField()
    duration_ms = models.PositiveIntegerField()
    response_code = models.PositiveSmallIntegerField(null=True)
    error = models.CharField(max_length=120, blank=True)
    excerpt = models.CharField(max_length=300, blank=True)

    objects = AttemptQuerySet.as_manager()

    class Meta:
        default_permissions = ("view",)
        triggers = [pgtrigger.Protect(name="attempts_stay", operation=pgtrigger.Update)]
        constraints = [
            models.UniqueConstraint(
                fields=["message", "number"], name="one_webhook_attempt_per_number"
            ),
            models.CheckConstraint(
                name="webhook_attempt_says_how_it_ended",
                condition=Q(response_code__isnull=False) | ~Q(error=""),
            ),
        ]

    def __str__(self) -> str:
        return f"try {self.number}"
