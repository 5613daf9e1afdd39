"""The History page of a record: the product's own trail in place of the admin's log."""

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.contrib.gis.geos import GEOSGeometry, Point
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.http import urlencode

from common.refusal_pages import refused
from common.screens.fields import BOOKKEEPING, own_fields, readable_fields
from common.screens.trail import (
    CHANGED,
    READS_AUDIT,
    STEPPED,
    Entry,
    Wanted,
    choices_of,
    parse_cursor,
    read_trail,
)
from common.shown import reader_zone

LONGEST = 300
LONGEST_ACTION = 64
EMPTY, MASKED = "(empty)", "changed, not shown here"
# Each kind of record that a version points at is named by one statement.
MOST_NAMED_KINDS = 4
_NAMES = ("number", "registration", "tail_number", "code", "ident", "email", "name")

ABOUT = (
    "What became of this record, the newest first: who did what, through what and why, and "
    "each field before and after. Narrow it to one person or one kind of deed. Fields that "
    "the record's own page does not show you are named without their values."
)


@dataclass(frozen=True)
class Change:
    """One field before and after; `is_masked` where the screen does not show the field."""

    label: str
    before: str
    after: str
    is_masked: bool = False


class RecordHistory:
    """A screen's History page, for mixing in."""

    object_history_template = "common/screens/history.html"
    # Fields whose values neither history nor export of this screen gives.
    withheld_fields: tuple[str, ...] = ()

    def hides_maker(self, request: HttpRequest, row: Any) -> bool:
        """Whether who made the record was promised not to be named to the person who asks."""
        return False

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        """What became of the record, the newest first, to whoever may see the record."""
        screen: Any = self
        row = screen.get_object(request, admin.utils.unquote(object_id))
        if not screen.has_view_or_change_permission(request, row):
            raise PermissionDenied
        if row is None:
            raise Http404
        try:
            wanted = _wanted(request, is_maker_hidden=self.hides_maker(request, row))
        except ValueError:
            words = "The filter of the history is not known."
            return refused(request, 400, "invalid_input", words)
        user: Any = request.user
        page = read_trail(row, user, wanted)
        actions, people = choices_of(row, user)
        given = {key: request.GET[key] for key in ("by", "action") if request.GET.get(key)}
        context = {
            **screen.admin_site.each_context(request),
            "title": f"History: {row}",
            "about": ABOUT,
            "opts": screen.opts,
            "object": row,
            "deeds": told(screen, request, row, page.entries),
            "older": urlencode(given | {"before": page.older}) if page.older else "",
            "is_first": "before" not in request.GET,
            "actions": [CHANGED, STEPPED, *actions],
            "people": people,
            "chosen": given,
            "reads_audit": user.has_perm(READS_AUDIT),
            "zone": reader_zone(user).key,
            **(extra_context or {}),
        }
        return TemplateResponse(request, self.object_history_template, context)


def told(
    screen: Any, request: HttpRequest, row: Model, entries: list[Entry]
) -> list[dict[str, Any]]:
    """The entries in words; what one request did stands together."""
    names = _names(screen, request.user, entries)
    readable = readable_fields(screen, request, row)
    zone = reader_zone(request.user)
    people = _people(entries)
    deeds: list[dict[str, Any]] = []
    for entry in entries:
        deed = {
            "at": entry.at.astimezone(UTC),
            "local": entry.at.astimezone(zone),
            "who": entry.actor or people.get(entry.actor_id) or "system",
            "through": entry.through,
            "what": [entry.what.replace("_", " ")],
            "reason": entry.reason,
            "request_id": entry.request_id,
            "details": {key: _text(value) for key, value in entry.details.items()},
            "changes": changes_of(screen.model, entry, readable, names),
        }
        last = deeds[-1] if deeds else None
        if last and entry.request_id and last["request_id"] == entry.request_id:
            _join(last, deed)
        else:
            deeds.append(deed)
    return deeds


def changes_of(
    model: type[Model], entry: Entry, shown: dict[str, Any], names: dict[Any, str]
) -> list[Change]:
    """What a version changed; a field that the screen does not show is named without values."""
    if entry.after is None:
        return []
    changes = []
    for name, field in own_fields(model).items():
        if name in BOOKKEEPING or not hasattr(entry.after, field.attname):
            continue
        old = getattr(entry.before, field.attname, None) if entry.before else None
        new = getattr(entry.after, field.attname)
        if old == new or (entry.before is None and new in (None, "", [], {})):
            continue
        label = str(field.verbose_name)
        if name not in shown:
            changes.append(Change(label, "", MASKED, is_masked=True))
            continue
        before, after = (_value(field, value, names) for value in (old, new))
        changes.append(Change(label, before if entry.before else "", after))
    return changes


def _wanted(request: HttpRequest, *, is_maker_hidden: bool) -> Wanted:
    person, action = request.GET.get("by", ""), request.GET.get("action", "")
    is_number = person.isascii() and person.isdigit() and len(person) <= 18
    if (person and not is_number) or len(action) > LONGEST_ACTION or "\0" in action:
        raise ValueError("Not a filter of a history.")
    places = parse_cursor(request.GET.get("before", ""))
    actor_id = int(person) if person else None
    return Wanted(**places, actor_id=actor_id, action=action, is_maker_hidden=is_maker_hidden)


def _join(last: dict[str, Any], deed: dict[str, Any]) -> None:
    last["what"] += [word for word in deed["what"] if word not in last["what"]]
    last["reason"] = last["reason"] or deed["reason"]
    last["through"] = last["through"] or deed["through"]
    last["details"] |= deed["details"]
    last["changes"] += deed["changes"]


def _people(entries: list[Entry]) -> dict[Any, str]:
    unnamed = {entry.actor_id for entry in entries if entry.actor_id and not entry.actor}
    people = get_user_model()._default_manager
    return {key: str(user) for key, user in people.in_bulk(unnamed).items()} if unnamed else {}


def _names(screen: Any, user: Any, entries: list[Entry]) -> dict[Any, str]:
    """The numbers of the records that versions point at, as far as the person may see them."""
    versions = [version for e in entries for version in (e.before, e.after) if version is not None]
    wanted: dict[type[Model], set[Any]] = {}
    for field in own_fields(screen.model).values():
        if field.is_relation:
            keys = {getattr(version, field.attname, None) for version in versions} - {None}
            if keys:
                wanted.setdefault(field.related_model, set()).update(keys)
    named: dict[Any, str] = {}
    for model in list(wanted)[:MOST_NAMED_KINDS]:
        named |= _named(model, wanted[model], user)
    return named


def _named(model: type[Model], keys: set[Any], user: Any) -> dict[Any, str]:
    label = next((name for name in _NAMES if name in own_fields(model)), None)
    rows: Any = model._default_manager.all()
    may = user.has_perm(f"{model._meta.app_label}.view_{model._meta.model_name}")
    if label is None or not may or not hasattr(rows, "visible_to"):
        return {}
    found = rows.visible_to(user).filter(pk__in=keys).order_by().values_list("pk", label)
    return {(model, key): str(text) for key, text in found}


def _value(field: Any, value: Any, names: dict[Any, str]) -> str:
    if value in (None, "", [], {}):
        return EMPTY
    if field.is_relation:
        return names.get((field.related_model, value), f"#{value}")
    choices = dict(field.flatchoices)
    return str(choices[value]) if isinstance(value, str) and value in choices else _text(value)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Point):
        return f"{value.y:.6f}, {value.x:.6f}"
    if isinstance(value, GEOSGeometry):
        return _short(value.wkt)
    return _short(json.dumps(value) if isinstance(value, (dict, list)) else str(value))


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
