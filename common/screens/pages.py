"""The search page, and what the theme's palette shows of it."""

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse

from common.screens.frame import in_frame
from common.screens.search import Group, cleaned, find, only_exact

ABOUT = (
    "Finds records by number, registration, name, e-mail address or airport code. Patients are"
    " found by their number alone, on their own list. Press Enter on an exact number to open it;"
    " each heading leads to the whole list."
)
NOT_LOOKED_FOR = "That cannot be looked for: write at most 80 characters, without control signs."
PALETTE, PLAIN = "unfold/helpers/command_results.html", "unfold/helpers/search_results.html"
MOST_IN_PALETTE = 60


def search_page(request: HttpRequest) -> HttpResponse:
    """What one query finds; an exact number that only one record has opens it at once."""
    if "s" in request.GET and settings.ADMIN_THEME == "unfold":
        return _palette(request)
    refusal, query, groups = "", "", []
    try:
        query = cleaned(request.GET.get("q", ""))
        groups = find(request, query)
    except ValueError:
        refusal = NOT_LOOKED_FOR
    hit = only_exact(groups) if "open" in request.GET else None
    if hit is not None:
        return HttpResponseRedirect(hit.address)
    page = {
        "title": "Find",
        "about": ABOUT,
        "query": query,
        "groups": groups,
        "refusal": refusal,
    }
    return in_frame(request, "common/screens/search.html", page, status=400 if refusal else 200)


def no_site_page(request: HttpRequest, record: str) -> HttpResponse:
    """Django would look for a record's page on a public site, by any key; there is no such page."""
    raise Http404


def _palette(request: HttpRequest) -> HttpResponse:
    """The palette asks as one types: screens by their name, then records."""
    try:
        query = cleaned(request.GET["s"])
    except ValueError:
        return HttpResponse(NOT_LOOKED_FOR, status=400)
    if not query:
        return HttpResponse()
    results = [*_screens(request, query.lower()), *_records(find(request, query))]
    page = Paginator(results[:MOST_IN_PALETTE], MOST_IN_PALETTE)
    template = PALETTE if "extended" in request.GET else PLAIN
    # The theme's templates name the admin's pages, and this one stands beside them.
    request.current_app = admin.site.name
    context = {"page_obj": page, "results": page.page(1), "page_counter": 0}
    return TemplateResponse(request, template, context)


def _screens(request: HttpRequest, words: str) -> list[dict[str, Any]]:
    return [
        {
            "title": str(model["name"]),
            "description": app["name"],
            "link": model["admin_url"],
            "icon": "tag",
        }
        for app in admin.site.get_app_list(request)
        for model in app["models"]
        if words in str(model["name"]).lower() and model["admin_url"]
    ]


def _records(groups: list[Group]) -> list[dict[str, Any]]:
    return [
        {
            "title": f"{hit.label} {hit.note}".strip(),
            "description": group.title,
            "link": hit.address,
            "icon": "data_object",
        }
        for group in groups
        for hit in group.hits
    ]
