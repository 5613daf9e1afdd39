from typing import Any, Self

from django.db import models
from django.db.models import Q

from common.history import tracked
from common.models import BaseModel, Verdict
from common.querysets import ScopedQuerySet
from flight_operations.models.operation import FlightOperation
from users.models import User


class ReleaseQuerySet(ScopedQuerySet):
    def visible_to(self, user: Any) -> Self:
        """Releases of the operations that the user may see."""
        return self.filter(operation__in=FlightOperation.objects.visible_to(user))

    def live(self) -> Self:
        return self.filter(revoked_at=None)


@tracked
class OperationalRelease(BaseModel):
    """
    The chief remote pilot's word that one operation may go, as planned and as judged (MOS 10.04).

    It binds the hash of the plan and one verdict; any later change of either revokes it.
    """

    operation = models.ForeignKey(FlightOperation, models.PROTECT, related_name="releases")
    plan_hash = models.CharField(max_length=64)
    verdict = models.ForeignKey(Verdict, models.PROTECT, related_name="+")
    acknowledgements = models.JSONField(default=list)
    document = models.JSONField(help_text="The fields of MOS 10.04 as they were at release.")
    released_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    released_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, editable=False)
    revoked_because = models.TextField(blank=True, editable=False)

    objects = ReleaseQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["operation"],
                condition=Q(revoked_at=None),
                name="one_live_release_per_operation",
            ),
            models.CheckConstraint(
                name="revoked_release_says_why",
                condition=Q(revoked_at=None) | ~Q(revoked_because=""),
            ),
        ]

    def __str__(self) -> str:
        return f"release of {self.operation}"
