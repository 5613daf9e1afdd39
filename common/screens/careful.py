"""Lists and forms asked for in ways that no page of ours asks: refused in words."""

import logging
import re
from collections.abc import Iterable
from functools import cache
from typing import Any

from django.contrib import messages
from django.contrib.admin import helpers
from django.contrib.admin.widgets import AutocompleteMixin
from django.core.exceptions import ValidationError
from django.db import DatabaseError, DataError, models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from common.api.errors import database_problem
from common.exceptions import DomainError
from common.refusal_pages import refused

logger = logging.getLogger(__name__)

NO_ROW = "A selected row is none of this list."
NO_DAY = "The day asked for is in no calendar."
# Django asks the calendar for the end of what is named, which year 9999 does not have.
_YEAR, _OTHER = re.compile(r"(?!9999)[1-9][0-9]{0,3}"), re.compile(r"[0-9]{1,2}")


class Careful:
    """A screen that Django's own views, which trust what they are sent, do not break."""

    opts: Any
    date_hierarchy: Any

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The list; refuses rows and days that there cannot be."""
        if not self._are_keys(request.POST.getlist(helpers.ACTION_CHECKBOX_NAME)):
            return refused(request, 400, "invalid_input", NO_ROW)
        if not self._are_days(request):
            return refused(request, 400, "invalid_input", NO_DAY)
        given: Any = super()
        answer: HttpResponse = given.changelist_view(request, extra_context)
        return answer

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """A record's page or form; what the database cannot take of it is said."""
        given: Any = super()
        try:
            answer: HttpResponse = given.changeform_view(request, *args, **kwargs)
        except DataError as error:
            # Constraints over periods are asked of the database before anybody looks at the order.
            return sent_back(request, error)
        return answer

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """What an address fills a new form with, but times and keys that no record can have."""
        given: Any = super()
        filled: dict[str, Any] = given.get_changeform_initial_data(request)
        for field in (*self.opts.concrete_fields, *self.opts.many_to_many):
            if field.name in filled and not _fills(field, filled[field.name]):
                del filled[field.name]
        return filled

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **more: Any) -> Any:
        """The field of a form; one that was refused is shown again whatever stood in it."""
        given: Any = super()
        return _shown_again(given.formfield_for_foreignkey(db_field, request, **more))

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **more: Any) -> Any:
        """The same, where there may be many."""
        given: Any = super()
        return _shown_again(given.formfield_for_manytomany(db_field, request, **more))

    def _are_keys(self, given: Iterable[str]) -> bool:
        return all(text != "" and _is_key(self.opts.model, text) for text in given)

    def _are_days(self, request: HttpRequest) -> bool:
        parts = {"year": _YEAR, "month": _OTHER, "day": _OTHER}
        asked = ((form, f"{self.date_hierarchy}__{part}") for part, form in parts.items())
        return not self.date_hierarchy or all(
            form.fullmatch(text) for form, name in asked for text in request.GET.getlist(name)
        )


def sent_back(request: HttpRequest, error: DomainError | DatabaseError) -> HttpResponse:
    """
    To the form again, with what is wrong with what was sent; nothing of it is kept.

    Raises the error where nothing was sent, for the page would meet it again, and where it means a
    defect of ours.
    """
    if request.method != "POST":
        raise error
    said = str(error)
    if isinstance(error, DatabaseError):
        problem = database_problem(error)
        if problem is None:
            raise error
        said = problem.data["detail"]
    if isinstance(error, DataError):
        # It may be a wrong value of ours; the other errors quote whole rows.
        logger.warning("A form could not be stored: %s", request.path, exc_info=error)
    messages.error(request, said)
    return HttpResponseRedirect(request.get_full_path())


def _shown_again(field: Any) -> Any:
    if isinstance(field and field.widget, AutocompleteMixin):
        widget: Any = type(field.widget)
        field.widget.__class__ = _careful(widget)
    return field


@cache
def _careful(widget: Any) -> Any:
    """A widget that looks for the records chosen, without keys that no record can have."""

    def optgroups(self: Any, name: str, value: list[str], attr: Any = None) -> Any:
        keys = [key for key in value if not key or _is_key(self.field.remote_field.model, key)]
        return widget.optgroups(self, name, keys, attr)

    return type(widget.__name__, (widget,), {"optgroups": optgroups, "__module__": __name__})


def _is_key(model: Any, text: str) -> bool:
    try:
        model._meta.pk.to_python(text)
    except ValidationError:
        return False
    return True


def _fills(field: Any, given: Any) -> bool:
    """Whether a form can show it; a time comes as text, which the widget of two parts cannot."""
    texts = [given] if isinstance(given, str) else given
    if field.is_relation:
        return all(_is_key(field.related_model, text) for text in texts)
    return not isinstance(field, models.DateTimeField)
