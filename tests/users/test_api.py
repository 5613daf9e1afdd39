from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client, override_settings
from django.utils import timezone

from common.models import AuditEvent
from tests.users.factories import (
    QualificationFactory,
    RoleFactory,
    UserFactory,
    grant,
    hold,
)
from users.models import Department, FlightExperience, RoleAssignment, User
from users.services import api_tokens

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class Case:
    """One endpoint: how to ask it well, and which grant it needs."""

    method: str
    path: str
    needs: str
    body: dict[str, Any] = field(default_factory=dict)
    status: int = 200
    also: tuple[str, ...] = ()
    repeated: int | None = None
    empty: int = 400


REASON = {"reason": "because"}
SOON = (timezone.now() + timedelta(days=30)).isoformat()
PAPER = {"kind": "aroc", "authority": "CASA", "number": "7", "issued_on": "2024-01-01"}
HOURS = {"category": "multirotor", "flown_minutes": 600, "as_of_on": "2026-01-01"}
CASES = [
    *(
        Case("get", f"/api/users/{name}/", f"users.view_{model}")
        for name, model in (
            ("users", "user"),
            ("profiles", "userprofile"),
            ("roles", "role"),
            ("permissions", "permission"),
            ("role-assignments", "roleassignment"),
            ("departments", "department"),
            ("qualifications", "qualification"),
            ("flight-experience", "flightexperience"),
            ("api-tokens", "apitoken"),
        )
    ),
    Case("get", "/api/users/users/{user}/", "users.view_user"),
    Case("get", "/api/users/profiles/{profile}/", "users.view_userprofile"),
    Case("get", "/api/users/roles/{role}/", "users.view_role"),
    Case("get", "/api/users/role-assignments/{held}/", "users.view_roleassignment"),
    Case("get", "/api/users/departments/{department}/", "users.view_department"),
    Case("get", "/api/users/qualifications/{paper}/", "users.view_qualification"),
    Case("get", "/api/users/qualifications/{paper}/history/", "users.view_qualification"),
    Case("get", "/api/users/flight-experience/{hours}/", "users.view_flightexperience"),
    Case(
        "get",
        "/api/users/api-tokens/{token}/",
        "users.view_apitoken",
        also=("users.change_apitoken",),
    ),
    Case(
        "post",
        "/api/users/users/",
        "users.add_user",
        {"email": "New@Example.com", "last_name": "New"},
        201,
        repeated=409,
    ),
    Case(
        "patch",
        "/api/users/users/{user}/",
        "users.change_user",
        {"first_name": "Changed"},
        repeated=412,
    ),
    Case(
        "post", "/api/users/users/{user}/deactivate/", "users.deactivate_user", REASON, repeated=409
    ),
    Case(
        "post",
        "/api/users/users/{closed}/reactivate/",
        "users.deactivate_user",
        REASON,
        repeated=409,
    ),
    Case(
        "post",
        "/api/users/users/{user}/assign_role/",
        "users.add_roleassignment",
        {"role": "{role}"},
        repeated=409,
    ),
    Case(
        "post",
        "/api/users/users/{user}/withdraw_role/",
        "users.withdraw_roleassignment",
        {"role": "{held_role}", **REASON},
        repeated=409,
    ),
    Case(
        "post",
        "/api/users/users/{user}/set_password/",
        "users.set_password_user",
        {"new_password": "another-long-word"},
        repeated=200,
    ),
    Case(
        "post",
        "/api/users/users/{user}/reset_totp/",
        "users.reset_totp_user",
        REASON,
        409,
    ),
    Case(
        "patch",
        "/api/users/profiles/{profile}/",
        "users.change_userprofile",
        {"department": "{department}", "timezone": "Australia/Perth", "arn": "7654321"},
        repeated=412,
    ),
    Case(
        "post",
        "/api/users/roles/",
        "users.add_role",
        {"code": "crew", "name": "Crew", "permissions": ["users.add_role"]},
        201,
        repeated=409,
    ),
    Case("patch", "/api/users/roles/{role}/", "users.change_role", {"name": "New"}, repeated=412),
    Case(
        "post",
        "/api/users/role-assignments/",
        "users.add_roleassignment",
        {"user": "{user}", "role": "{role}"},
        201,
        repeated=409,
    ),
    Case(
        "post",
        "/api/users/role-assignments/{held}/withdraw/",
        "users.withdraw_roleassignment",
        REASON,
        repeated=409,
    ),
    Case(
        "post",
        "/api/users/departments/",
        "users.add_department",
        {"code": "med", "name": "Medical", "parent": "{department}", "head": "{user}"},
        201,
        repeated=409,
    ),
    Case(
        "patch",
        "/api/users/departments/{department}/",
        "users.change_department",
        {"name": "New"},
        repeated=412,
    ),
    Case(
        "post",
        "/api/users/qualifications/",
        "users.add_qualification",
        {"user": "{user}", **PAPER},
        201,
        also=("users.change_qualification",),
        repeated=409,
    ),
    Case(
        "patch",
        "/api/users/qualifications/{paper}/",
        "users.change_qualification",
        {"expires_on": "2030-01-01"},
        repeated=412,
    ),
    Case(
        "post",
        "/api/users/qualifications/{paper}/verify/",
        "users.verify_qualification",
        repeated=409,
        empty=200,
    ),
    Case(
        "post",
        "/api/users/qualifications/{paper}/revoke/",
        "users.revoke_qualification",
        REASON,
        repeated=409,
    ),
    Case(
        "post",
        "/api/users/flight-experience/",
        "users.add_flightexperience",
        {"user": "{user}", **HOURS},
        201,
        also=("users.change_flightexperience",),
        repeated=409,
    ),
    Case(
        "patch",
        "/api/users/flight-experience/{hours}/",
        "users.change_flightexperience",
        {"landings": 5},
        repeated=412,
    ),
    Case(
        "post",
        "/api/users/api-tokens/",
        "users.add_apitoken",
        {"owner": "{me}", "name": "T", "scopes": ["users.add_apitoken"], "expires_at": SOON},
        201,
        repeated=201,
    ),
    Case(
        "post",
        "/api/users/api-tokens/{token}/revoke/",
        "users.revoke_apitoken",
        REASON,
        also=("users.change_apitoken",),
        repeated=409,
    ),
]
WRITES = [case for case in CASES if case.method != "get"]


