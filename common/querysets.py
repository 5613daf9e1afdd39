from typing import Any, Self

from django.db import models


class ScopedQuerySet(models.QuerySet):
    """Rows reach a user only through `visible_to`. A model that does not say how stays closed."""

    def visible_to(self, user: Any) -> Self:
        raise NotImplementedError(f"{self.model.__name__} does not say who may see it")


class StaffQuerySet(ScopedQuerySet):
    """The company's own rows: whoever works here sees all of them, clients and machines none."""

    def visible_to(self, user: Any) -> Self:
        return self if user.is_authenticated and user.is_staff else self.none()
