"""Addresses and forms that no page makes: refused in words, never a fault of ours."""

from unittest.mock import Mock
from urllib.parse import quote

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db import DataError, IntegrityError
from django.urls import reverse

from airports.models import WeatherStation
from common.audit import record
from common.exceptions import InvalidInput
from contacts.models import Contact
from tests.browser import enter
from tests.contacts.factories import ContactFactory
from tests.users.factories import RoleFactory, UserFactory
from users.models import RoleAssignment, SignInSession

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


@pytest.mark.parametrize("key", ["\x00", "abc", "9" * 400], ids=range(3))
@pytest.mark.parametrize("model", [WeatherStation, Contact, Session, SignInSession])
def test_nothing_leads_from_a_key_that_no_record_has(root, model, key):
    kind = ContentType.objects.get_for_model(model)

    assert root.get(f"/admin/r/{kind.pk}/{quote(key)}/").status_code in (400, 404)


def offered(client, app, model, field, **more):
    query = {"app_label": app, "model_name": model, "field_name": field, "term": "", **more}
    return client.get("/admin/autocomplete/", query, headers={"Accept": "text/html"})


@pytest.mark.parametrize(
    "way",
    [
        ("contacts", "fbo", "nothing"),
        ("contacts", "fbo", "name"),
        ("contacts", "boat", "contact"),
        # The table of the other side has the field.
        ("contacts", "contact", "fbo"),
        ("users", "user", "role_assignments"),
        ("\x85", "fbo", "contact"),
    ],
    ids=range(6),
)
def test_choices_for_what_is_no_field_are_refused(root, way):
    assert offered(root, *way).status_code == 403


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"term": "\0"}, 400),
        ({"page": "junk"}, 404),
        ({"page": "9" * 400}, 404),
        ({"term": "x" * 5_000}, 200),
        ({"term": " ".join(f"w{n}" for n in range(300))}, 200),
        ({"term": "\"'\\%_"}, 200),
    ],
    ids=range(6),
)
def test_choices_are_found_or_refused_whatever_is_typed(root, more, status):
    ContactFactory(name="Harbour Hospital")

    answer = offered(root, "contacts", "fbo", "contact", **more)

    assert answer.status_code == status
    assert "Harbour" not in answer.content.decode()


DAYS = ["9" * 30, "9999", "0", "-1", "abc"]
SHEETS = ["axes_accesslog", "axes_accessattempt", "dispatcher_dispatchschedule", "finance_invoice"]


@pytest.mark.parametrize("screen", SHEETS)
def test_a_day_that_is_in_no_calendar_is_refused(root, screen):
    path = reverse(f"admin:{screen}_changelist")
    name = admin.site.get_model_admin(apps.get_model(screen.replace("_", "."))).date_hierarchy

    odd = [root.get(path, {f"{name}__year": year}).status_code for year in DAYS]
    month = root.get(path, {f"{name}__year": "2026", f"{name}__month": "9" * 30})
    good = root.get(path, {f"{name}__year": "2026", f"{name}__month": "11"})

    assert odd == [400] * len(DAYS)
    assert (month.status_code, good.status_code) == (400, 200)


def test_the_log_of_sign_ins_refuses_rows_that_no_key_can_name(root):
    path = reverse("admin:axes_accesslog_changelist")
    form = {"action": "delete_selected", "_selected_action": "abc", "post": "yes"}

    assert root.post(path, form).status_code == 400


@pytest.mark.parametrize("key", ["abc", "\x85", "9" * 30, "1,abc"], ids=range(4))
@pytest.mark.parametrize("screen", ["contacts_contact", "contacts_fbo"])
def test_a_new_form_is_not_filled_with_keys_that_no_record_has(root, screen, key):
    fields = apps.get_model(screen.replace("_", "."))._meta.get_fields()
    asked = {field.name: key for field in fields if field.is_relation}

    assert root.get(reverse(f"admin:{screen}_add"), asked).status_code == 200


def test_a_new_form_is_not_filled_with_times_that_are_text(root):
    path = reverse("admin:dispatcher_operationdemand_add")

    assert root.get(path, {"earliest_at": "abc", "deadline_at": "9999-12-31"}).status_code == 200


@pytest.mark.parametrize("key", ["abc", "9" * 30, "_00", "\x85"], ids=range(4))
@pytest.mark.parametrize(
    ("screen", "field"),
    [("flight_operations_smsincidentreport", "operation"), ("contacts_fbo", "contact")],
)
def test_a_form_with_a_record_that_no_key_can_name_is_shown_again(root, screen, field, key):
    answer = root.post(reverse(f"admin:{screen}_add"), {field: key})

    assert answer.status_code == 200
    assert field in answer.context["adminform"].form.errors


def test_a_period_that_ends_before_it_begins_is_refused_in_words_and_leaves_a_trace(root, caplog):
    held = RoleAssignment.objects.count()
    form = {
        "user": root.user.pk, "role": RoleFactory().pk, "reason": "Night desk",
        "valid_from_0": "2030-05-02", "valid_from_1": "08:00",
        "valid_until_0": "2030-05-01", "valid_until_1": "08:00",
    }  # fmt: skip

    answer = root.post(reverse("admin:users_roleassignment_add"), form, follow=True)

    assert "A value is out of range or cannot be stored." in answer.content.decode()
    assert RoleAssignment.objects.count() == held
    traces = [each for each in caplog.records if each.name == "common.screens.careful"]
    assert [isinstance(each.exc_info[1], DataError) for each in traces] == [True]


@pytest.mark.parametrize("error", [DataError, IntegrityError, InvalidInput])
def test_a_page_that_cannot_be_shown_is_not_led_back_to_itself(root, monkeypatch, error):
    given = ("/x", "Wrong.") if error is InvalidInput else ("wrong",)
    screen = admin.site.get_model_admin(Contact)
    monkeypatch.setattr(screen, "get_object", Mock(side_effect=error(*given)))

    with pytest.raises(error):
        root.get(reverse("admin:contacts_contact_change", args=[ContactFactory().pk]))
