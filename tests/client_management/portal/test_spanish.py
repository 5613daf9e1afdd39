"""Every page of the portal in Spanish: no English left, and the reader's own dates and units."""

import re
from functools import cache
from html.parser import HTMLParser
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.test import Client as Browser
from django.urls import reverse
from django.utils import translation

from client_management import portal_handlers
from common.catalogs import CONTEXT_MARK, fills
from common.mail.messages import message_of
from common.models import Mail
from tests.architecture.test_texts import SAME, catalog
from tests.client_management import scene
from tests.client_management.portal.people import key, peer
from users.models import UserPreferences
from users.services.preferences import change_preferences

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("that_day")]
ATTRIBUTES = ("aria-label", "alt", "title", "placeholder", "data-label", "data-empty")
OF_ONES_OWN = ("home", "requests", "new-request", "jobs", "deliverables", "documents", "invoices",
               "threads", "wishes")  # fmt: skip


class Seen(HTMLParser):
    """The texts of a page that somebody reads, or has read to them."""

    def __init__(self):
        super().__init__()
        self.texts = []

    def handle_starttag(self, tag, attrs):
        self.texts += [value for name, value in attrs if name in ATTRIBUTES and value]

    def handle_data(self, data):
        self.texts.append(data)


def seen(answer):
    reader = Seen()
    reader.feed(answer.content.decode())
    return {" ".join(text.split()) for text in reader.texts} - {""}


@cache
def english():
    """The English texts that Spanish says otherwise: those without, and those with, fillings."""
    texts = {e.text.rpartition(CONTEXT_MARK)[2] for e in catalog("es").values()} - SAME["es"]
    texts -= {words for e in catalog("es").values() for words in e.words}
    filled = {text for text in texts if fills(text)}
    parts = [re.split(r"%\(\w+\)s|\{\w*\}", text) for text in filled]
    # Of what has hardly a word of its own anything could be said to be one.
    spoken = [part for part in parts if sum(map(len, part)) > 12]
    pattern = "|".join("[^\n]{1,200}".join(map(re.escape, part)) for part in spoken)
    return texts - filled, re.compile(pattern)


def left_in_english(answer):
    """What a page says in English that has Spanish words."""
    plain, filled = english()
    return {t for t in seen(answer) if t in plain or (len(t) < 500 and filled.fullmatch(t))}


@pytest.fixture
def access(client_org, actor, now):
    return key(client_org, actor, now)


@pytest.fixture
def browser(access, now):
    change_preferences(access.user, version=None, changes={"language": "es"}, at=now)
    made = Browser()
    made.force_login(access.user, backend="users.backends.RoleBackend")
    return made


def address(access, name, *args):
    return reverse(f"portal:{name}", args=[access.organization.number, *args])


def test_no_page_says_anything_in_english(browser, access, client_org, actor, now):
    ours = peer(actor, now)
    theirs = Browser(headers={"accept-language": "es-MX,es;q=0.9,en;q=0.5"})
    theirs.force_login(ours.person, backend="users.backends.RoleBackend")
    number = ours.organization.number
    own = [reverse(f"portal:{name}", args=[number]) for name in OF_ONES_OWN]
    rows = {
        "request": ours.request.number,
        "quote": ours.quote.number,
        "job": ours.job.number,
        "deliverable": ours.deliverable.number,
        "thread": ours.job.number,
    }
    own += [reverse(f"portal:{name}", args=[number, row]) for name, row in rows.items()]
    own.append(reverse("portal:job", args=[number, "JOB-2026-9999"]))
    left = {}
    for where in own:
        answer = theirs.get(where)
        assert answer["Content-Language"] == "es", where
        assert '<html lang="es">' in answer.content.decode()
        found = left_in_english(answer)
        if found:
            left[where] = found
    assert left == {}


@pytest.mark.parametrize("path", ["/portal/sign-in/", "/portal/shared/x/", "/sign/x/", "/pay/x/"])
def test_no_page_without_an_account_does(client, path):
    answer = client.get(path, headers={"accept-language": "fr,es;q=0.8,en;q=0.5"})

    assert answer["Content-Language"] == "es"
    assert left_in_english(answer) == set()
    assert "html" in answer["Content-Type"]


