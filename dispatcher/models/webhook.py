from typing import Self

from django.db import models
from django.db.models import Q

from common.constraints import one_of
from dispatcher.models.notice import DispatchNotice
from rpas.models.scoping import OperatorScopedQuerySet


class WebhookStatus(models.TextChoices):
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed", "Refused, or came too late"


class NoticeWebhookQuerySet(OperatorScopedQuerySet):
    operator_path = "notice__center__operator"

    def queued(self) -> Self:
        return self.filter(status=WebhookStatus.QUEUED)

    def sending(self) -> Self:
        return self.filter(status=WebhookStatus.SENDING)


class NoticeWebhook(models.Model):
    """
    One notice on its way to the address that the installation sends notices to.

    It is sent until it is taken, at least once: the receiver knows a second one by its number.
    """

    notice = models.OneToOneField(DispatchNotice, models.PROTECT, related_name="webhook")
    status = models.CharField(
        max_length=8, choices=WebhookStatus, default=WebhookStatus.QUEUED, editable=False
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    queued_at = models.DateTimeField()
    not_after = models.DateTimeField(help_text="Of no use any more.")
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    claimed_until = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    reply = models.CharField(max_length=200, blank=True)

    objects = NoticeWebhookQuerySet.as_manager()

    class Meta:
        default_permissions = ("view",)
        constraints = [
            one_of("notice_webhook_status_is_known", "status", WebhookStatus),
            models.CheckConstraint(
                name="queued_webhook_says_when",
                condition=~Q(status="queued") | Q(next_attempt_at__isnull=False),
            ),
            models.CheckConstraint(
                name="sending_webhook_says_until",
                condition=~Q(status="sending") | Q(claimed_until__isnull=False),
            ),
            models.CheckConstraint(
                name="ended_webhook_says_when",
                condition=~Q(status__in=["sent", "failed"]) | Q(ended_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_attempt_at"],
                condition=Q(status="queued"),
                name="notice_webhook_due",
            )
        ]

    def __str__(self) -> str:
        return f"webhook of notice {self.notice_id}"
