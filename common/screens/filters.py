"""Filters beside a list that offer no records which the person may not see."""

from typing import Any

from django.contrib.admin import RelatedFieldListFilter
from django.http import HttpRequest


class VisibleRelatedFilter(RelatedFieldListFilter):
    """Choices among related records, as `visible_to` has them."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> Any:
        rows = field.related_model._default_manager.all()
        ordering = self.field_admin_ordering(field, request, model_admin)
        if not hasattr(rows, "visible_to"):
            return super().field_choices(field, request, model_admin)
        mine = {"pk__in": rows.visible_to(request.user).order_by().values("pk")}
        return field.get_choices(include_blank=False, ordering=ordering, limit_choices_to=mine)
