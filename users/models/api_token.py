from datetime import datetime
from typing import Any, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from common.history import tracked
from common.models import BaseModel
from common.querysets import ScopedQuerySet
from users.models.user import User


class ApiTokenQuerySet(ScopedQuerySet):
    def visible_to(self, user: Any) -> Self:
        """One's own and those one issued for a machine; who may change tokens sees all."""
        if user.is_superuser or user.has_perm("users.change_apitoken"):
            return self
        return self.filter(Q(owner_id=user.pk) | Q(issued_by_id=user.pk))

    def live(self, at: datetime) -> Self:
        return self.filter(revoked_at__isnull=True, expires_at__gt=at)


@tracked
class ApiToken(BaseModel):
    """
    A key for a machine: an integrator or a ground station. Only its SHA-256 is kept.

    It can do what its scopes name and its owner may do, whichever is less.
    """

    owner = models.ForeignKey(User, models.PROTECT, related_name="api_tokens")
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=12, unique=True, editable=False)
    key_hash = models.CharField(max_length=64, unique=True, editable=False)
    scopes = ArrayField(models.CharField(max_length=160))
    allowed_networks = ArrayField(models.CharField(max_length=43), default=list, blank=True)
    expires_at = models.DateTimeField()
    issued_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    issued_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    revoked_reason = models.TextField(blank=True)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        verbose_name = "API token"
        permissions = [("revoke_apitoken", "Can revoke a machine's token")]
        constraints = [
            models.CheckConstraint(
                name="api_token_expires_after_issue", condition=Q(expires_at__gt=F("issued_at"))
            ),
            models.CheckConstraint(name="api_token_has_scopes", condition=Q(scopes__len__gte=1)),
        ]

    def __str__(self) -> str:
        return self.prefix


class ApiTokenUse(models.Model):
    """When and from where a token was last used; written at most once a minute, so not tracked."""

    token = models.OneToOneField(ApiToken, models.CASCADE, primary_key=True, related_name="use")
    last_used_at = models.DateTimeField()
    last_address = models.GenericIPAddressField(null=True)

    class Meta:
        verbose_name = "API token use"
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.token_id} {self.last_used_at:%Y-%m-%d %H:%M}"
