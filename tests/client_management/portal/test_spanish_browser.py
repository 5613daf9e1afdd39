"""The portal in Spanish, whose words are longer, in a real browser: nothing is wider than it."""

from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib.staticfiles import finders
from django.test import Client as Browser
from django.urls import reverse

from tests.client_management.portal.people import peer
from tests.dispatcher.board_scene import CHROMIUM

pytestmark = [
    pytest.mark.slow,
    pytest.mark.django_db,
    pytest.mark.skipif(not CHROMIUM, reason="There is no Chromium on the path."),
]
NAMES = (
    "home", "requests", "new-request", "jobs", "deliverables", "documents", "invoices", "threads",
    "wishes",
)  # fmt: skip
TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
WIDER = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


def contents(found: Any) -> dict[str, bytes]:
    """Every page of a client, as its people read it in Spanish."""
    reader = Browser(headers={"accept-language": "es"})
    entrance = {"/portal/sign-in/": reader.get("/portal/sign-in/").content}
    reader.force_login(found.person, backend="users.backends.RoleBackend")
    number = found.organization.number
    paths = [reverse(f"portal:{name}", args=[number]) for name in NAMES]
    for name, row in (
        ("request", found.request),
        ("quote", found.quote),
        ("job", found.job),
        ("deliverable", found.deliverable),
        ("thread", found.job),
    ):
        paths.append(reverse(f"portal:{name}", args=[number, row.number]))
    return entrance | {path: reader.get(path).content for path in paths}


def answered(pages: dict[str, bytes]) -> Any:
    """What a browser is given for an address: a page as it was made, or a file of ours."""

    def answer(route: Any) -> None:
        path = urlsplit(route.request.url).path
        is_file = path.startswith("/static/")
        file = finders.find(path.removeprefix("/static/")) if is_file else None
        if path in pages:
            route.fulfill(body=pages[path], content_type="text/html; charset=utf-8")
        elif file:
            kind = TYPES.get(path.rpartition(".")[2], "application/octet-stream")
            route.fulfill(path=file, content_type=kind)
        else:
            route.abort()

    return answer


def test_no_page_is_wider_than_its_window(actor, now, monkeypatch):
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only where there is a browser

    monkeypatch.setattr("django.utils.timezone.now", lambda: now)
    pages, wide = contents(peer(actor, now)), []
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for width in (390, 1280):
            context = browser.new_context(viewport={"width": width, "height": 900})
            context.route("**/*", answered(pages))
            page = context.new_page()
            for path in pages:
                page.goto(f"http://portal.example{path}")
                if page.evaluate(WIDER) > 0:
                    wide.append((width, path))
        browser.close()

    assert len(pages) == 15
    assert wide == []