def test_refusals_are_said_in_spanish_and_by_an_endpoint_in_english(browser, access):
    page = browser.post(address(access, "thread", "general"), {"body": ""})
    api = browser.post(
        reverse("client_portal:portal-messages", args=[access.organization.number, "general"]),
        {"body": ""},
        content_type="application/json",
        headers={"accept-language": "es"},
    )

    assert "Escriba algo o añada un archivo." in page.content.decode()
    assert api.status_code == 400
    assert "Write something" in str(api.json())


def test_a_form_that_cannot_be_names_its_fields_in_spanish(browser, access):
    answer = browser.post(address(access, "new-request"), {"area": "1, 2\n3, 4"})

    text = answer.content.decode()
    assert (answer.status_code, "al menos tres vértices" in text) == (400, True)
    assert "(area)" not in text


def test_the_switch_holds_in_the_browser_and_for_who_is_signed_in(browser, access):
    home = address(access, "home")
    changed = browser.post("/portal/language/", {"language": "de", "next": home})
    elsewhere = browser.post(
        "/portal/language/", {"language": "en", "next": "https://evil.example/"}
    )
    wrong = browser.post("/portal/language/", {"language": "xx", "next": home})

    assert changed["Location"] == home
    assert "evil" not in elsewhere["Location"]
    assert wrong.status_code == 303
    assert UserPreferences.objects.get(user=access.user).language == "en"
    assert browser.get(home)["Content-Language"] == "en"
    out = Browser()
    out.post("/portal/language/", {"language": "es", "next": "/portal/sign-in/"})
    assert out.cookies[settings.LANGUAGE_COOKIE_NAME]["path"] == "/"
    assert out.get("/portal/sign-in/")["Content-Language"] == "es"


def test_settings_are_kept_and_shown_and_a_change_in_between_is_told(browser, access):
    where = address(access, "wishes")
    given = {"version": "1", "language": "es", "timezone": "America/Bogota", "date_format": "iso"}

    saved = browser.post(where, given)
    again = browser.post(where, given)
    wrong = browser.post(where, {**given, "version": "2", "clock": "13"})

    assert (saved.status_code, saved["Location"]) == (303, f"{where}?saved=yes")
    assert (again.status_code, "Entretanto" in again.content.decode()) == (400, True)
    assert wrong.status_code == 400
    row = UserPreferences.objects.get(user=access.user)
    assert row.chosen() == {
        "language": "es", "timezone": "America/Bogota", "date_format": "iso"
    }  # fmt: skip


def test_a_moment_is_in_the_zone_one_chose_and_says_so(browser, access, client_org, actor, now):
    change_preferences(
        access.user, version=None, changes={"timezone": "America/Bogota", "clock": "12"}, at=now
    )
    quote = scene.sent(scene.request(client_org, actor, now), actor, now)

    text = browser.get(address(access, "quote", quote.number)).content.decode()
    assert re.search(r"\d\d? de [a-z]+ de 2026, \d?\d:\d\d [AP]M UTC-05", text)
    assert re.search(r"\(\d?\d:\d\d [AP]M UTC\)", text)


def test_preferences_cost_a_page_one_statement(browser, access, django_assert_max_num_queries):
    browser.get(address(access, "wishes"))
    with django_assert_max_num_queries(60) as asked:
        browser.get(address(access, "requests"))

    assert len([q for q in asked if "users_userpreferences" in q["sql"]]) == 1


def test_a_mail_is_written_in_its_readers_language(browser, access, client_org, actor, now):
    quote = scene.sent(scene.request(client_org, actor, now), actor, now)
    portal_handlers.tell_of_an_offer(SimpleNamespace(quote_id=quote.pk))
    mail = Mail.objects.get(kind="portal_notice", recipient=access.user.email)
    with translation.override("en"):
        message = message_of(mail, at=0)

    assert mail.language == "es"
    assert "nuestra oferta para" in message.subject
    assert "En el portal puede elegir qué correos recibe." in message.body
    assert '<html lang="es">' in str(message.alternatives[0][0])
