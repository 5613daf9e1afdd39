"""Whose portal somebody may enter."""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from client_management.models import ClientStatus, CustomerPortalAccess


def accesses_of(user: Any, *, at: datetime) -> QuerySet[CustomerPortalAccess]:
    """
    The keys that open a portal for somebody now, by the client's name.

    A key counts by the day at the client's place. Staff hold none: their screens are elsewhere.
    """
    if not user.is_authenticated or user.is_staff:
        return CustomerPortalAccess.objects.none()
    # One day to each side of UTC's: which of them it is, the client's zone says.
    rows = CustomerPortalAccess.objects.of_user(user).filter(revoked_at=None)
    rows = rows.exclude(organization__status=ClientStatus.CLOSED)
    live = [key.pk for key in rows.select_related("organization") if is_live(key, at=at)]
    found = rows.filter(pk__in=live).select_related("organization__contact", "user")
    return found.order_by("organization__name", "pk")


def access_to(user: Any, organization: str, *, at: datetime) -> CustomerPortalAccess | None:
    """Somebody's key to the portal of one client, by its number."""
    if len(organization) > 16 or not organization.isascii():
        return None
    return accesses_of(user, at=at).filter(organization__number=organization).first()


def is_live(access: CustomerPortalAccess, *, at: datetime) -> bool:
    """Whether a key opens the portal on this day at the client's place."""
    today = access.organization.local_day(at)
    is_over = access.valid_until is not None and access.valid_until <= today
    return access.revoked_at is None and access.valid_from <= today and not is_over
