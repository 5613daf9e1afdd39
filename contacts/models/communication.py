from typing import Any, Self

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper

from common.constraints import one_of
from contacts.models.contact import Contact
from contacts.models.scoping import DeskQuerySet
from users.models import User


class Channel(models.TextChoices):
    CALL = "call"
    EMAIL = "email", "E-mail"
    MESSAGE = "message", "Text message"
    MEETING = "meeting"
    NOTE = "note"


class Direction(models.TextChoices):
    IN = "in"
    OUT = "out"
    INTERNAL = "internal"


class CommunicationQuerySet(DeskQuerySet):
    def with_contact(self, pk: Any) -> Self:
        """What was said with a contact and with those that were merged into it."""
        return self.filter(contact__in=Contact.objects.standing_for(pk).values("pk"))

    def standing(self) -> Self:
        """Entries that no later one corrects."""
        return self.filter(correction=None)


class Communication(models.Model):
    """
    One call, mail, message or note: who of us said what to whom, and when. Append-only.

    What was wrong stays and is corrected by a new entry that names it. An entry names for ever the
    contact it was logged with; after a merge it is read under the contact that stands for both.
    """

    IS_APPEND_ONLY = True

    contact = models.ForeignKey(Contact, models.PROTECT, related_name="communications")
    channel = models.CharField(max_length=8, choices=Channel)
    direction = models.CharField(max_length=8, choices=Direction)
    subject = models.CharField(max_length=200, blank=True)
    body = models.TextField(max_length=20_000, blank=True)
    occurred_at = models.DateTimeField()
    author = models.ForeignKey(User, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()
    corrects = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="correction"
    )
    correction_reason = models.CharField(max_length=500, blank=True)

    objects = CommunicationQuerySet.as_manager()

    class Meta:
        constraints = [
            one_of("communication_channel_is_known", "channel", Channel),
            one_of("communication_direction_is_known", "direction", Direction),
            models.CheckConstraint(
                name="communication_says_something", condition=~Q(subject="", body="")
            ),
            models.CheckConstraint(
                name="communication_has_happened",
                condition=Q(occurred_at__lte=F("recorded_at")),
            ),
            models.CheckConstraint(
                name="correction_has_a_reason",
                condition=Q(corrects=None, correction_reason="")
                | (Q(corrects__isnull=False) & ~Q(correction_reason="")),
            ),
        ]
        indexes = [
            models.Index(fields=["contact", "-occurred_at", "-id"], name="communication_history"),
            models.Index(fields=["-occurred_at", "-id"], name="communication_newest"),
            GinIndex(
                OpClass(Upper("subject"), name="gin_trgm_ops"), name="communication_subject_words"
            ),
            GinIndex(OpClass(Upper("body"), name="gin_trgm_ops"), name="communication_body_words"),
        ]

    def __str__(self) -> str:
        return f"{self.get_channel_display()} {self.occurred_at:%Y-%m-%d %H:%MZ}"
