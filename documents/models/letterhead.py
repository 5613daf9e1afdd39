from typing import Any, Self

from django.db import models

from common.history import tracked
from common.models import BaseModel
from common.querysets import ScopedQuerySet

HEX_COLOR = r"^#[0-9a-f]{6}$"


class StaffRowsQuerySet(ScopedQuerySet):
    """The company's own: staff see all of it, clients and machines without an employee none."""

    def visible_to(self, user: Any) -> Self:
        return self if user.is_authenticated and user.is_staff else self.none()


@tracked
class Letterhead(BaseModel):
    """
    Who our documents come from: name, mark, addresses, numbers. There is one row at most.

    Its row version is noted with each document, so its history tells what the head said.
    """

    is_ours = models.BooleanField(default=True, unique=True, editable=False)
    name = models.CharField(max_length=120)
    address = models.TextField(max_length=500, blank=True, help_text="One line under the other.")
    phone = models.CharField(max_length=60, blank=True)
    email = models.EmailField(blank=True)
    website = models.CharField(max_length=120, blank=True)
    registration = models.CharField(
        max_length=120, blank=True, help_text="Such as `ABN 51 824 753 556` or `EIN 12-3456789`."
    )
    certificate = models.CharField(
        max_length=120, blank=True, help_text="Operating certificates, such as `ReOC 1234`."
    )
    color = models.CharField(max_length=7, default="#1b3a5c", help_text="Such as `#1b3a5c`.")
    foot = models.CharField(
        max_length=160, blank=True, help_text="A line at the foot of every page."
    )
    logo = models.BinaryField(null=True, blank=True, editable=False)

    objects = StaffRowsQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="letterhead_color_is_hex", condition=models.Q(color__regex=HEX_COLOR)
            ),
            models.CheckConstraint(
                name="there_is_one_letterhead", condition=models.Q(is_ours=True)
            ),
        ]

    def __str__(self) -> str:
        return self.name
