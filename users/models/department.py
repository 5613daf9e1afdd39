from django.db import models
from django.db.models import F, Q

from common.history import tracked
from common.models import BaseModel
from users.models.role import SignedInQuerySet
from users.models.user import User


@tracked
class Department(BaseModel):
    """A part of the organization, with its head and the department above it."""

    code = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=100)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children"
    )
    head = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    objects = SignedInQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="department_is_not_its_own_parent",
                condition=Q(parent__isnull=True) | ~Q(parent=F("pk")),
            )
        ]

    def __str__(self) -> str:
        return self.code
