from typing import Any, Self

from common.querysets import ScopedQuerySet


class MoneyQuerySet(ScopedQuerySet):
    """The company's own prices and taxes: staff see them all, clients none."""

    def visible_to(self, user: Any) -> Self:
        return self if user.is_authenticated and user.is_staff else self.none()
