"""Every screen of the admin says what it is for, in words of its own."""

import html
import re
from collections import Counter

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from tests.browser import enter
from tests.contacts.factories import ContactFactory
from tests.users.factories import UserFactory

SCREENS = admin.site._registry  # noqa: SLF001 - the list of what is there
TOLD = re.compile(r"<summary>About this screen</summary><p>(.*?)</p>", re.DOTALL)


@pytest.mark.parametrize("model", SCREENS, ids=lambda model: model._meta.label)
def test_a_screen_says_what_it_is_what_can_be_done_and_where_to_go(model):
    about = getattr(SCREENS[model], "about", "")

    assert 80 <= len(about) <= 500, f"{model._meta.label} needs `about` beside its admin class."
    assert about.count(". ") + about.count("; ") >= 1
    assert about.endswith(".")
    assert "!" not in about


def test_no_two_screens_share_their_words():
    told = Counter(getattr(screen, "about", "") for screen in SCREENS.values())

    assert [about for about, count in told.items() if count > 1] == []


@pytest.mark.django_db
def test_list_page_own_pages_and_history_show_their_words():
    client, user = Client(), UserFactory(is_superuser=True)
    enter(client, user)
    one, other = ContactFactory(), ContactFactory()
    own = [
        reverse("screens:find"),
        reverse("screens:imports"),
        *(reverse("screens:import", args=[code]) for code in ("batteries", "clients", "contacts")),
        reverse("admin:clients_at_a_glance"),
        reverse("admin:request_pipeline"),
        reverse("admin:finance_reports"),
        reverse("admin:contacts_contact_merge", args=[one.pk, other.pk]),
        reverse("admin:contacts_contact_log", args=[one.pk]),
        reverse("admin:users_user_history", args=[user.pk]),
        reverse("admin:contacts_contact_changelist"),
    ]

    told = [html.unescape(TOLD.search(client.get(page).content.decode())[1]) for page in own]

    assert len(set(told)) == len(own)
    change = client.get(reverse("admin:contacts_contact_change", args=[one.pk]))
    assert html.unescape(TOLD.search(change.content.decode())[1]) == told[-1]
