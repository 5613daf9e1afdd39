"""Columns and fields of the admin that show moments and quantities as their reader wants them."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

from django.contrib.admin.utils import flatten_fieldsets
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.http import HttpRequest

from common import shown
from common.preferences import Preferences, preferences
from common.shown import LEAST, MOST

Show = Callable[[Any], str]
_OF_HEIGHT = ("height", "altitude", "elevation", "ceiling", "floor", "agl", "terrain")
_OF_SPEED = ("speed", "wind", "gust")
_OF_TEMPERATURE = ("temperature", "dewpoint")
# Suffix, words of which the name has one (none: any name), the kind, its unit.
_KINDS: tuple[tuple[str, tuple[str, ...], str, str], ...] = (
    ("_ft", _OF_HEIGHT, "height", "ft"),
    ("_m", _OF_HEIGHT, "height", "m"),
    ("_nm", (), "distance", "nm"),
    ("_km", (), "distance", "km"),
    ("_kt", (), "speed", "kt"),
    ("_ms", _OF_SPEED, "speed", "ms"),
    ("_kg", (), "mass", "kg"),
    ("_c", _OF_TEMPERATURE, "temperature", "c"),
    ("_hpa", (), "pressure", "hpa"),
)
# Ceilings of the weather that a flight needs: more is demanded, not allowed. What weighs, burns or
# stands in the way is never shown smaller than it is.
_AT_LEAST = (
    "min_", "floor_", "circling_", "alternate_", "empty_", "basic_", "terrain_highest_",
    "cabin_altitude_", "taxi_fuel_", "climb_allowance_", "descent_allowance_",
)  # fmt: skip
_AT_MOST = (
    "max_", "scope_max_", "mtow_", "usable_", "ceiling_", "qnh_", "payload_", "range_",
)  # fmt: skip


def kind_of(name: str) -> tuple[str, str] | None:
    """The kind of quantity and its unit that a column's name tells."""
    for suffix, words, kind, unit in _KINDS:
        if name.endswith(suffix) and (not words or any(word in name for word in words)):
            return kind, unit
    return None


def limit_of(name: str, *, keeps_out: bool = False) -> str:
    """Whether a column is a limit, and which; of what one keeps out of, the other way round."""
    if name.startswith(_AT_LEAST):
        return MOST if keeps_out else LEAST
    if name.startswith(_AT_MOST):
        return LEAST if keeps_out else MOST
    return ""


def kept_columns(screen: Any, request: HttpRequest) -> list[Any]:
    """The columns of a list as they are kept: what leaves the screen is the same for everybody."""
    return [getattr(each, "kept_as", each) for each in screen.get_list_display(request)]


def show_of(field: Any, reader: Preferences, *, keeps_out: bool = False) -> Show | None:
    """How a column is shown to a reader; None where it is shown as everybody sees it."""
    if isinstance(field, models.DateTimeField):
        return None if _as_all(reader) else shown.moment
    if isinstance(field, models.DateField):
        return None if reader.date_format == "long" else shown.day
    found = kind_of(field.name)
    if found is None or getattr(reader, found[0]) in ("recorded", found[1]):
        return None
    kind, unit = found
    limit = limit_of(field.name, keeps_out=keeps_out)
    return lambda value: shown.quantity(kind, value, unit, limit=limit)


class ShownColumns:
    """
    Lists and read-only fields in the reader's units; what is typed stays in the unit it is kept in.

    `keeps_out` is for screens of what a flight stays out of, where the safe side is the other one.
    """

    keeps_out = False
    model: Any

    def get_list_display(self, request: HttpRequest) -> Any:
        given: Any = super()
        return [self.shown_column(name) for name in given.get_list_display(request)]

    def get_list_display_links(self, request: HttpRequest, list_display: Sequence[Any]) -> Any:
        given: Any = super()
        links = given.get_list_display_links(request, list_display)
        made = {each.__name__: each for each in list_display if callable(each)}
        return links and [made.get(name, name) for name in links]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        """The page once its forms are made: what nobody can type here becomes a column of ours."""
        given: Any = super()
        page = context["adminform"]
        _show(self, page, page.readonly_fields)
        for group in context["inline_admin_formsets"]:
            if isinstance(group.opts, ShownColumns):
                fixed = [] if group.has_change_permission else flatten_fieldsets(group.fieldsets)
                _show(group.opts, group, [*group.readonly_fields, *fixed])
        return given.render_change_form(request, context, *args, **kwargs)

    def shown_column(self, name: Any) -> Any:
        """The column itself, or one that shows it to this reader."""
        if not isinstance(name, str):
            return name
        try:
            field = self.model._meta.get_field(name)
        except FieldDoesNotExist:
            # What a record calls itself is no method of the screen.
            method = None if name == "__str__" else getattr(self, name, None)
            is_plain = not callable(method) or _as_all(preferences())
            return name if is_plain else _told(self, name, method)
        show = show_of(field, preferences(), keeps_out=self.keeps_out)
        return name if show is None else _column(self, name, field)


def _as_all(reader: Preferences) -> bool:
    return (reader.timezone, reader.clock, reader.date_format) == ("place", "24", "long")


def _told(screen: Any, name: str, method: Any) -> Any:
    """A column that a method fills: times and days that it answers with are the reader's."""
    known = screen.__dict__.setdefault("_shown_columns", {})
    if name not in known:

        def column(row: Any) -> Any:
            value = method(row)
            if isinstance(value, datetime):
                return shown.moment(value)
            return shown.day(value) if isinstance(value, date) else value

        column.__dict__.update(method.__dict__)
        column.__name__ = name
        column.kept_as = name  # type: ignore[attr-defined]
        known[name] = column
    return known[name]


def _column(screen: Any, name: str, field: Any) -> Callable[[Any], str | None]:
    """One column for each name and screen: the admin compares them by identity."""
    known = screen.__dict__.setdefault("_shown_columns", {})
    if name not in known:

        def column(row: Any) -> str | None:
            value = getattr(row, name)
            show = show_of(field, preferences(), keeps_out=screen.keeps_out)
            return str(value) if show is None else None if value is None else show(value)

        found = kind_of(name)
        label = str(field.verbose_name)
        if found and not isinstance(field, models.DateField):
            label = label.removesuffix(f" {name.rsplit('_', 1)[-1]}")
        column.__name__ = name
        column.short_description = label  # type: ignore[attr-defined]
        column.admin_order_field = name  # type: ignore[attr-defined]
        column.kept_as = name  # type: ignore[attr-defined]
        known[name] = column
    found_column: Callable[[Any], str | None] = known[name]
    return found_column


def _show(screen: Any, group: Any, fixed: Sequence[Any]) -> None:
    """Put our columns in the place of the fields of a form that are only shown."""
    made = {name: screen.shown_column(name) for name in fixed if isinstance(name, str)}
    group.readonly_fields = [
        made.get(name, name) if isinstance(name, str) else name for name in group.readonly_fields
    ]
    group.fieldsets = [
        (title, {**options, "fields": _replaced(options["fields"], made)})
        for title, options in group.fieldsets
    ]


def _replaced(names: Any, made: dict[str, Any]) -> list[Any]:
    return [
        _replaced(name, made)
        if isinstance(name, (list, tuple))
        else made.get(name, name)
        if isinstance(name, str)
        else name
        for name in names
    ]
