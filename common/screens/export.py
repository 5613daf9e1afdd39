"""Lists as files: what a person sees of the selected rows, as CSV, XLSX or GeoJSON."""

import json
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from html import unescape
from itertools import pairwise
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.options import IS_POPUP_VAR
from django.contrib.admin.utils import label_for_field, lookup_field
from django.contrib.gis.db.models import GeometryField
from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from django.utils.duration import duration_iso_string
from django.utils.html import strip_tags
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from common.audit import record
from common.preferences import Preferences, reading
from common.screens.fields import is_plain, own_fields, readable_fields
from common.shown_columns import kept_columns
from common.tables import CSV_TYPE, XLSX_TYPE, Table, as_xlsx, csv_lines

MOST_ROWS = 20_000
AT_ONCE = 500
# A cell of a spreadsheet holds 32,767 characters; a longer one would be left out.
LONGEST = 32_000
LARGEST_EXACT = 10**15
GEOJSON_TYPE = "application/geo+json"
# A field beside a column of the list that says the same in other words.
AS_KEPT = "{} (as kept)"
ACTIONS = ("export_csv", "export_xlsx", "export_geojson")
Value = Callable[[Any], Any]


@dataclass(frozen=True)
class Column:
    """One column: its heading, and what it says of a row."""

    heading: str
    value: Value


class ListExport:
    """Actions of a list that hand its rows out as files, for mixing in."""

    # A sentence where lists of these records do not leave the system.
    export_refused: str = ""

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """The screen's own actions, and the exports after them."""
        actions = dict(super().get_actions(request))  # type: ignore[misc]
        if self.export_refused or IS_POPUP_VAR in request.GET:
            return actions
        screen: Any = self
        has_place = any(isinstance(f, GeometryField) for f in own_fields(screen.model).values())
        for name in ACTIONS if has_place else ACTIONS[:2]:
            actions[name] = screen.get_action(name)
        return actions

    @admin.action(description="Export as CSV", permissions=["view"])
    def export_csv(self, request: HttpRequest, rows: QuerySet) -> HttpResponseBase | None:
        """The selected rows as CSV."""
        return _handed_out(self, request, rows, "csv", _as_csv)

    @admin.action(description="Export as XLSX", permissions=["view"])
    def export_xlsx(self, request: HttpRequest, rows: QuerySet) -> HttpResponseBase | None:
        """The selected rows as a workbook."""
        return _handed_out(self, request, rows, "xlsx", _as_xlsx)

    @admin.action(description="Export as GeoJSON", permissions=["view"])
    def export_geojson(self, request: HttpRequest, rows: QuerySet) -> HttpResponseBase | None:
        """The selected rows as a collection of features."""
        return _handed_out(self, request, rows, "geojson", _as_geojson)


@dataclass(frozen=True)
class _Selected:
    """Rows that were counted and are now read in portions, always in the same order."""

    screen: Any
    rows: QuerySet
    keys: list[Any]
    columns: list[Column]
    place: str | None

    def __iter__(self) -> Iterator[Model]:
        for start in range(0, len(self.keys), AT_ONCE):
            portion = self.keys[start : start + AT_ONCE]
            found = {row.pk: row for row in self.rows.filter(pk__in=portion).order_by()}
            yield from (found[key] for key in portion if key in found)

    def said_of(self, row: Model) -> list[Any]:
        """The cells of a row, as they are kept: a file is read by machines and by others."""
        with reading(Preferences):
            return [cell(column.value(row)) for column in self.columns]

    def table(self) -> Table:
        headings = [(str(place), column.heading) for place, column in enumerate(self.columns)]
        rows = ({str(place): said for place, said in enumerate(self.said_of(r))} for r in self)
        return Table(str(self.screen.opts.model_name), headings, rows)


def _handed_out(
    screen: Any, request: HttpRequest, rows: QuerySet, suffix: str, made: Any
) -> HttpResponseBase | None:
    keys = list(rows.values_list("pk", flat=True)[: MOST_ROWS + 1])
    if len(keys) > MOST_ROWS:
        said = f"More than {MOST_ROWS:,} rows. One file holds {MOST_ROWS:,}: narrow the list first."
        screen.message_user(request, said, messages.ERROR)
        return None
    selected = _selected(screen, request, rows, keys)
    at = timezone.now()
    actor: Any = request.user
    with transaction.atomic():
        record(
            "records.exported", actor, actor=actor, at=at, kind=screen.model._meta.label_lower,
            rows=len(keys), format=suffix, columns=[c.heading for c in selected.columns],
        )  # fmt: skip
    answer: HttpResponseBase = made(selected)
    name = f"{screen.opts.model_name}-{at:%Y-%m-%d-%H%M}Z.{suffix}"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["Cache-Control"] = "no-store"
    return answer


