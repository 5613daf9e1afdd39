from datetime import timedelta

import pytest
from django.test import override_settings
from django.utils import timezone

from common.models import AuditEvent
from tests.users.endpoints import CASES, HOURS
from tests.users.factories import (
    CheckFactory,
    DeclaredFlightFactory,
    FlyingDeclarationFactory,
    QualificationFactory,
    RoleFactory,
    UserFactory,
    grant,
    hold,
)
from users.models import Department, FlightExperience, RoleAssignment, User
from users.services import api_tokens

pytestmark = pytest.mark.django_db


WRITES = [case for case in CASES if case.method != "get"]


def label(case):
    return f"{case.method} {case.path}"


@pytest.fixture(scope="module")
def rows(kept_rows):
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
        "check": CheckFactory(user=user).pk,
        "flight": DeclaredFlightFactory(user=user).pk,
        "declared": FlyingDeclarationFactory(user=user).pk,
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


def send_raw(client, case, rows, raw):
    path = filled(case.path, rows) if "{" in case.path else case.path
    return getattr(client, case.method)(
        path, raw, content_type="application/json", HTTP_IF_MATCH='"1"'
    )


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


def bad_bodies(good):
    """What is refused whatever is asked, as it goes over the wire; and null, where that is none."""
    return {
        "list": [good],
        "text": "text",
        "unknown": {**good, "is_superuser": True},
        "wrong": {name: {"deep": [1]} for name in good} or {"x": 1},
        "long": dict.fromkeys(good, "x" * 100000) or {"x": 1},
    }


@pytest.mark.parametrize("case", WRITES, ids=label)
def test_bad_bodies_are_refused_and_change_nothing(client_for, rows, case):
    client = holder(client_for, case, rows)
    before = state()
    for kind, body in bad_bodies(filled(case.body, rows)).items():
        answer = send(client, case, rows, body=body)

        assert answer.status_code == 400, kind
    assert send_raw(client, case, rows, b'{"a": NaN').status_code == 400
    assert state() == before


@pytest.mark.parametrize("case", WRITES, ids=label)
def test_null_is_refused_where_something_is_needed(client_for, rows, case):
    client = holder(client_for, case, rows)
    before = state()

    answer = send_raw(client, case, rows, b"null")

    assert answer.status_code in {400, 200 if case.method == "patch" else case.empty}
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
