from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from tests.browser import enter
from tests.users.endpoints import REASON
from tests.users.factories import (
    LONG_AGO,
    QualificationFactory,
    RoleFactory,
    UserFactory,
    grant,
    hold,
)
from users.models import Department, User, UserProfile

pytestmark = pytest.mark.django_db


def test_filters_narrow_the_lists(client_for):
    person = UserFactory()
    UserFactory(is_active=False)
    hold(person, RoleFactory(code="held"))
    QualificationFactory(user=person, status="unverified")
    client = client_for(UserFactory(is_superuser=True))

    def count(path):
        answer = client.get(path)
        assert answer.status_code == 200, answer.content
        return answer.json()["count"]

    assert count("/api/users/users/?role=held") == 1
    assert count("/api/users/users/?is_active=false") == 1
    assert count("/api/users/users/?department=ops") == 0
    assert count("/api/users/permissions/?resource=rpas.battery&page_size=1") == 8
    assert count("/api/users/qualifications/?kind=repl&status=unverified") == 1
    assert count("/api/users/role-assignments/?role=held") == 1
    assert client.get("/api/users/qualifications/?kind=nonsense").status_code == 400
    assert client.get("/api/users/users/?search=%00").status_code == 400


def test_a_client_sees_nothing_but_itself_and_staff_see_no_clients(client_for):
    customer, staff, admin = UserFactory(), UserFactory(), UserFactory()
    hold(customer, RoleFactory(code="client"))
    grant(customer, "users.view_user", "users.view_userprofile", is_staff_role=False)
    grant(staff, "users.view_user", "users.view_userprofile")
    grant(admin, "users.view_user", "users.change_user")

    def seen(user, path="/api/users/users/"):
        return {row["email"] for row in client_for(user).get(path).json()["results"]}

    assert seen(customer) == {customer.email}
    assert seen(customer, "/api/users/profiles/") == {customer.email}
    assert seen(staff) == {staff.email, admin.email}
    assert seen(staff, "/api/users/profiles/") == {staff.email, admin.email}
    assert seen(admin) == {customer.email, staff.email, admin.email}
    assert client_for(customer).get(f"/api/users/users/{staff.pk}/").status_code == 404


def test_a_colleague_does_not_see_private_parts_of_a_profile(client_for):
    person, colleague, chief = (UserFactory(date_of_birth="1990-01-01") for _ in range(3))
    person.profile.emergency_contact_name = "Sam"
    person.profile.save()
    grant(colleague, "users.view_userprofile")
    grant(chief, "users.view_userprofile", "users.change_userprofile")
    path = f"/api/users/profiles/{person.profile.pk}/"

    assert client_for(colleague).get(path).json()["emergency_contact_name"] is None
    assert client_for(colleague).get(path).json()["date_of_birth"] is None
    assert client_for(chief).get(path).json()["emergency_contact_name"] == "Sam"
    assert client_for(person).get("/api/me/").json()["profile"]["date_of_birth"] == "1990-01-01"


def test_a_person_keeps_the_passport_that_borders_ask_a_crew_for(client_for):
    person, colleague = UserFactory(), UserFactory()
    grant(colleague, "users.view_userprofile")
    path = f"/api/users/profiles/{person.profile.pk}/"
    given = {
        "nationality": "AU",
        "travel_document_number": "PA1234567",
        "travel_document_expires_on": "2031-04-30",
    }

    answer = client_for(person).patch("/api/me/", given, format="json")

    assert answer.status_code == 200
    assert given.items() <= client_for(person).get("/api/me/").json()["profile"].items()
    assert {client_for(colleague).get(path).json()[name] for name in given} == {None}
    assert client_for(person).get("/api/me/").json()["profile"]["travel_document_number"] == (
        "PA1234567"
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT p::text FROM users_userprofile p UNION ALL "
                       "SELECT e::text FROM users_userprofileevent e")  # fmt: skip
        assert not [row for (row,) in cursor.fetchall() if "PA1234567" in row]


def test_a_passport_is_entered_in_the_admin_by_who_may_change_profiles():
    person, boss = UserFactory(), UserFactory(is_superuser=True)
    browser = Client()
    enter(browser, boss)
    path = f"/admin/users/userprofile/{person.profile.pk}/change/"
    form = {"timezone": "UTC", "nationality": "AU", "travel_document": "PA7654321"}

    assert browser.post(path, form).status_code == 302

    assert UserProfile.objects.get(user=person).travel_document_number == "PA7654321"
    assert 'value="PA7654321"' in browser.get(path).content.decode()
    browser.post(path, {"timezone": "Asia/Tokyo", "travel_document": ""})
    kept = UserProfile.objects.get(user=person)
    assert (kept.timezone, kept.travel_document_number) == ("Asia/Tokyo", "")


