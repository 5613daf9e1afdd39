"""The dispatch board's page: who may open it, what it carries, and what its policy lets it do."""

import gzip
import hashlib
import json
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from config.settings.live_board import _origins
from dispatcher.views.pages import MODULES
from tests.browser import enter
from tests.dispatcher.live_scene import make_center, make_desk
from tests.users.factories import UserFactory, grant

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).parents[2]
STATIC = ROOT / "dispatcher" / "static" / "dispatcher"
VENDOR = ROOT / "common" / "static" / "vendor"
MOST_LINES = 400
MOST_BYTES = 600_000
INLINE = re.compile(r"<script(?![^>]*(?:src=|application/json))|\son\w+=|javascript:|style=", re.I)


@pytest.fixture(scope="module")
def desk(kept_rows):
    return make_desk()


def browser_of(user) -> Client:
    client = Client()
    enter(client, user)
    return client


def clerk():
    """Somebody whom the admin lets in, for something else."""
    user = UserFactory()
    grant(user, "finance.view_invoice")
    return user


def page_of(user):
    return browser_of(user).get(reverse("dispatch:board"))


def settled(response) -> dict:
    text = response.content.decode()
    found = re.search(r'<script id="settled" type="application/json">(.*?)</script>', text, re.S)
    assert found
    return json.loads(found.group(1))


def policy(response) -> dict[str, set[str]]:
    parts = (
        each.split() for each in response["Content-Security-Policy"].split(";") if each.strip()
    )
    return {name: set(sources) for name, *sources in parts}


def test_a_dispatcher_gets_the_page_with_the_centers_and_deeds_of_the_role(desk):
    foreign = make_desk()

    answer = page_of(desk.dispatcher)

    assert answer.status_code == 200
    given = settled(answer)
    assert [each["code"] for each in given["centers"]] == [desk.center.code]
    assert foreign.center.code not in answer.content.decode()
    assert all(given["may"].values())
    assert given["sees_trips"] is True
    assert set(given["screens"]) == {"operation", "trip", "event"}
    assert {"draft", "planned"} <= set(given["movable"])
    assert "active" not in given["movable"]


def test_a_stranger_is_asked_to_sign_in_and_comes_back(client):
    answer = client.get(reverse("dispatch:board"))

    assert answer.status_code == 302
    assert answer["Location"] == f"{reverse('admin:login')}?next={reverse('dispatch:board')}"


def test_staff_without_the_grant_may_not_open_it(desk):
    assert page_of(clerk()).status_code == 403


def test_the_page_costs_the_same_however_many_centers(desk):
    browser = browser_of(desk.dispatcher)
    browser.get(reverse("dispatch:board"))
    with CaptureQueriesContext(connection) as few:
        browser.get(reverse("dispatch:board"))
    for _ in range(3):
        make_center(desk.operator)
    with CaptureQueriesContext(connection) as many:
        answer = browser.get(reverse("dispatch:board"))

    assert len(settled(answer)["centers"]) == 4
    assert len(many) == len(few) <= 10


def test_the_page_reads_the_api_with_the_session_and_writes_with_its_token(desk):
    browser = Client(enforce_csrf_checks=True)
    enter(browser, desk.dispatcher)
    token = settled(browser.get(reverse("dispatch:board")))["csrf"]
    body = json.dumps(
        {"center": desk.center.code, "kind": "other", "severity": "info", "title": "A"}
    )
    ask = {"path": "/api/dispatcher/events/", "data": body, "content_type": "application/json"}

    read = browser.get("/api/dispatcher/overview/", {"center": desk.center.code})
    without, given = browser.post(**ask), browser.post(**ask, headers={"X-CSRFToken": token})

    assert (read.status_code, without.status_code, given.status_code) == (200, 403, 201)


def test_its_policy_allows_nothing_but_its_own(desk):
    answer = page_of(desk.dispatcher)

    allowed = policy(answer)
    assert allowed["script-src"] == allowed["style-src"] == allowed["connect-src"] == {"'self'"}
    assert allowed["img-src"] == {"'self'", "data:"}
    assert not INLINE.findall(answer.content.decode())


def test_everything_it_asks_for_is_carried_and_nothing_is_left_out(desk):
    text = page_of(desk.dispatcher).content.decode()

    asked = re.findall(r'(?:src|href)="/static/([^"]+)"', text)
    own = {f"dispatcher/board/{each.name}" for each in (STATIC / "board").glob("*.js")}
    assert asked
    assert [each for each in asked if finders.find(each) is None] == []
    assert own == {*MODULES, "dispatcher/board/main.js", "dispatcher/board/theme.js"}
    assert finders.find(settled(page_of(desk.dispatcher))["land"].removeprefix("/static/"))


def test_what_it_loads_is_light_once_compressed(desk):
    answer = page_of(desk.dispatcher)
    asked = set(re.findall(r'(?:src|href)="/static/([^"]+)"', answer.content.decode()))
    asked |= {*MODULES, settled(answer)["land"].removeprefix("/static/")}

    found = {name: gzip.compress(Path(finders.find(name)).read_bytes()) for name in asked}

    assert len(asked) > len(MODULES)
    assert sum(map(len, found.values())) < MOST_BYTES, {k: len(v) for k, v in found.items()}


def test_what_it_carries_of_others_is_what_was_fetched():
    lock = dict(
        reversed(line.split(maxsplit=1))
        for line in (VENDOR / "vendor.lock").read_text().splitlines()
    )
    files = {str(each.relative_to(VENDOR)) for each in VENDOR.rglob("*") if each.is_file()}

    assert set(lock) == files - {"vendor.lock"}
    for name, digest in lock.items():
        assert hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() == digest, name
    for folder in (each for each in VENDOR.iterdir() if each.is_dir()):
        assert (folder / "LICENSE").is_file(), folder.name
    assert not [n for n in lock if "sourceMappingURL" in (VENDOR / n).read_text(errors="ignore")]


def test_its_own_files_stay_small_and_evaluate_nothing():
    for path in [*(STATIC / "board").glob("*.js"), *(STATIC / "board").glob("*.css")]:
        text = path.read_text()
        assert text.count("\n") <= MOST_LINES, path.name
        assert not re.search(r"\beval\(|new Function|innerHTML|document\.write|https?://", text)


@pytest.mark.parametrize(
    ("address", "origins"),
    [
        ("", []),
        ("https://tiles.example.org/a/{z}/{x}/{y}.png?k=1", ["https://tiles.example.org"]),
    ],
)
def test_pictures_of_tiles_are_allowed_from_where_they_are_set_to_come(address, origins):
    assert _origins(address) == origins
    assert settings.MAP_TILE_ORIGINS == []


@pytest.mark.parametrize(
    "address",
    [
        "tiles/{z}/{x}/{y}.png",
        "https://tiles.example.org/",
        "https://{s}.example.org/{z}/{x}/{y}",
        "ftp://a.example/{z}{x}{y}",
    ],
)
def test_an_address_of_tiles_that_cannot_work_stops_the_start(address):
    with pytest.raises(ImproperlyConfigured):
        _origins(address)


def test_the_menu_leads_to_it_for_who_may_see_it(desk):
    address = reverse("dispatch:board")
    index = reverse("admin:index")

    assert address in browser_of(desk.dispatcher).get(index).content.decode()
    assert address not in browser_of(clerk()).get(index).content.decode()