def label(case):
    return f"{case.method} {case.path}"


@pytest.fixture
def rows():
    """One row of every kind, and their public keys by name."""
    user, closed = UserFactory(), UserFactory(is_active=False)
    held = hold(user, RoleFactory(code="held"))
    RoleFactory(code="free")
    Department.objects.create(code="ops", name="Operations")
    root = UserFactory(is_superuser=True)
    now = timezone.now()
    token, _ = api_tokens.issue_token(
        root,
        name="Truck",
        scopes=["users.view_user"],
        expires_at=now + timedelta(days=5),
        actor=root,
        at=now,
    )
    hours = FlightExperience.objects.create(
        user=user, declared_by=user, declared_at=now, role="dual", **HOURS
    )
    return {
        "user": user.pk,
        "closed": closed.pk,
        "profile": user.profile.pk,
        "held": held.pk,
        "held_role": "held",
        "role": "free",
        "department": "ops",
        "paper": QualificationFactory(user=user, status="unverified").pk,
        "hours": hours.pk,
        "token": token.pk,
    }


def filled(value, rows):
    """Put the rows' keys into a path or a body."""
    if isinstance(value, dict):
        return {name: filled(inner, rows) for name, inner in value.items()}
    if isinstance(value, str) and value.startswith("{") and value.endswith("}"):
        return rows[value[1:-1]]
    return value.format(**rows) if isinstance(value, str) and "{" in value else value


def send(client, case, rows, body=None, **headers):
    if case.method == "patch":
        headers.setdefault("HTTP_IF_MATCH", '"1"')
    given = filled(case.body, rows) if body is None else body
    path = filled(case.path, rows) if "{" in case.path else case.path
    if case.method == "get":
        return client.get(path, **headers)
    return getattr(client, case.method)(path, given, format="json", **headers)


def holder(client_for, case, rows):
    user = UserFactory()
    grant(user, case.needs, *case.also)
    rows["me"] = user.pk
    return client_for(user)


def state():
    """What a refused write must not have changed."""
    return (
        AuditEvent.objects.exclude(action__startswith="session.").count(),
        list(User.objects.order_by("pk").values_list("pk", "version")),
        RoleAssignment.objects.count(),
        Department.objects.count(),
    )


@pytest.mark.parametrize("case", CASES, ids=label)
def test_anonymous_is_a_401(api, rows, case):
    before = state()

    answer = send(api, case, {**rows, "me": 1})

    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert answer["Content-Type"] == "application/problem+json"
    assert state() == before


@pytest.mark.parametrize("case", CASES, ids=label)
def test_without_the_grant_it_is_a_403(client_for, rows, case):
    user = UserFactory()
    grant(user, "airports.view_airport")
    client = client_for(user)
    before = state()

    answer = send(client, case, {**rows, "me": user.pk})

    assert answer.status_code == 403
    assert answer.json()["code"] == "permission_denied"
    assert state() == before


