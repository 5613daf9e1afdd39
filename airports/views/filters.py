from typing import Any

from django_filters import rest_framework as filters


class YesNoFilter(filters.TypedChoiceFilter):
    """`true` or `false`; django-filter's own boolean takes any other word for no filter at all."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("choices", (("true", "true"), ("false", "false")))
        kwargs.setdefault("coerce", lambda value: value == "true")
        super().__init__(**kwargs)
