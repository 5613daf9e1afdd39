from typing import Any, Self

from common.querysets import ScopedQuerySet


class DeskQuerySet(ScopedQuerySet):
    """The desk's own data, one for the whole company: staff see them all, clients none."""

    def visible_to(self, user: Any) -> Self:
        return self if user.is_authenticated and user.is_staff else self.none()
