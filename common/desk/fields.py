"""Fields of a step's form that name a record, with those likely meant to choose from."""

from collections.abc import Callable, Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet

# What a list of suggestions holds at most.
MOST = 60
LONGEST = 254
Likely = Iterable[tuple[str, str]]


class Suggesting(forms.TextInput):
    """A line to type in, with suggestions that need no script; others may be typed too."""

    template_name = "common/desk/suggesting.html"

    def __init__(self, likely: Likely = ()) -> None:
        super().__init__(attrs={"autocomplete": "off"})
        self.likely = [*likely][:MOST]

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(name, value, attrs)
        context["widget"]["attrs"]["list"] = f"{context['widget']['attrs'].get('id', name)}_likely"
        context["widget"]["likely"] = self.likely
        return context


class NamedField(forms.CharField):
    """A record by what people call it; `find` gives those the person may name so."""

    def __init__(
        self, find: Callable[[str], QuerySet], *, what: str, likely: Likely = (), **more: Any
    ) -> None:
        super().__init__(max_length=LONGEST, widget=Suggesting(likely), **more)
        self.find, self.what = find, what

    def clean(self, value: Any) -> Any:
        """The record; refused where there is none, or more than one, of that name."""
        text = super().clean(value)
        if not text:
            return None
        found = list(self.find(text)[:2])
        if len(found) != 1:
            shape = "There is no {what} {name}." if not found else "There are several: {name}."
            raise ValidationError(shape.format(what=self.what, name=text[:80]))
        return found[0]
