"""What the desk's pages share: their frame in the admin, and what their addresses ask for."""

from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import date
from functools import wraps
from typing import Any, cast

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Page, Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from common.audit import record
from common.screens.frame import framed
from common.tables import CSV_TYPE, Table, as_csv
from dispatcher.views.about import ABOUT

MOST_WORDS = 64
View = Callable[..., HttpResponse]


def desk_page(*permissions: str, any_of: Collection[str] = ()) -> Callable[[View], View]:
    """A page under the admin's door, for who holds all these permissions, and one of `any_of`."""

    def dressed(view: View) -> View:
        @wraps(view)
        def shown(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            may = request.user.has_perm
            has_one = not any_of or any(may(each) for each in any_of)
            if not (has_one and all(may(each) for each in permissions)):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        guarded: Any = admin.site.admin_view(framed(shown))
        return cast(View, guarded)

    return dressed


class Asked:
    """
    What an address asks for.

    A value that means nothing here is left out, and `notes` says so, as a page that is opened at
    night should rather show too much than nothing.
    """

    def __init__(self, request: HttpRequest) -> None:
        self._given = request.GET
        self.notes: list[str] = []

    def choice(self, name: str, known: Collection[str]) -> str:
        """One of the known values, or nothing."""
        given = self._given.get(name, "")
        if given and given not in known:
            return self._refused(name, given)
        return given

    def flag(self, name: str) -> bool:
        """Whether a box is ticked."""
        return self.choice(name, ("1",)) == "1"

    def words(self, name: str = "q") -> str:
        """Words to look for, without what no database takes."""
        return self._given.get(name, "").replace("\x00", "").strip()[:MOST_WORDS]

    def key(self, name: str) -> int | None:
        """A record's key, or a place to go on from."""
        given = self._given.get(name, "")
        if not given:
            return None
        if given.isascii() and given.isdigit() and len(given) <= 18:
            return int(given)
        self._refused(name, given)
        return None

    def month(self, name: str, default: date) -> date:
        """The first day of a month given as 2026-03."""
        given = self._given.get(name, "")
        try:
            return date.fromisoformat(f"{given}-01") if given else default.replace(day=1)
        except ValueError:
            self._refused(name, given)
            return default.replace(day=1)

    def kept(self, *left_out: str) -> str:
        """The address's values again, but for those named, to go on from."""
        kept = self._given.copy()
        for name in left_out:
            kept.pop(name, None)
        return kept.urlencode()

    def _refused(self, name: str, given: str) -> str:
        shown = given.replace("\x00", "")[:MOST_WORDS]
        self.notes.append(f"“{shown}” is no {name} that is known here, so it was left out.")
        return ""


def page_of(request: HttpRequest, rows: Any, size: int) -> Page:
    """One page of rows; a number that is none is the first, one too large the last."""
    return Paginator(rows, size).get_page(request.GET.get("page"))


def shown(request: HttpRequest, name: str, context: dict[str, Any]) -> HttpResponse:
    """One of the desk's pages in the admin's frame."""
    everywhere = {**admin.site.each_context(request), "about": ABOUT[name]}
    return TemplateResponse(request, f"dispatcher/desk/{name}.html", {**everywhere, **context})


def as_file(request: HttpRequest, table: Table) -> HttpResponse:
    """A table as a CSV file to keep; who took it is on record, as with every list."""
    actor: Any = request.user
    rows = list(table.rows)
    with transaction.atomic():
        record(
            "records.exported", actor, actor=actor, at=timezone.now(), kind=table.name,
            rows=len(rows), format="csv", columns=[heading for _, heading in table.columns],
        )  # fmt: skip
    answer = HttpResponse(as_csv(replace(table, rows=rows)), content_type=CSV_TYPE)
    answer["Content-Disposition"] = f'attachment; filename="{table.name}.csv"'
    return answer


def record_link(user: Any, label: str, pk: int) -> str:
    """The admin's page of a record, for who may open it; `label` is `app.model`."""
    app, _, model = label.partition(".")
    if not user.has_perm(f"{app}.view_{model}"):
        return ""
    try:
        return reverse(f"admin:{app}_{model}_change", args=[pk])
    except NoReverseMatch:
        return ""
