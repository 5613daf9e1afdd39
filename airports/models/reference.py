from typing import Any, Self

from common.querysets import ScopedQuerySet


class ReferenceQuerySet(ScopedQuerySet):
    """Public facts: every active account sees all of them."""

    def visible_to(self, user: Any) -> Self:
        return self if user.is_authenticated and user.is_active else self.none()
