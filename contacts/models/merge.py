from django.db import models
from django.db.models import F, Q

from contacts.models.constraints import said
from contacts.models.contact import Contact
from contacts.models.scoping import DeskQuerySet
from users.models import User


class ContactMerge(models.Model):
    """
    That one contact was found to be another: who said so, why, and all it takes to undo it.

    `before` holds both contacts as they were, `moved` the rows by model that point at the survivor
    since, `filled` what the survivor took over. Append-only.
    """

    IS_APPEND_ONLY = True

    survivor = models.ForeignKey(Contact, models.PROTECT, related_name="merges")
    merged = models.OneToOneField(Contact, models.PROTECT, related_name="merge")
    actor = models.ForeignKey(User, models.PROTECT, related_name="+")
    reason = models.TextField()
    merged_at = models.DateTimeField()
    before = models.JSONField()
    moved = models.JSONField()
    filled = models.JSONField()

    objects = DeskQuerySet.as_manager()

    class Meta:
        constraints = [
            said("merge_has_a_reason", "reason"),
            models.CheckConstraint(
                name="merge_is_of_two_contacts", condition=~Q(survivor=F("merged"))
            ),
        ]
        indexes = [models.Index(fields=["survivor", "-id"], name="merges_of_survivor")]

    def __str__(self) -> str:
        return f"{self.merged} into {self.survivor}"
