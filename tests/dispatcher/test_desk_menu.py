"""The menu leads to each page of the desk, and each person to those that may be opened."""

from types import SimpleNamespace

import pytest
from django.conf import settings
from django.test import Client
from django.urls import get_resolver, reverse

from dispatcher.templatetags.desk_menu import desk_pages
from tests.users.factories import UserFactory, grant

pytestmark = pytest.mark.django_db
PAGES = {
    "Dispatch board", "Compliance", "Maintenance calendar", "Logs to read", "Hours flown",
    "Departures on time", "Revenue and receivables", "Clients at a glance", "Pipeline",
}  # fmt: skip


def titles(user) -> set[str]:
    context = {"request": SimpleNamespace(user=user)}
    return {page["title"] for page in desk_pages(context)}


def test_a_theme_without_the_menu_is_given_every_page_the_person_may_open():
    clerk = UserFactory()
    grant(clerk, "rpas.view_f2maintenanceschedule")

    assert titles(clerk) == {"Maintenance calendar"}
    assert titles(UserFactory(is_superuser=True)) >= PAGES


def test_every_page_of_the_menu_is_at_an_address_that_answers():
    pages = [
        item
        for group in settings.UNFOLD["SIDEBAR"]["navigation"]
        for item in group["items"]
        if item["is_page"]
    ]

    assert {item["title"] for item in pages} >= PAGES
    for item in pages:
        assert get_resolver().resolve(str(item["link"])).func is not None


def test_the_pages_carry_the_policy_of_the_theme_and_no_script_of_their_own(settings):
    reader, browser = UserFactory(), Client()
    grant(reader, "common.view_compliancestate")
    browser.force_login(reader, backend="users.backends.RoleBackend")

    answer = browser.get(reverse("desk:compliance"))

    policy = answer["Content-Security-Policy"]
    scripts = next(part for part in policy.split(";") if "script-src" in part)
    assert "'unsafe-inline'" not in scripts
    page = answer.content.decode()
    own = page[page.index('<div class="desk">') :]
    own = own[: own.index("</table>")]
    assert "<script" not in own
    assert "style=" not in own
