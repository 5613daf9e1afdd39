"""Every address about webhooks: who may, what is refused, what happens twice."""

import pytest
from django.test import override_settings

from tests.users.factories import UserFactory
from tests.users.webhook_endpoints import (
    ADD,
    ASKS,
    ATTEMPTS,
    CHANGE,
    MESSAGES,
    OF_ONE,
    VIEW,
    WRITES,
    holder,
    label,
    make_rows,
    send,
    state,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def rows():
    return make_rows()


@pytest.mark.parametrize("ask", ASKS, ids=label)
def test_anonymous_is_a_401(api, rows, ask):
    before = state()

    assert send(api, ask, rows).status_code == 401
    assert state() == before


@pytest.mark.parametrize("ask", ASKS, ids=label)
def test_without_the_grant_it_is_a_403_and_with_it_it_works_once(client_for, rows, ask):
    everything = {ADD, CHANGE, VIEW, MESSAGES, ATTEMPTS} - {ask.needs}
    client, before = holder(client_for, rows["owner"], *everything), state()
    refused = send(client, ask, rows)
    assert (refused.status_code, refused.json()["code"]) == (403, "permission_denied")
    assert state() == before

    client = holder(client_for, rows["owner"], ask.needs, "operations.view_trip")
    first, again = (send(client, ask, rows) for _ in range(2))

    assert first.status_code == ask.status, first.content
    assert again.status_code == ask.again, again.content


@pytest.mark.parametrize("ask", OF_ONE, ids=label)
def test_another_owners_row_is_not_there(client_for, rows, ask):
    stranger = holder(client_for, UserFactory(), ask.needs)
    before = state()

    keys = [rows, *(dict.fromkeys(rows, k) for k in ("999999", "99999999999999999999", "x'y"))]
    answers = [send(stranger, ask, each).status_code for each in keys]

    assert answers == [404] * 4
    assert state() == before


@pytest.mark.parametrize("ask", WRITES, ids=label)
def test_bad_bodies_are_refused_and_change_nothing(client_for, rows, ask):
    client, before = holder(client_for, rows["owner"], ask.needs), state()
    bad = [
        [ask.body],
        "text",
        {**ask.body, "status": "active"},
        {name: {"deep": [1]} for name in ask.body} or {"x": 1},
        dict.fromkeys(ask.body, "x" * 100_000) or {"x": 1},
    ]

    assert [send(client, ask, rows, body=body).status_code for body in bad] == [400] * 5
    with override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=200):
        assert send(client, ask, rows, body={"reason": "x" * 500}).status_code == 413
    assert state() == before


@pytest.mark.parametrize("ask", [a for a in WRITES if a.is_versioned], ids=label)
def test_an_edit_says_what_it_read(client_for, rows, ask):
    client = holder(client_for, rows["owner"], ask.needs)
    path = ask.path.format(**rows)

    missing = getattr(client, ask.method)(path, ask.body)
    stale = send(client, ask, rows, HTTP_IF_MATCH='"99"')

    assert (missing.status_code, stale.status_code) == (428, 412)


KEYED = [a for a in WRITES if a.method == "post" and not a.is_versioned and a.status != 201]


@pytest.mark.parametrize("ask", KEYED, ids=label)
def test_the_same_request_under_one_key_is_done_once(client_for, rows, ask):
    client = holder(client_for, rows["owner"], ask.needs)

    first, again = (send(client, ask, rows, HTTP_IDEMPOTENCY_KEY="k") for _ in range(2))
    other = send(client, ask, rows, body={"reason": "Other"}, HTTP_IDEMPOTENCY_KEY="k")

    assert first.json() == again.json()
    assert again["Idempotent-Replay"] == "true"
    assert other.status_code in (400, 422)
