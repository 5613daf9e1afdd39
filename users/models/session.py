import uuid

from django.db import models
from django.db.models import F, Q

from users.models.user import User


class SignInSession(models.Model):
    """
    One sign-in and everything that grew from it by refreshing: the family of its refresh tokens.

    Not tracked: a session is its own history and ends by `revoked_at`.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="sessions")
    epoch = models.PositiveIntegerField()
    started_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    second_factor_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    revoked_reason = models.CharField(max_length=32, blank=True)
    address = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name = "sign-in session"
        default_permissions = ()
        indexes = [
            models.Index(
                fields=["user"], condition=Q(revoked_at__isnull=True), name="live_sessions"
            )
        ]
        constraints = [
            models.CheckConstraint(
                name="session_ends_after_it_starts", condition=Q(ends_at__gt=F("started_at"))
            )
        ]

    def __str__(self) -> str:
        return str(self.id)


class RefreshToken(models.Model):
    """One link in a session's chain: good for one refresh, which makes the next link."""

    session = models.ForeignKey(SignInSession, models.CASCADE, related_name="tokens")
    jti = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    # One child each: the database's own word against two refreshes with one token.
    parent = models.OneToOneField("self", models.CASCADE, null=True, related_name="child")
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["expires_at"])]
        constraints = [
            models.CheckConstraint(
                name="refresh_token_used_before_expiry",
                condition=Q(used_at__isnull=True) | Q(used_at__lte=F("expires_at")),
            )
        ]

    def __str__(self) -> str:
        return str(self.jti)


class RecoveryCode(models.Model):
    """A code on paper that stands in once for the second factor; only its SHA-256 is kept."""

    user = models.ForeignKey(User, models.CASCADE, related_name="recovery_codes")
    code_hash = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["user", "code_hash"], name="one_row_per_recovery_code")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {'used' if self.used_at else 'unused'}"
