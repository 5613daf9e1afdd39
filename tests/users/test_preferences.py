"""One's own preferences: at the API, on the page of the admin, and what they cost."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from common.exceptions import StaleVersion
from common.models import AuditEvent
from common.preferences import Preferences, defaults_of, preferences, reading
from tests.browser import enter
from tests.users.factories import UserFactory
from users.models import UserPreferences
from users.queries.preferences import language_at, preferences_of
from users.services.preferences import change_preferences

pytestmark = pytest.mark.django_db
URL = "/api/me/preferences/"
PAGE = "/admin/preferences/"
SHOWN = {
    "timezone": "place",
    "date_format": "long",
    "clock": "24",
    "height": "recorded",
    "distance": "recorded",
    "speed": "recorded",
    "mass": "recorded",
    "temperature": "recorded",
    "pressure": "recorded",
    "language": None,
    "chosen": [],
    "version": 0,
}


@pytest.fixture
def me(client_for):
    return client_for(UserFactory())


def patch(client, body, tag='"0"'):
    return client.patch(URL, body, format="json", HTTP_IF_MATCH=tag)


def test_who_chose_nothing_sees_what_the_installation_shows_and_reading_writes_nothing(me):
    answer = me.get(URL)

    assert (answer.status_code, answer["ETag"], answer.json()) == (200, '"0"', SHOWN)
    assert not UserPreferences.objects.exists()
    with override_settings(DISPLAY_DEFAULTS=defaults_of("distance=km, clock=12, language=es")):
        changed = me.get(URL).json()
    assert (changed["distance"], changed["clock"], changed["language"]) == ("km", "12", None)
    assert changed["chosen"] == []


def test_a_choice_is_kept_shown_and_taken_back(me):
    first = patch(me, {"timezone": "Australia/Perth", "height": "ft", "language": "es"})
    second = patch(me, {"height": None}, first["ETag"])

    assert (first.status_code, first["ETag"]) == (200, '"1"')
    assert first.json()["chosen"] == ["height", "language", "timezone"]
    assert (second.status_code, second.json()["height"]) == (200, "recorded")
    assert second.json()["chosen"] == ["language", "timezone"]
    assert me.get(URL).json() == second.json()
    assert AuditEvent.objects.filter(action="preferences.change").count() == 2


@pytest.mark.parametrize(
    ("body", "pointer", "said"),
    [
        ({"timezone": "Mars/Olympus"}, "/timezone", "IANA"),
        ({"timezone": "x" * 65}, "/timezone", "64"),
        ({"timezone": ""}, "/timezone", "blank"),
        ({"height": "fathom"}, "/height", "There is no fathom here, but recorded, ft, m."),
        ({"pressure": 1013}, "/pressure", "hpa, inhg"),
        ({"language": "fr"}, "/language", "en, es, de"),
        ({"clock": ["24"]}, "/clock", "24, 12"),
        ({"color": "blue"}, "/color", "Unknown"),
        ({}, "", "at least one"),
    ],
)
def test_what_cannot_be_is_a_400_that_says_what_can(me, body, pointer, said):
    answer = patch(me, body)

    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["pointer"]) == (400, pointer)
    assert said in error["message"]
    assert not UserPreferences.objects.exists()


@pytest.mark.parametrize("raw", ["[", "[]", '"ft"', '{"height": "ft", "height": "m"}', "x" * 9_999])
def test_what_is_no_object_is_a_400(me, raw):
    answer = me.patch(URL, raw, content_type="application/json", HTTP_IF_MATCH='"0"')

    assert answer.status_code == 400
    assert not UserPreferences.objects.exists()


def test_a_change_needs_to_know_what_it_changes(me):
    body = {"clock": "12"}

    assert me.patch(URL, body, format="json").status_code == 428
    assert patch(me, body, '"7"').status_code == 412
    assert patch(me, body, '"soon"').status_code == 412
    assert not UserPreferences.objects.exists()
    assert patch(me, body).status_code == 200
    assert patch(me, {"clock": "24"}).status_code == 412
    assert me.get(URL).json()["clock"] == "12"


def test_nobody_reads_or_changes_those_of_another(api, me, client_for):
    patch(me, {"height": "ft"})

    assert api.get(URL).status_code == 401
    assert patch(api, {"height": "m"}).status_code == 401
    assert client_for(UserFactory()).get(URL).json() == SHOWN
    assert me.get(f"{URL}?user=1").status_code == 400
    assert me.get(URL).json()["height"] == "ft"


@pytest.mark.django_db(transaction=True)
def test_of_two_first_choices_at_once_one_is_told_of_the_other(now):
    user = UserFactory()

    def choose(height):
        try:
            return change_preferences(user, version=0, changes={"height": height}, at=now).height
        except StaleVersion:
            return "stale"
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        ends = sorted(pool.map(choose, ["ft", "m"]))

    assert ends[1] == "stale"
    assert UserPreferences.objects.get().height == ends[0]


def test_the_page_of_the_admin_keeps_ones_own(client):
    user = UserFactory(is_superuser=True)
    enter(client, user)

    shown = client.get(PAGE)
    saved = client.post(PAGE, {"version": "0", "timezone": "Asia/Tokyo", "mass": "lb"})
    again = client.post(PAGE, {"version": "0", "mass": "kg"})
    wrong = client.post(PAGE, {"version": "1", "mass": "stone"})

    assert (shown.status_code, saved.status_code, saved["Location"]) == (200, 302, PAGE)
    assert (again.status_code, "meanwhile" in again.content.decode()) == (400, True)
    assert (wrong.status_code, "stone" in wrong.content.decode()) == (400, True)
    assert UserPreferences.objects.get(user=user).chosen() == {
        "timezone": "Asia/Tokyo", "mass": "lb"
    }  # fmt: skip


def test_the_page_is_not_for_who_has_no_admin(client):
    client.force_login(UserFactory(), backend="users.backends.RoleBackend")

    assert client.get(PAGE).status_code == 302
    assert client.post(PAGE, {"version": "0", "mass": "kg"}).status_code == 302
    assert not UserPreferences.objects.exists()


def test_they_are_read_once_and_only_when_somebody_asks():
    user = UserFactory()
    with CaptureQueriesContext(connection) as asked, reading(lambda: preferences_of(user)):
        assert len(asked) == 0
        assert preferences() == preferences() == Preferences()
        assert len(asked) == 1
    assert preferences() == Preferences()


def test_an_endpoint_never_reads_them(me):
    with CaptureQueriesContext(connection) as asked:
        me.get("/api/me/")

    assert not [q for q in asked if "userpreferences" in q["sql"]]


def test_mail_goes_out_in_the_language_of_who_gets_it(now):
    user = UserFactory(email="ana@example.org")
    change_preferences(user, version=None, changes={"language": "es"}, at=now)

    assert language_at("Ana@Example.org") == "es"
    assert language_at("nobody@example.org") == ""


def test_an_installation_that_asks_for_what_there_is_not_does_not_start():
    assert defaults_of("") == Preferences()
    for text, said in (("height=yd", "height cannot be 'yd'"), ("zone=UTC", "no preference")):
        with pytest.raises(ValueError, match=said):
            defaults_of(text)
