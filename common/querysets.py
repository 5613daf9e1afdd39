from typing import Any, Self

from django.db import models


class ScopedQuerySet(models.QuerySet):
    """Rows reach a user only through `visible_to`. A model that does not say how stays closed."""

    def visible_to(self, user: Any) -> Self:
        raise NotImplementedError(f"{self.model.__name__} does not say who may see it")
