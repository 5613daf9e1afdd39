from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from common.encryption import SealedModel, SealedTextField
from common.querysets import StaffQuerySet


class MailStatus(models.TextChoices):
    QUEUED = "queued", "Waits to be sent"
    SENDING = "sending", "Being handed over"
    SENT = "sent", "Taken by the mail server"
    FAILED = "failed", "Refused for good, or returned"
    UNKNOWN = "unknown", "Perhaps taken: the answer was lost"
    LAPSED = "lapsed", "Not sent in time"
    SUPPRESSED = "suppressed", "Not sent: the address returns mail"


class Mail(SealedModel):
    """
    One mail to one address, stored in the transaction that makes it true.

    `context` fills the templates when it is sent; it may hold links and codes, so it is encrypted
    and dropped as soon as the mail has left or is given up. Nothing of a patient is ever in it.
    """

    OPEN: ClassVar = (MailStatus.QUEUED, MailStatus.SENDING)

    kind = models.CharField(max_length=64)
    recipient = models.EmailField()
    language = models.CharField(max_length=8, default="", db_default="", blank=True)
    context = SealedTextField(max_length=8000, null=True)
    dedupe = models.CharField(max_length=64, unique=True)
    about_type = models.CharField(max_length=64, blank=True)
    about_id = models.PositiveBigIntegerField(null=True)
    message_id = models.CharField(max_length=120, unique=True)
    status = models.CharField(max_length=10, choices=MailStatus, default=MailStatus.QUEUED)
    queued_at = models.DateTimeField()
    not_after = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True)
    claimed_until = models.DateTimeField(null=True)
    handed_over_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    reply = models.CharField(max_length=300, blank=True, help_text="What the server said last.")

    objects = StaffQuerySet.as_manager()

    class Meta(SealedModel.Meta):
        constraints = [
            models.CheckConstraint(
                name="mail_status_is_known", condition=Q(status__in=MailStatus.values)
            ),
            models.CheckConstraint(
                name="waiting_mail_knows_when",
                condition=~Q(status="queued") | Q(next_attempt_at__isnull=False),
            ),
            models.CheckConstraint(
                name="mail_keeps_context_while_open",
                condition=Q(status__in=["queued", "sending"], context__isnull=False)
                | (~Q(status__in=["queued", "sending"]) & Q(context__isnull=True)),
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_attempt_at", "id"], condition=Q(status="queued"), name="mail_waiting"
            ),
            models.Index(
                fields=["claimed_until"], condition=Q(status="sending"), name="mail_claimed"
            ),
            models.Index(fields=["about_type", "about_id", "id"], name="mail_about"),
        ]

    def __str__(self) -> str:
        return f"Mail {self.pk}"


class SuppressedAddress(models.Model):
    """An address that returned a mail for good; nothing is sent there until somebody lifts it."""

    address = models.EmailField()
    reason = models.CharField(max_length=300)
    suppressed_at = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )

    objects = StaffQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "suppressed addresses"
        permissions = [("lift_suppressedaddress", "Can let mail go to an address again")]
        constraints = [
            models.UniqueConstraint(
                fields=["address"],
                condition=Q(lifted_at=None),
                name="one_live_suppression_per_address",
            ),
            models.CheckConstraint(
                name="suppression_lifted_by_somebody",
                condition=Q(lifted_at=None, lifted_by=None)
                | Q(lifted_at__isnull=False, lifted_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"Suppression {self.pk}"
