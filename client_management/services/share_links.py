"""Links at which a deliverable is had without an account, for a while."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from client_management.models import SHOWN, Deliverable, ShareLink
from client_management.portal_exceptions import ShareLinkClosed
from client_management.share_tokens import PURPOSE
from common import audit
from common.exceptions import TransitionNotAllowed
from common.lifecycle import locked
from common.links import digest_of, new_salt, token_of

MOST_DAYS = 90


@transaction.atomic
def share(
    deliverable: Deliverable, *, days: int, label: str = "", actor: Any, at: datetime
) -> ShareLink:
    """Make a link that is good for some days. Only what the client was shown can be shared."""
    deliverable = locked(deliverable)
    if deliverable.status not in SHOWN:
        raise TransitionNotAllowed(current=str(deliverable.status), wanted="shared")
    salt = new_salt()
    link = ShareLink.objects.create(
        deliverable=deliverable,
        label=label,
        link_salt=salt,
        link_digest=digest_of(token_of(salt, purpose=PURPOSE)),
        expires_at=at + timedelta(days=days),
        created_by=actor,
    )
    audit.record("deliverable.shared", deliverable, actor=actor, at=at, link=link.pk, days=days)
    return link


@transaction.atomic
def revoke_share(link: ShareLink, *, actor: Any, at: datetime) -> ShareLink:
    """Make a link useless. Raises ShareLinkClosed for one that is."""
    link = locked(link)
    if link.revoked_at is not None:
        raise ShareLinkClosed
    link.revoked_at, link.revoked_by = at, actor
    link.save()
    audit.record("deliverable.unshared", link.deliverable, actor=actor, at=at, link=link.pk)
    return link


def address_of(link: ShareLink) -> str:
    """The link as it is handed on."""
    token = token_of(link.link_salt, purpose=PURPOSE)
    return f"{settings.PUBLIC_URL}/portal/shared/{token}/"