@pytest.mark.parametrize("case", CASES, ids=label)
def test_with_the_grant_it_works_and_repeated_it_is_refused(client_for, rows, case):
    client = holder(client_for, case, rows)

    first = send(client, case, rows)
    again = send(client, case, rows)

    assert first.status_code == case.status, first.content
    if case.repeated:
        assert again.status_code == case.repeated, again.content
    if case.status == 200 and case.path.endswith("}/"):
        assert first["ETag"]


@pytest.mark.parametrize("case", WRITES, ids=label)
@pytest.mark.parametrize("kind", ["list", "text", "null", "unknown", "wrong", "long", "not json"])
def test_bad_bodies_are_refused_and_change_nothing(client_for, rows, case, kind):
    client = holder(client_for, case, rows)
    good = filled(case.body, rows)
    bodies = {
        "list": [good],
        "text": "text",
        "null": None,
        "unknown": {**good, "is_superuser": True},
        "wrong": {name: {"deep": [1]} for name in good} or {"x": 1},
        "long": dict.fromkeys(good, "x" * 100000) or {"x": 1},
    }
    before = state()
    if kind == "not json":
        answer = getattr(client, case.method)(
            filled(case.path, rows) if "{" in case.path else case.path,
            b'{"a": NaN',
            content_type="application/json",
            HTTP_IF_MATCH='"1"',
        )
    elif kind == "null":
        answer = getattr(client, case.method)(
            filled(case.path, rows) if "{" in case.path else case.path,
            b"null",
            content_type="application/json",
            HTTP_IF_MATCH='"1"',
        )
    else:
        answer = send(client, case, rows, body=bodies[kind])

    expected = {400} if kind != "null" else {400, case.empty}
    if case.method == "patch" and kind == "null":
        expected = {400, 200}
    assert answer.status_code in expected, answer.content
    if answer.status_code == 400:
        assert state() == before


@pytest.mark.parametrize("case", [c for c in WRITES if c.method == "post"], ids=label)
def test_an_empty_body_is_refused_where_something_is_needed(client_for, rows, case):
    client = holder(client_for, case, rows)

    assert send(client, case, rows, body={}).status_code == case.empty


@pytest.mark.parametrize("case", WRITES, ids=label)
def test_an_oversized_body_is_a_413(client_for, rows, case):
    client = holder(client_for, case, rows)

    with override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=200):
        answer = send(client, case, rows, body={"reason": "x" * 500})

    assert answer.status_code == 413


@pytest.mark.parametrize("case", [c for c in CASES if c.method == "patch"], ids=label)
def test_an_edit_says_what_it_read(client_for, rows, case):
    client = holder(client_for, case, rows)
    path = filled(case.path, rows)

    missing = client.patch(path, filled(case.body, rows))
    stale = send(client, case, rows, HTTP_IF_MATCH='"99"')

    assert (missing.status_code, stale.status_code) == (428, 412)


@pytest.mark.parametrize("case", [c for c in CASES if "{" in c.path], ids=label)
@pytest.mark.parametrize("key", ["999999", "99999999999999999999999", "x'y", "%00"])
def test_what_is_not_there_is_a_404(client_for, rows, case, key):
    client = holder(client_for, case, rows)
    head, _, tail = case.path.partition("{")
    path = head + key + tail.partition("}")[2]
    headers = {"HTTP_IF_MATCH": '"1"'}

    answer = getattr(client, case.method)(path, filled(case.body, rows), **headers)

    assert answer.status_code in (404, 400)
    assert answer.status_code == 404 or key == "%00"


@pytest.mark.parametrize("case", CASES[:9], ids=label)
def test_lists_are_bounded_and_refuse_unknown_parameters(
    client_for, rows, case, django_assert_max_num_queries
):
    client = holder(client_for, case, rows)

    for query in ("surprise=1", "page_size=201", "page=0", "page=x", "ordering=password"):
        assert client.get(f"{case.path}?{query}").status_code == 400, query
    for _ in range(5):
        person = UserFactory()
        hold(person, RoleFactory())
        QualificationFactory(user=person)
    with django_assert_max_num_queries(9):
        answer = client.get(case.path)
    assert set(answer.json()) == {"count", "next", "previous", "results"}


def test_filters_narrow_the_lists(client_for, rows):
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


def test_writes_through_the_admin_cookie_need_the_csrf_token(rows):
    client = Client(enforce_csrf_checks=True)
    client.force_login(UserFactory(is_superuser=True), backend="users.backends.RoleBackend")

    assert client.get("/api/users/users/").status_code == 200
    refused = client.post(
        f"/api/users/users/{rows['user']}/deactivate/", REASON, content_type="application/json"
    )
    assert refused.status_code == 403
    assert User.objects.get(pk=rows["user"]).is_active
