"""The pages a person opens: found, and allowed by the content security policy to work."""

from datetime import UTC, datetime

import pytest
from django.test import Client
from django.urls import get_resolver, reverse
from django.utils.formats import date_format
from drf_spectacular.generators import SchemaGenerator

from common.api.docs import SwaggerGenerator
from tests.browser import enter
from tests.users.factories import UserFactory

POLICY = "Content-Security-Policy"
# Its two fields and what it asks of a password stand on the page.
OF_DJANGO = ["/admin/password_change/"]
NO_PAGES = {"/admin/logout/", "/admin/autocomplete/"}


def directive(response, name: str) -> set[str]:
    """The sources one directive of the policy allows."""
    for part in response[POLICY].split(";"):
        words = part.split()
        if words and words[0] == name:
            return set(words[1:])
    return set()


def test_the_bare_address_leads_to_the_admin(client):
    response = client.get("/")
    assert (response.status_code, response["Location"]) == (302, reverse("admin:index"))


@pytest.mark.django_db
def test_the_admin_may_evaluate_its_expressions(client):
    # Without these two the theme covers its own sign-in form and nobody gets in.
    response = client.get(reverse("admin:login"))

    assert response.status_code == 200
    assert "'unsafe-eval'" in directive(response, "script-src")
    assert "'unsafe-inline'" in directive(response, "style-src")
    assert "'unsafe-inline'" not in directive(response, "script-src")


@pytest.mark.parametrize("page", ["swagger", "redoc"])
def test_the_documents_may_style_themselves(client, page):
    response = client.get(reverse(page), headers={"accept": "text/html"})

    assert response.status_code == 200
    assert "'unsafe-inline'" in directive(response, "style-src")
    assert directive(response, "script-src") == {"'self'"}
    assert "blob:" in directive(response, "worker-src")


@pytest.mark.parametrize("path", ["/healthz", "/api/me/", "/nowhere"])
def test_everything_else_is_strict(client, path):
    response = client.get(path)

    assert directive(response, "script-src") == {"'self'"}
    assert directive(response, "style-src") == {"'self'"}


def test_redoc_reads_the_document_and_not_the_page(client):
    page = client.get(reverse("redoc"), headers={"accept": "text/html"}).content.decode()
    assert '"url": "/swagger.json"' in page


@pytest.mark.parametrize("path", ["/swagger.json", "/swagger.yaml", "/api/openapi.json"])
def test_the_documents_are_made(client, path):
    assert client.get(path).status_code == 200


def test_the_document_is_of_the_kind_its_address_says(client):
    for kind in ("json", "yaml"):
        for accepted in ("*/*", "text/html", "application/json"):
            answer = client.get(f"/swagger.{kind}", headers={"accept": accepted})
            assert (answer.status_code, kind in answer["Content-Type"]) == (200, True), accepted


def test_the_document_is_described_once_and_names_the_address_asked(client, monkeypatch):
    first = client.get("/swagger.json")
    client.get("/api/openapi.json")

    def again(*args, **kwargs):
        raise AssertionError("described again")

    monkeypatch.setattr(SwaggerGenerator, "get_schema", again)
    monkeypatch.setattr(SchemaGenerator, "get_schema", again)
    second = client.get("/swagger.json", headers={"host": "localhost:8123"}, secure=True)

    assert (first.json()["host"], first.json()["schemes"]) == ("testserver", ["http"])
    assert (second.json()["host"], second.json()["schemes"]) == ("localhost:8123", ["https"])
    assert second.json()["paths"] == first.json()["paths"]
    assert client.get("/api/openapi.json").status_code == 200


def test_times_in_the_admin_are_in_utc_and_say_so():
    moment = datetime(2026, 3, 14, 22, 5, tzinfo=UTC)
    assert date_format(moment, "DATETIME_FORMAT") == "14 Mar 2026 22:05Z"


@pytest.mark.django_db
def test_a_form_from_elsewhere_is_refused_with_a_problem_document():
    answer = Client(enforce_csrf_checks=True).post(reverse("admin:login"), {"username": "x"})

    assert answer.status_code == 403
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "csrf_failed"


def plain_addresses(patterns, lead=""):
    """Addresses without a part to fill in, of patterns and those they include."""
    for each in patterns:
        route = getattr(each.pattern, "_route", None)
        if route is None or "<" in route:
            continue
        if hasattr(each, "url_patterns"):
            yield from plain_addresses(each.url_patterns, lead + route)
        else:
            yield f"/{lead}{route}"


@pytest.mark.django_db
def test_every_page_in_the_themes_frame_works_there_and_says_what_it_is_for(client):
    enter(client, UserFactory(is_superuser=True))
    desk = [
        path
        for path in plain_addresses(get_resolver().url_patterns)
        if path.startswith("/admin/") and path.count("/") <= 3 and path not in NO_PAGES
    ]
    answers = {path: client.get(path, headers={"Accept": "text/html"}) for path in desk}
    framed = {path: each for path, each in answers.items() if b"/unfold/" in each.content}

    assert {"/admin/", "/admin/preferences/", "/admin/search/", "/admin/maintenance/"} <= set(
        framed
    )
    assert [p for p, a in framed.items() if "'unsafe-eval'" not in directive(a, "script-src")] == []
    assert [p for p, a in framed.items() if b"About this screen" not in a.content] == OF_DJANGO
