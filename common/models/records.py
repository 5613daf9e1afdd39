from typing import Any, Self

from django.conf import settings
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper

from common.querysets import ScopedQuerySet
from common.scopes import scopes_of


class StatusChange(models.Model):
    """One step of one record through its life cycle. Never updated, never deleted."""

    IS_APPEND_ONLY = True

    content_type = models.ForeignKey(ContentType, models.PROTECT)
    object_id = models.PositiveBigIntegerField()
    subject = GenericForeignKey()
    from_status = models.CharField(max_length=32)
    to_status = models.CharField(max_length=32)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    reason = models.TextField(blank=True)
    changed_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["content_type", "object_id", "id"])]

    def __str__(self) -> str:
        return f"{self.from_status} to {self.to_status}"


class AuditQuerySet(ScopedQuerySet):
    def visible_to(self, user: Any) -> Self:
        """
        Rows of the caller's operators, and the caller's own deeds; a superuser sees all.

        Rows of no operator, on accounts and roles, are for who keeps the roles.
        """
        if user.is_superuser:
            return self
        if not user.is_authenticated:
            return self.none()
        scopes = list(scopes_of(user))
        if user.has_perm("users.change_role"):
            scopes.append("")
        return self.filter(Q(scope__in=scopes) | Q(actor=user))


class AuditEvent(models.Model):
    """
    One deed worth answering for: an action, an override, a look at restricted data.

    Append-only. At commit a deferred trigger links the row into a SHA-256 chain (AuditLink), so a
    row altered or removed behind the application's back no longer fits.
    """

    IS_APPEND_ONLY = True

    action = models.CharField(max_length=64)
    subject_type = models.CharField(max_length=64)
    subject_id = models.CharField(max_length=64)
    subject_label = models.CharField(max_length=200)
    scope = models.CharField(max_length=64, blank=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    actor_label = models.CharField(max_length=254, blank=True)
    reason = models.TextField(blank=True)
    details = models.JSONField(default=dict)
    request_id = models.CharField(max_length=64, blank=True)
    address = models.GenericIPAddressField(null=True)
    occurred_at = models.DateTimeField()

    objects = AuditQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["subject_type", "subject_id", "id"]),
            models.Index(fields=["scope", "id"]),
            models.Index(fields=["action", "-id"], name="audit_action"),
            models.Index(Upper("request_id"), name="audit_request"),
            *(
                GinIndex(OpClass(Upper(field), name="gin_trgm_ops"), name=f"audit_{field}_words")
                for field in ("subject_label", "actor_label")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.subject_label}"


class AuditLink(models.Model):
    """The place of one audit event in the chain; written by a trigger at commit, never by code."""

    IS_APPEND_ONLY = True

    sequence = models.BigIntegerField(primary_key=True)
    event = models.OneToOneField(AuditEvent, models.PROTECT, related_name="link")
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"#{self.sequence}"