def test_who_may_less_cannot_take_over_who_may_more(client_for):
    helper, admin = UserFactory(), UserFactory()
    grant(helper, "users.set_password_user", "users.change_user", "users.deactivate_user")
    grant(admin, "users.add_role")
    client = client_for(helper)
    path = f"/api/users/users/{admin.pk}/"
    root = f"/api/users/users/{UserFactory(is_superuser=True).pk}/"

    for target in (path, root):
        taken = [
            client.post(f"{target}set_password/", {"new_password": "another-long-word"}),
            client.patch(target, {"email": "mine@example.com"}, HTTP_IF_MATCH="*"),
            client.post(f"{target}deactivate/", REASON),
        ]
        assert [a.json()["code"] for a in taken] == ["beyond_own_authority"] * 3


@pytest.mark.parametrize("case", ["closed", "to come"])
def test_nor_who_may_more_once_the_account_opens_or_the_role_begins(client_for, case):
    helper, admin = UserFactory(), UserFactory(is_active=case != "closed")
    grant(helper, "users.set_password_user", "users.change_user", "users.reset_totp_user")
    begins = timezone.now() + timedelta(days=1)
    grant(admin, "users.add_role").assignments.update(
        valid_from=begins if case == "to come" else LONG_AGO
    )
    path = f"/api/users/users/{admin.pk}/"

    taken = [
        client_for(helper).post(f"{path}set_password/", {"new_password": "another-long-word"}),
        client_for(helper).post(f"{path}reset_totp/", REASON),
        client_for(helper).patch(path, {"email": "mine@example.com"}, HTTP_IF_MATCH="*"),
    ]

    assert [a.json()["code"] for a in taken] == ["beyond_own_authority"] * 3


@pytest.mark.parametrize(
    "body",
    [
        {"timezone": "Mars/Olympus"},
        {"timezone": "../../etc/passwd"},
        {"phone": "call me"},
        {"arn": "7654321"},
        {"phone": "1" * 40},
        {"user": 1},
    ],
)
def test_my_profile_takes_only_what_is_mine_to_say(client_for, body):
    assert client_for(UserFactory()).patch("/api/me/", body).status_code == 400


def test_i_may_change_my_own_telephone_and_zone(client_for):
    user = UserFactory()

    answer = client_for(user).patch(
        "/api/me/", {"phone": "+61 2 5550 1234", "timezone": "Australia/Perth"}
    )

    assert answer.status_code == 200
    user.profile.refresh_from_db()
    assert user.profile.timezone == "Australia/Perth"


def test_the_first_account_gets_its_profile_when_it_asks(client_for):
    user = User.objects.create_superuser("root@example.com", "correct-horse-battery")

    assert client_for(user).get("/api/me/").json()["profile"]["timezone"] == "UTC"


@pytest.mark.parametrize("new", ["short", "password1234"])
def test_weak_passwords_are_refused(client_for, new):
    user = UserFactory()
    body = {"current_password": "correct-horse-battery", "new_password": new}

    answer = client_for(user).post("/api/me/password/", body)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "/new_password"


def test_departments_cannot_form_a_loop(client_for):
    client = client_for(UserFactory(is_superuser=True))
    top = Department.objects.create(code="top", name="Top")
    middle = Department.objects.create(code="middle", name="Middle", parent=top)
    Department.objects.create(code="low", name="Low", parent=middle)

    for parent in ("low", "top"):
        answer = client.patch("/api/users/departments/top/", {"parent": parent}, HTTP_IF_MATCH="*")
        assert answer.json()["code"] == "department_loop"


def test_the_same_idempotency_key_opens_one_account(client_for):
    client = client_for(UserFactory(is_superuser=True))
    body = {"email": "once@example.com", "last_name": "Once"}

    first, second = (
        client.post("/api/users/users/", body, HTTP_IDEMPOTENCY_KEY="k1") for _ in range(2)
    )

    assert (first.status_code, second.status_code) == (201, 201)
    assert second["Idempotent-Replay"] == "true"
    assert User.objects.filter(email="once@example.com").count() == 1


def test_writes_through_the_admin_cookie_need_the_csrf_token():
    person = UserFactory()
    client = Client(enforce_csrf_checks=True)
    enter(client, UserFactory(is_superuser=True))

    assert client.get("/api/users/users/").status_code == 200
    refused = client.post(
        f"/api/users/users/{person.pk}/deactivate/", REASON, content_type="application/json"
    )
    assert refused.status_code == 403
    assert User.objects.get(pk=person.pk).is_active