def _as_csv(selected: _Selected) -> HttpResponseBase:
    return StreamingHttpResponse(csv_lines(selected.table()), content_type=CSV_TYPE)


def _as_xlsx(selected: _Selected) -> HttpResponseBase:
    return HttpResponse(as_xlsx(selected.table()), content_type=XLSX_TYPE)


def _as_geojson(selected: _Selected) -> HttpResponseBase:
    return StreamingHttpResponse(_features(selected), content_type=GEOJSON_TYPE)


def _features(selected: _Selected) -> Iterator[str]:
    place, headings = selected.place, [column.heading for column in selected.columns]
    yield '{"type": "FeatureCollection", "features": ['
    for count, row in enumerate(selected):
        shape = getattr(row, place) if place else None
        feature = {
            "type": "Feature",
            "id": row.pk,
            "geometry": geojson(shape) if shape else None,
            "properties": dict(zip(headings, map(_plain, selected.said_of(row)), strict=True)),
        }
        yield (",\n" if count else "\n") + json.dumps(feature)
    yield "\n]}\n"


def geojson(shape: Any) -> dict[str, Any]:
    """A shape by RFC 7946: outer rings run against the clock, holes with it."""
    if shape.geom_type == "Polygon":
        return {"type": "Polygon", "coordinates": _rings(shape)}
    if shape.geom_type == "MultiPolygon":
        return {"type": "MultiPolygon", "coordinates": [_rings(part) for part in shape]}
    return {"type": shape.geom_type, "coordinates": shape.coords}


def cell(value: Any) -> Any:
    """A value as a cell holds it: exact numbers, moments in UTC, texts without markup."""
    if value is None or isinstance(value, Decimal):
        return value
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return Decimal(str(value)) if math.isfinite(value) else str(value)
    if isinstance(value, int):
        return value if abs(value) < LARGEST_EXACT else str(value)
    return _worded(value)


def _worded(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, timedelta):
        return duration_iso_string(value)
    if hasattr(value, "isoformat"):
        return value
    if isinstance(value, (list, dict)):
        value = json.dumps(value, default=str)
    text = unescape(strip_tags(value)) if isinstance(value, SafeString) else str(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _plain(value: Any) -> Any:
    """As JSON has it; decimals stay exact as text."""
    return value if value is None or isinstance(value, int) else str(value)


def _rings(polygon: Any) -> list[Any]:
    return [_turned(ring.coords, is_outer=place == 0) for place, ring in enumerate(polygon)]


def _turned(ring: Any, *, is_outer: bool) -> list[Any]:
    double_area = sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(ring))
    return list(ring) if (double_area > 0) == is_outer else list(reversed(ring))


def _selected(screen: Any, request: HttpRequest, rows: QuerySet, keys: list[Any]) -> _Selected:
    # The page of a record may show fields that the page for a new one does not, and the reverse.
    first = rows.filter(pk=keys[0]).first() if keys else None
    shown = readable_fields(screen, request, first) if first else {}
    listed = [name for name in kept_columns(screen, request) if name != "action_checkbox"]
    columns = [_listed(screen, name) for name in listed]
    taken = {column.heading for column in columns}
    for name, field in shown.items():
        if name not in listed and is_plain(field):
            heading = str(capfirst(field.verbose_name))
            columns.append(
                Column(AS_KEPT.format(heading) if heading in taken else heading, _reader(name))
            )
    place = next((n for n, f in shown.items() if isinstance(f, GeometryField)), None)
    return _Selected(screen, rows, keys, columns, place)


def _listed(screen: Any, name: Any) -> Column:
    label: Any = label_for_field(name, screen.model, screen)
    heading = str(capfirst(str(label)))

    def value(row: Model) -> Any:
        try:
            return lookup_field(name, row, screen)[2]
        except ObjectDoesNotExist:
            return None

    return Column(heading, value)


def _reader(name: str) -> Value:
    return lambda row: getattr(row, name)
