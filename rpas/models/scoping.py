from typing import Any, ClassVar, Self

from django.apps import apps
from django.db.models import DateField, Func

from common.querysets import ScopedQuerySet


class LocalToday(Func):
    """The date it is now in a time zone, by the database's clock."""

    template = "(CURRENT_TIMESTAMP AT TIME ZONE %(expressions)s)::date"
    output_field = DateField()


class OperatorScopedQuerySet(ScopedQuerySet):
    """Rows of one operator: its members of today see them, a superuser sees all, nobody else."""

    operator_path: ClassVar[str] = "operator"

    def visible_to(self, user: Any) -> Self:
        """Rows of the operators that the user is a member of today."""
        if not user.is_authenticated:
            return self.none()
        if user.is_superuser:
            return self
        members = apps.get_model("rpas", "OperatorMember").objects.live().filter(user=user)
        return self.filter(**{f"{self.operator_path}__in": members.values("operator")})


class AircraftScopedQuerySet(OperatorScopedQuerySet):
    """Rows of one aircraft, seen by the members of its operator."""

    operator_path = "aircraft__operator"

    def on_aircraft(self, aircraft_id: int) -> Self:
        return self.filter(aircraft=aircraft_id)
