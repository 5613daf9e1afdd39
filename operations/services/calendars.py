"""Secret addresses for calendar programs: issued once, revoked for good."""

import hashlib
import secrets
from datetime import datetime
from typing import Any

from django.db import transaction

from aircraft.models import Aircraft
from common import audit
from common.lifecycle import locked
from operations.exceptions import FeedRevoked, NotYourPlace
from operations.models import CalendarFeed


@transaction.atomic
def issue_feed(
    *, aircraft: Aircraft | None = None, actor: Any, at: datetime
) -> tuple[CalendarFeed, str]:
    """
    Make an address for one's own duties, or for an aircraft's legs, and give its secret once.

    Only the digest is kept: a lost address is replaced by a new one.
    """
    secret = secrets.token_urlsafe(32)
    feed = CalendarFeed.objects.create(
        owner=actor, aircraft=aircraft, digest=digest_of(secret), issued_at=at
    )
    audit.record("calendar_feed.issued", feed, actor=actor, at=at)
    return feed, secret


@transaction.atomic
def revoke_feed(feed: CalendarFeed, *, actor: Any, at: datetime) -> CalendarFeed:
    """
    End an address: one's own, or anybody's for who may change them.

    Raises NotYourPlace, FeedRevoked.
    """
    feed = locked(feed)
    if feed.owner_id != actor.pk and not actor.has_perm("operations.change_calendarfeed"):
        raise NotYourPlace
    if feed.revoked_at is not None:
        raise FeedRevoked
    feed.revoked_at = at
    feed.save(update_fields=["revoked_at", "updated_at"])
    audit.record("calendar_feed.revoked", feed, actor=actor, at=at)
    return feed


def feed_with(secret: str) -> CalendarFeed | None:
    """The live feed with a secret, while its owner works here and may see what it shows."""
    rows = CalendarFeed.objects.live().filter(digest=digest_of(secret))
    feed = rows.select_related("owner", "aircraft").first()
    if feed is None or not feed.owner.is_staff or not feed.owner.has_perm("operations.view_trip"):
        return None
    return feed


def digest_of(secret: str) -> str:
    """What is kept of a secret: it is random enough for a plain SHA-256."""
    return hashlib.sha256(secret.encode()).hexdigest()
