from datetime import datetime
from typing import Any, Self

from django.db import models
from django.db.models import Q

from client_management.models.constraints import not_negative, ordered
from client_management.models.organization import ClientOrganization
from client_management.models.scoping import ClientQuerySet
from common.constraints import all_or_none, one_of
from common.history import tracked, tracked_without
from common.models import BaseModel
from users.models import User


class AccessLevel(models.TextChoices):
    """What a person of a client is there for; the flags say what they may do."""

    VIEWER = "viewer"
    REQUESTER = "requester"
    APPROVER = "approver"
    FINANCE = "finance"
    OWNER = "owner", "Runs the client's account"


# Flags that a level starts with; each can be set by itself.
FLAGS = (
    "can_view_jobs",
    "can_request_services",
    "can_approve_quotes",
    "can_download_deliverables",
    "can_view_invoices",
    "can_track_live",
)
LEVELS: dict[str, frozenset[str]] = {
    AccessLevel.VIEWER: frozenset({"can_view_jobs"}),
    AccessLevel.REQUESTER: frozenset(
        {"can_view_jobs", "can_request_services", "can_download_deliverables", "can_track_live"}
    ),
    AccessLevel.APPROVER: frozenset(FLAGS) - {"can_view_invoices"},
    AccessLevel.FINANCE: frozenset({"can_view_jobs", "can_view_invoices"}),
    AccessLevel.OWNER: frozenset(FLAGS),
}


class Digest(models.TextChoices):
    """How often a person wants to hear from us by mail."""

    AT_ONCE = "at_once", "As it happens"
    DAILY = "daily", "Once a day"
    NEVER = "never"


class AccessQuerySet(ClientQuerySet):
    def of_user(self, user: Any) -> Self:
        return self.filter(user=user)


@tracked
class CustomerPortalAccess(BaseModel):
    """
    One person's key to one client's portal: what they may see and do there, and until when.

    A consultant holds one for each client. Staff never hold any.
    """

    organization = models.ForeignKey(ClientOrganization, models.PROTECT, related_name="accesses")
    user = models.ForeignKey(User, models.PROTECT, related_name="portal_accesses")
    level = models.CharField(max_length=10, choices=AccessLevel, default=AccessLevel.VIEWER)
    can_view_jobs = models.BooleanField(default=False)
    can_request_services = models.BooleanField(default=False)
    can_approve_quotes = models.BooleanField(default=False)
    can_download_deliverables = models.BooleanField(default=False)
    can_view_invoices = models.BooleanField(default=False)
    can_track_live = models.BooleanField(default=False)
    approval_limit = models.DecimalField(
        max_digits=12,
        decimal_places=2,
        null=True,
        blank=True,
        help_text="Greatest offer this person may accept, with tax; empty for any.",
    )
    notify_quotes = models.BooleanField(default=True)
    notify_schedule = models.BooleanField(default=True)
    notify_flights = models.BooleanField(default=False)
    notify_deliverables = models.BooleanField(default=True)
    notify_invoices = models.BooleanField(default=False)
    notify_messages = models.BooleanField(default=True)
    digest = models.CharField(max_length=8, choices=Digest, default=Digest.AT_ONCE)
    valid_from = models.DateField()
    valid_until = models.DateField(null=True, blank=True, help_text="First day without it.")
    granted_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    revoked_at = models.DateTimeField(null=True, editable=False)
    revoked_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", editable=False
    )
    last_used_at = models.DateTimeField(null=True, editable=False)

    objects = AccessQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "customer portal accesses"
        permissions = [("revoke_customerportalaccess", "Can take portal access away")]
        constraints = [
            one_of("access_level_is_known", "level", AccessLevel),
            one_of("access_digest_is_known", "digest", Digest),
            models.UniqueConstraint(
                fields=["user", "organization"], name="one_access_per_person_and_client"
            ),
            models.UniqueConstraint(
                fields=["id", "organization"], name="access_belongs_to_its_client"
            ),
            not_negative("access_limit_is_not_negative", "approval_limit"),
            ordered("access_ends_after_it_starts", "valid_from", "valid_until"),
            all_or_none("access_revoked_by_somebody", ("revoked_at", "revoked_by")),
        ]
        indexes = [models.Index(fields=["organization", "level"], name="access_of_client")]

    def __str__(self) -> str:
        return f"{self.user_id} at {self.organization}"


class InvitationQuerySet(ClientQuerySet):
    def open(self, at: datetime) -> Self:
        """Invitations that can still be taken up."""
        return self.filter(accepted_at=None, revoked_at=None, expires_at__gt=at)


@tracked_without("link_salt")
class Invitation(BaseModel):
    """
    An invitation to a client's portal, by e-mail: whoever holds its link may take it up, once.

    The link's token is not stored; see common.links.
    """

    organization = models.ForeignKey(ClientOrganization, models.PROTECT, related_name="invitations")
    email = models.EmailField()
    full_name = models.CharField(max_length=200, blank=True)
    level = models.CharField(max_length=10, choices=AccessLevel, default=AccessLevel.VIEWER)
    approval_limit = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    message = models.CharField(max_length=1000, blank=True)
    link_salt = models.CharField(max_length=32, editable=False)
    link_digest = models.CharField(max_length=64, unique=True, editable=False)
    invited_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    sent_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, editable=False)
    accepted_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", editable=False
    )
    revoked_at = models.DateTimeField(null=True, editable=False)
    revoked_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", editable=False
    )

    objects = InvitationQuerySet.as_manager()

    class Meta:
        permissions = [
            ("resend_invitation", "Can send an invitation again"),
            ("revoke_invitation", "Can take an invitation back"),
        ]
        constraints = [
            one_of("invitation_level_is_known", "level", AccessLevel),
            ordered("invitation_stands_for_a_time", "sent_at", "expires_at"),
            all_or_none("invitation_accepted_by_somebody", ("accepted_at", "accepted_by")),
            all_or_none("invitation_revoked_by_somebody", ("revoked_at", "revoked_by")),
            models.CheckConstraint(
                name="invitation_has_one_end", condition=Q(accepted_at=None) | Q(revoked_at=None)
            ),
            models.UniqueConstraint(
                fields=["organization", "email"],
                condition=Q(accepted_at=None, revoked_at=None),
                name="one_open_invitation_per_address",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organization} invitation {self.pk}"
