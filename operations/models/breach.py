from datetime import datetime, timedelta
from typing import ClassVar, Self

from django.db import models
from django.db.models import F, Q

from aircraft.models import FLEET_SCOPE
from common.constraints import one_of
from common.history import tracked
from common.models import BaseModel
from operations.models.scoping import TripDeskQuerySet
from operations.models.trip import Trip
from users.models import User

# 45 CFR 164.404(b): in no case later than 60 calendar days after discovery.
NOTICE_WITHIN = timedelta(days=60)


class BreachStatus(models.TextChoices):
    REPORTED = "reported", "Reported, presumed a breach"
    RULED_OUT = "ruled_out", "Assessed: low probability of compromise"
    NOTIFIED = "notified", "The persons were told"
    CLOSED = "closed"


class PrivacyBreachQuerySet(TripDeskQuerySet):
    def running(self) -> Self:
        """Those whose persons are still to be told."""
        return self.filter(status=BreachStatus.REPORTED)


@tracked
class PrivacyBreach(BaseModel):
    """
    Unsecured health information seen, used or lost without right (45 CFR 164.402).

    Presumed a breach until a risk assessment says otherwise. The clock of the notice to the persons
    runs from `discovered_at`, the first day that anybody of the company knew or should have known
    (164.404(a)(2)). Texts never name a patient.
    """

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        BreachStatus.REPORTED: {BreachStatus.NOTIFIED, BreachStatus.RULED_OUT},
        BreachStatus.RULED_OUT: {BreachStatus.REPORTED},
        BreachStatus.NOTIFIED: {BreachStatus.CLOSED},
    }

    number = models.CharField(max_length=16, unique=True, editable=False)
    trip = models.ForeignKey(
        Trip, models.PROTECT, null=True, blank=True, related_name="privacy_breaches"
    )
    status = models.CharField(
        max_length=12, choices=BreachStatus, default=BreachStatus.REPORTED, editable=False
    )
    occurred_at = models.DateTimeField(null=True, blank=True, help_text="Where it is known.")
    discovered_at = models.DateTimeField(
        help_text="When anybody of the company first knew, or should have known."
    )
    narrative = models.TextField(
        max_length=20_000, help_text="What happened, and to which data. Never a patient's name."
    )
    persons_affected = models.PositiveIntegerField(help_text="How many persons, by what is known.")
    notified_at = models.DateTimeField(null=True, blank=True, editable=False)
    notice = models.CharField(
        max_length=200,
        blank=True,
        editable=False,
        help_text="How the persons were told, such as by first-class mail.",
    )
    reminded = models.CharField(
        max_length=8,
        blank=True,
        editable=False,
        help_text="The last step of the clock that was reminded of: amber or red.",
    )
    reported_by = models.ForeignKey(User, models.PROTECT, related_name="+", editable=False)

    objects = PrivacyBreachQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "privacy breaches"
        # 45 CFR 164.414(b), 164.530(j): the record is the proof that the persons were told.
        default_permissions = ("add", "change", "view")
        permissions = [
            ("notify_privacybreach", "Can record that the persons of a breach were told"),
            ("rule_out_privacybreach", "Can rule a breach out by risk assessment, or reopen it"),
            ("close_privacybreach", "Can close a breach"),
        ]
        constraints = [
            one_of("privacy_breach_status_is_known", "status", BreachStatus),
            models.CheckConstraint(
                name="breach_concerns_somebody", condition=Q(persons_affected__gte=1)
            ),
            models.CheckConstraint(
                name="breach_known_after_it_happened",
                condition=Q(occurred_at=None) | Q(discovered_at__gte=F("occurred_at")),
            ),
            models.CheckConstraint(
                name="persons_told_after_it_was_known",
                condition=Q(notified_at=None) | Q(notified_at__gte=F("discovered_at")),
            ),
            models.CheckConstraint(
                name="notified_breach_says_when_and_how",
                condition=~Q(status__in=["notified", "closed"])
                | (Q(notified_at__isnull=False) & ~Q(notice="")),
            ),
        ]
        indexes = [
            models.Index(fields=["-discovered_at"], name="privacy_breach_newest"),
            models.Index(
                fields=["discovered_at"],
                condition=Q(status="reported"),
                name="privacy_breach_running",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def due_at(self) -> datetime:
        """When the persons must have been told."""
        return self.discovered_at + NOTICE_WITHIN

    @property
    def scope(self) -> str:
        """Whose record this is, as audit stores it."""
        return FLEET_SCOPE
