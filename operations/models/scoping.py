from typing import Any, Self

from common.querysets import ScopedQuerySet


class TripDeskQuerySet(ScopedQuerySet):
    """The desk's own work, one for the whole company: staff see all of it, clients none."""

    def visible_to(self, user: Any) -> Self:
        return self if user.is_authenticated and user.is_staff else self.none()
