"""What nothing else answers, as the desk reads it and as a script does."""

import pytest
from django.test import Client, RequestFactory

from common.refusal_pages import server_error
from tests.browser import enter
from tests.rpas.factories import AircraftFactory, MemberFactory
from tests.users.factories import UserFactory, grant

pytestmark = pytest.mark.django_db
BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


@pytest.fixture
def reader():
    user = MemberFactory(operator=AircraftFactory().operator).user
    grant(user, "rpas.view_rpasaircraft")
    return user


def signed_in(user, **options):
    client = Client(**options)
    enter(client, user)
    return client


def test_an_address_without_anything_is_a_page_of_the_desk(reader):
    answer = signed_in(reader).get("/admin/no-such/page/", headers=BROWSER)

    text = answer.content.decode()
    assert answer.status_code == 404
    assert answer["Content-Type"].startswith("text/html")
    assert "Not found" in text[text.index("<title>") : text.index("</title>")]
    assert "it may be gone, or it is none of yours" in text
    assert answer["X-Request-ID"] in text
    assert 'href="/admin/"' in text


def test_what_a_page_asks_for_without_the_grant_is_refused_in_words(reader):
    answer = signed_in(reader).get("/admin/maintenance/", headers=BROWSER)

    assert answer.status_code == 403
    assert "You may not do this." in answer.content.decode()


@pytest.mark.parametrize("accept", ["*/*", "application/json", ""])
def test_a_script_is_answered_with_a_problem_document(reader, accept):
    answer = signed_in(reader).get("/admin/no-such/page/", headers={"Accept": accept})

    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "not_found"


def test_outside_the_desk_nothing_changes():
    answer = Client().get("/no-such/page/", headers=BROWSER)

    assert answer.status_code == 404
    assert answer.json()["code"] == "not_found"


def test_an_expired_form_says_that_nothing_was_changed(reader):
    client = signed_in(reader, enforce_csrf_checks=True)

    answer = client.post("/admin/preferences/", {"clock": "12"}, headers=BROWSER)

    assert answer.status_code == 403
    assert "Nothing was changed" in answer.content.decode()


def test_a_stranger_is_sent_to_sign_in_first():
    answer = Client().get("/admin/no-such/page/", headers=BROWSER)

    assert answer.status_code == 302
    assert answer["Location"].startswith("/admin/login/")


def test_another_host_is_refused_before_anybody_is_known(settings):
    settings.ALLOWED_HOSTS = ["windsock.example"]

    answer = Client().get("/admin/", headers={**BROWSER, "Host": "evil.example"})

    assert answer.status_code == 400
    assert answer.json()["code"] == "bad_request"


def test_a_card_number_in_a_form_is_refused_in_words():
    user = UserFactory(is_superuser=True)

    answer = signed_in(user).post(
        "/admin/preferences/", {"note": "4111 1111 1111 1111"}, headers=BROWSER
    )

    assert answer.status_code == 400
    assert answer["Content-Type"].startswith("text/html")


def test_what_broke_asks_the_database_for_nothing(django_assert_num_queries):
    request = RequestFactory().get("/admin/", headers=BROWSER)
    with django_assert_num_queries(0):
        answer = server_error(request)

    assert answer.status_code == 500
    assert b"Something went wrong on our side." in answer.content
