"""Addresses and forms that no page makes: refused in words, never a fault of ours."""

import pytest
from django.urls import reverse

from airports.models import WeatherStation
from common.audit import record
from tests.browser import enter
from tests.contacts.factories import ContactFactory
from tests.users.factories import UserFactory

pytestmark = pytest.mark.django_db
LIST = "/admin/contacts/contact/"


@pytest.fixture
def root(client):
    user = UserFactory(is_superuser=True)
    enter(client, user)
    client.user = user
    return client


@pytest.mark.parametrize(
    "query",
    [{"kind": "\x00"}, {"kind__exact": "a\x00"}, {"\x00": "1"}, {"o": "\x00"}, {"p": "\x00"}],
    ids=range(5),
)
def test_a_list_that_is_asked_for_a_nul_is_a_400(root, query):
    answer = root.get(LIST, query, headers={"Accept": "text/html"})

    assert answer.status_code == 400
    assert "NUL" in answer.content.decode()


@pytest.mark.parametrize("key", ["abc", "\x00", ""], ids=range(3))
def test_rows_that_no_key_can_name_are_not_selected(root, key):
    ContactFactory()
    form = {"action": "export_csv", "_selected_action": key}

    assert root.post(LIST, form, headers={"Accept": "text/html"}).status_code == 400


@pytest.mark.parametrize("key", ["9" * 30, "-1"], ids=range(2))
def test_a_key_that_names_no_row_selects_none(root, key):
    ContactFactory(name="Harbour Hospital")
    form = {"action": "export_csv", "_selected_action": key}

    answer = root.post(LIST, form)

    assert b"Harbour Hospital" not in b"".join(answer.streaming_content)


@pytest.mark.parametrize("key", ["_00", "9" * 30, "x" * 5_000], ids=range(3))
@pytest.mark.parametrize("page", ["change", "history"])
def test_a_record_that_no_key_can_name_is_not_there(root, page, key):
    for screen in ("airports_weatherstation", "contacts_contact"):
        answer = root.get(reverse(f"admin:{screen}_{page}", args=[key]))

        assert answer.status_code in (302, 404)


def test_a_record_that_is_called_by_letters_has_its_history(root, now):
    station = WeatherStation.objects.create(station="YX00", name="Harbour")
    record("station.moved", station, actor=root.user, at=now)

    answer = root.get(reverse("admin:airports_weatherstation_history", args=[station.pk]))

    assert answer.status_code == 200
    assert "station.moved" in answer.content.decode()
