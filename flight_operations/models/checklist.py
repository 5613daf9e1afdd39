from typing import Any, Self

from django.db import models
from django.db.models import Q

from common.history import tracked
from common.models import BaseModel
from common.querysets import ScopedQuerySet
from flight_operations.models.operation import FlightOperation
from users.models import User


class ChecklistQuerySet(ScopedQuerySet):
    def visible_to(self, user: Any) -> Self:
        """Checklists of the operations that the user may see."""
        return self.filter(operation__in=FlightOperation.objects.visible_to(user))


@tracked
class PreFlightChecklist(BaseModel):
    """What is looked at before one take-off; frozen once the aircraft is in the air."""

    operation = models.OneToOneField(FlightOperation, models.PROTECT, related_name="checklist")
    frozen_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = ChecklistQuerySet.as_manager()

    class Meta:
        verbose_name = "pre-flight checklist"
        permissions = [("tick_preflightchecklist", "Can answer pre-flight checklist items")]

    def __str__(self) -> str:
        return f"checklist of {self.operation}"


class ItemAnswer(models.TextChoices):
    DONE = "done"
    FAILED = "failed"
    NOT_APPLICABLE = "not_applicable"


@tracked
class ChecklistItem(BaseModel):
    """One thing to look at, with what was found, by whom and when."""

    class Source(models.TextChoices):
        PERSON = "person"
        SYSTEM = "system"

    checklist = models.ForeignKey(PreFlightChecklist, models.CASCADE, related_name="items")
    sequence = models.PositiveSmallIntegerField()
    code = models.SlugField(max_length=40)
    title = models.CharField(max_length=200)
    is_required = models.BooleanField(default=True)
    answer = models.CharField(max_length=16, choices=ItemAnswer, blank=True, editable=False)
    evidence = models.TextField(blank=True, editable=False)
    source = models.CharField(max_length=8, choices=Source, default=Source.PERSON, editable=False)
    answered_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )
    answered_at = models.DateTimeField(null=True, blank=True, editable=False)
    valid_until = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["checklist", "code"], name="one_item_per_code"),
            models.CheckConstraint(
                name="answered_item_says_when_and_why",
                condition=Q(answer="", answered_at=None, answered_by=None)
                | (~Q(answer="") & ~Q(evidence="") & Q(answered_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="person_item_says_who",
                condition=Q(source="system") | Q(answer="") | Q(answered_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.code
