"""Invitations to the portal, by e-mail: sent, sent again, taken back, taken up once."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from client_management import links
from client_management.events import InvitationSent
from client_management.exceptions import (
    AlreadyHasAccess,
    AlreadyInvited,
    InvitationClosed,
    InvitationForSomebodyElse,
    StaffHaveNoPortalAccess,
)
from client_management.mails import INVITATION, INVITATION_LASTS
from client_management.models import (
    ClientOrganization,
    ClientStatus,
    CustomerPortalAccess,
    Invitation,
)
from client_management.queries.portal_access import is_live
from client_management.services.accesses import grant_access
from common.audit import record
from common.exceptions import InvalidInput
from common.lifecycle import locked
from common.links import digest_of, new_salt
from common.mail.outbox import address_of, post
from common.mail.words import moment_said
from common.outbox import announce
from users.models import Role, User
from users.models.user import CLIENT
from users.services.accounts import create_account
from users.services.roles import assign_role


@transaction.atomic
def invite(
    organization: ClientOrganization,
    *,
    email: str,
    level: str,
    full_name: str = "",
    message: str = "",
    approval_limit: Decimal | None = None,
    actor: Any,
    at: datetime,
) -> Invitation:
    """
    Mail somebody a link that opens the client's portal, good for 14 days and once.

    Raises AlreadyInvited, AlreadyHasAccess, StaffHaveNoPortalAccess, InvalidInput.
    """
    organization = locked(organization)
    if organization.status == ClientStatus.CLOSED:
        raise InvalidInput("/organization", "The client is closed.")
    address = address_of(email).lower()
    _check_invitable(organization, address, at)
    salt = new_salt()
    invitation = Invitation.objects.create(
        organization=organization,
        email=address,
        full_name=" ".join(full_name.split()),
        level=level,
        approval_limit=approval_limit,
        message=message,
        link_salt=salt,
        link_digest=digest_of(links.invitation_token(salt)),
        invited_by=actor,
        sent_at=at,
        expires_at=at + INVITATION_LASTS,
    )
    _mail(invitation, once="sent", at=at)
    record("portal_invitation.sent", invitation, actor=actor, at=at, level=str(level))
    announce(InvitationSent(invitation_id=invitation.pk, organization_id=organization.pk))
    return invitation


@transaction.atomic
def resend_invitation(invitation: Invitation, *, actor: Any, at: datetime) -> Invitation:
    """Mail the same link again, good for 14 more days. Raises InvitationClosed."""
    invitation = locked(invitation)
    if invitation.accepted_at or invitation.revoked_at:
        raise InvitationClosed
    invitation.expires_at = at + INVITATION_LASTS
    invitation.save()
    _mail(invitation, once=f"again {at.isoformat()}", at=at)
    record("portal_invitation.resent", invitation, actor=actor, at=at)
    return invitation


@transaction.atomic
def revoke_invitation(
    invitation: Invitation, *, reason: str, actor: Any, at: datetime
) -> Invitation:
    """Take an invitation back; its link says so. Raises InvitationClosed."""
    invitation = locked(invitation)
    if invitation.accepted_at or invitation.revoked_at:
        raise InvitationClosed
    invitation.revoked_at, invitation.revoked_by = at, actor
    invitation.save()
    record("portal_invitation.revoked", invitation, actor=actor, at=at, reason=reason)
    return invitation


def invitation_of(token: str) -> Invitation | None:
    """The invitation that a link's token opens, whatever became of it; 1 query."""
    rows = Invitation.objects.select_related("organization", "invited_by")
    return rows.filter(link_digest=digest_of(token)).first()


@transaction.atomic
def accept_invitation(
    invitation: Invitation,
    *,
    user: User | None = None,
    first_name: str = "",
    last_name: str = "",
    password: str = "",
    at: datetime,
) -> CustomerPortalAccess:
    """
    Take an invitation up, once: with the account one is signed in to, or with a new one.

    Whoever has an account signs in to it first. Raises InvitationClosed,
    InvitationForSomebodyElse, StaffHaveNoPortalAccess, AccountExists, InvalidInput for a poor
    password.
    """
    organization = locked(invitation.organization)
    invitation = locked(invitation)
    if invitation.accepted_at or invitation.revoked_at or invitation.expires_at <= at:
        raise InvitationClosed
    if user is not None and user.email.lower() != invitation.email:
        raise InvitationForSomebodyElse
    person = user or _new_account(invitation, first_name, last_name, password, at)
    access = grant_access(
        organization,
        user=person,
        level=invitation.level,
        approval_limit=invitation.approval_limit,
        actor=invitation.invited_by,
        at=at,
    )
    invitation.accepted_at, invitation.accepted_by = at, person
    invitation.save()
    record("portal_invitation.accepted", invitation, actor=person, at=at)
    return access


def _new_account(
    invitation: Invitation, first_name: str, last_name: str, password: str, at: datetime
) -> User:
    if not password:
        raise InvalidInput("/password", gettext_noop("Choose a password."))
    inviter = invitation.invited_by
    person = create_account(
        email=invitation.email,
        first_name=first_name,
        last_name=last_name,
        password=password,
        actor=inviter,
        at=at,
    )
    role = Role.objects.get(code=CLIENT)
    assign_role(person, role, actor=inviter, at=at, reason="Invitation to a client's portal")
    return person


def _check_invitable(organization: ClientOrganization, address: str, at: datetime) -> None:
    # One that ran out makes room for a new one.
    stale = organization.invitations.filter(
        email=address, accepted_at=None, revoked_at=None, expires_at__lte=at
    )
    for invitation in stale:
        invitation.revoked_at, invitation.revoked_by = at, invitation.invited_by
        invitation.save()
    if organization.invitations.open(at).filter(email=address).exists():
        raise AlreadyInvited
    user = User.objects.annotate(plain=Lower("email")).filter(plain=address).first()
    if user is None:
        return
    if user.is_staff or user.is_superuser:
        raise StaffHaveNoPortalAccess
    known = organization.accesses.filter(user=user).first()
    if known is not None and is_live(known, at=at):
        raise AlreadyHasAccess


def _mail(invitation: Invitation, *, once: str, at: datetime) -> None:
    until = invitation.expires_at
    post(
        INVITATION.key,
        to=invitation.email,
        context={
            "client": invitation.organization.name,
            "inviter": invitation.invited_by.full_name or _("Our desk"),
            "message": invitation.message,
            "link": links.invitation_address(invitation.link_salt),
            "until": moment_said(until),
        },
        once=f"{invitation.pk} {once}",
        about=invitation,
        at=at,
    )
