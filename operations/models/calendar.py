from typing import Self

from django.db import models
from django.db.models import Q

from aircraft.models import Aircraft
from common.history import tracked_without
from common.models import BaseModel
from operations.models.scoping import TripDeskQuerySet
from users.models import User


class CalendarFeedQuerySet(TripDeskQuerySet):
    def live(self) -> Self:
        return self.filter(revoked_at=None, owner__is_active=True)


@tracked_without("digest")
class CalendarFeed(BaseModel):
    """
    A secret address under which a calendar program reads one person's duties or one aircraft's
    legs.

    Only the SHA-256 of the secret is kept. It ends when it is revoked, when the account of its
    owner closes, and when the owner may no longer see trips.
    """

    owner = models.ForeignKey(User, models.PROTECT, related_name="calendar_feeds")
    aircraft = models.ForeignKey(
        Aircraft,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="None: the owner's own duties.",
    )
    digest = models.CharField(max_length=64, unique=True, editable=False)
    issued_at = models.DateTimeField(editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)

    objects = CalendarFeedQuerySet.as_manager()

    class Meta:
        permissions = [("revoke_calendarfeed", "Can revoke a calendar feed")]
        constraints = [
            models.CheckConstraint(
                name="calendar_feed_keeps_a_digest", condition=Q(digest__regex="^[0-9a-f]{64}$")
            )
        ]

    def __str__(self) -> str:
        return f"calendar feed {self.pk}"
