"""Subscribing over the API: secrets, owners, machines, limits, and reading by a cursor."""

from datetime import timedelta

import pytest
from django.test import override_settings
from django.utils import timezone

from common.models import AuditEvent
from tests.client_management import scene
from tests.rpas.factories import MemberFactory
from tests.users.factories import UserFactory, grant
from tests.users.webhook_endpoints import (
    ADD,
    ATTEMPTS,
    BASE,
    CHANGE,
    MESSAGES,
    OF_ONE,
    TYPES,
    URL,
    VIEW,
    WRITES,
    holder,
    make_rows,
    send,
    state,
)
from tests.users.webhook_scene import SECRET, make_subscription, queue_tests
from users.models import WebhookHealth, WebhookMessage, WebhookSubscription
from users.services import api_tokens

LISTS = [BASE, "/api/users/webhook-messages/"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def rows():
    return make_rows()


def test_a_secret_is_shown_once_and_never_kept(client_for, rows):
    client = holder(client_for, rows["owner"], ADD, VIEW, CHANGE)

    made = client.post(BASE, TYPES, HTTP_IDEMPOTENCY_KEY="k", format="json")
    address = f"{BASE}{made.json()['id']}/"
    turned = client.post(f"{address}rotate-secret/", HTTP_IF_MATCH=made["ETag"])

    secret, newer = made.json()["secret"], turned.json()["secret"]
    assert secret.startswith("whsec_")
    assert newer != secret
    assert [a["Cache-Control"] for a in (made, turned)] == ["no-store"] * 2
    assert (made["ETag"], turned["ETag"]) == ('"1"', '"2"')
    row = WebhookSubscription.objects.get(pk=made.json()["id"])
    assert (row.secret, row.previous_secret) == (newer, secret)
    for read in (client.get(address), client.get(BASE)):
        assert "whsec_" not in read.content.decode()
    details = str(list(AuditEvent.objects.values_list("details", flat=True)))
    assert secret not in details
    assert newer not in details


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"url": "http://93.184.216.34/in"}, "/url"),
        ({"url": "https://127.0.0.1/in"}, "/url"),
        ({"url": "https://10.0.0.1/in"}, "/url"),
        ({"url": "https://[::1]/in"}, "/url"),
        ({"url": "https://169.254.169.254/latest/meta-data/"}, "/url"),
        ({"url": "https://93.184.216.34:22/"}, "/url"),
        ({"url": "https://user:word@93.184.216.34/"}, "/url"),
        ({"url": "https://" + "a" * 500}, "/url"),
        ({"url": "nonsense"}, "/url"),
        ({"url": ""}, "/url"),
        ({"event_types": []}, "/event_types"),
        ({"event_types": ["trip.*"] * 51}, "/event_types"),
        ({"event_types": ["trip.*", "trip.vanished"]}, "/event_types/1"),
        ({"event_types": ["webhook.test"]}, "/event_types/0"),
        ({"event_types": ["tri*"]}, "/event_types/0"),
        ({"event_types": ["flight_operation.released"]}, "/event_types/0"),
        ({"scope": "rpas_operator:"}, "/scope"),
        ({"scope": "everything"}, "/scope"),
        ({"scope": "crewed_fleet "}, None),
        ({"scope": "rpas_operator:0"}, "/scope"),
        ({"scope": "rpas_operator:999999999999999999999999999999"}, "/scope"),
        ({"scope": "rpas_operator:None"}, "/scope"),
        ({"scope": "client:CLI-1999-0001"}, "/scope"),
        ({"scope": "client:rpas_operator:3"}, "/scope"),
        ({"scope": "x" * 65}, "/scope"),
        ({"numbers": ["TR-1", "tr 2"]}, "/numbers/1"),
        ({"numbers": ["T"] * 101}, "/numbers"),
        ({"description": "x" * 201}, "/description"),
        ({"owner": 10**9}, "/owner"),
        ({"token": "nobodys"}, "/token"),
        ({"secret": "whsec_AAAA"}, "/secret"),
    ],
)
def test_what_cannot_be_subscribed_to_is_named(client_for, rows, wrong, pointer):
    client = holder(client_for, rows["owner"], ADD)
    before = state()
    with override_settings(WEBHOOK_ALLOW_HTTP=False, WEBHOOK_ALLOWED_NETWORKS=[]):
        answer = client.post(BASE, TYPES | wrong, format="json")

    if pointer is None:
        assert answer.status_code == 201
        return
    assert answer.status_code == 400, answer.content
    found = answer.json()
    pointers = [e["pointer"] for e in found.get("errors", [])]
    pointers.append(found.get("details", {}).get("pointer", ""))
    assert any(each.startswith(pointer) for each in pointers), found
    assert state() == before


def test_a_scope_is_of_an_operator_or_client_that_the_owner_sees(client_for):
    member, stranger, staff = MemberFactory(), MemberFactory(), UserFactory()
    organization = scene.client(staff, timezone.now())
    own, theirs, clients = (
        {"scope": text}
        for text in (
            f"rpas_operator:{member.operator_id}",
            f"rpas_operator:{stranger.operator_id}",
            f"client:{organization.number}",
        )
    )
    client = holder(client_for, member.user, ADD, CHANGE, VIEW)
    desk = holder(client_for, staff, ADD)

    made = client.post(BASE, TYPES | own, format="json")
    hook, current = f"{BASE}{made.json()['id']}/", {"HTTP_IF_MATCH": made["ETag"]}
    refused = [
        client.post(BASE, TYPES | theirs | {"url": f"{URL}/2"}, format="json"),
        client.patch(hook, theirs, format="json", **current),
        desk.post(BASE, TYPES | theirs, format="json"),
    ]
    kept = client.patch(hook, own | {"numbers": ["DR-1"]}, format="json", **current)

    assert made.status_code == 201
    assert {(a.status_code, a.json()["errors"][0]["pointer"]) for a in refused} == {(400, "/scope")}
    assert (kept.status_code, kept.json()["scope"]) == (200, own["scope"])
    assert desk.post(BASE, TYPES | clients, format="json").status_code == 201


def test_an_owner_has_so_many_subscriptions_and_one_to_each_address(client_for, rows):
    client = holder(client_for, rows["owner"], ADD, CHANGE, VIEW)
    with override_settings(WEBHOOK_MAX_SUBSCRIPTIONS=3):
        first = client.post(BASE, TYPES, format="json")
        same = client.post(BASE, TYPES, format="json")
        more = client.post(BASE, TYPES | {"url": f"{URL}/2"}, format="json")
    moved = client.patch(f"{BASE}{rows['hook']}/", {"url": URL}, HTTP_IF_MATCH='"1"', format="json")
    inside = client.patch(
        f"{BASE}{rows['hook']}/", {"url": "https://10.0.0.1/"}, HTTP_IF_MATCH='"1"', format="json"
    )

    assert [a.status_code for a in (first, same, more, moved, inside)] == [201, 409, 409, 409, 400]
    assert same.json()["code"] == moved.json()["code"] == "already_subscribed"
    assert more.json()["code"] == "too_many_webhooks"


def test_nobody_subscribes_for_somebody_who_may_more(client_for, rows):
    strong = UserFactory()
    grant(strong, "users.change_user")
    weak, closed = UserFactory(), UserFactory(is_active=False)
    client = holder(client_for, rows["owner"], ADD, VIEW, "users.view_user")

    codes = [
        client.post(BASE, TYPES | {"owner": owner.pk}, format="json").status_code
        for owner in (strong, closed, weak)
    ]

    assert codes == [403, 409, 201]
    assert WebhookSubscription.objects.get(owner=weak).made_by == rows["owner"]


def test_who_lost_rights_reads_and_changes_nothing_of_an_owner_who_kept_theirs(client_for, rows):
    maker = UserFactory()
    WebhookSubscription.objects.update(made_by=maker)
    client = holder(client_for, maker, CHANGE, VIEW, MESSAGES, ATTEMPTS)
    covered = [send(client, ask, rows).status_code for ask in OF_ONE if ask.method == "get"]
    listed = [client.get(path).json()["results"] for path in LISTS]
    grant(rows["owner"], "users.change_user")
    before = state()

    codes = [send(client, ask, rows, HTTP_IF_MATCH="*").status_code for ask in OF_ONE]

    assert set(covered) == {200}
    assert all(listed)
    assert codes == [404] * len(OF_ONE)
    assert [client.get(path).json()["results"] for path in LISTS] == [[], []]
    assert state() == before


def test_who_left_the_operator_no_longer_reads_what_they_made_there(client_for, rows):
    member = MemberFactory()
    operator = member.operator
    owner = MemberFactory(operator=operator).user
    theirs = make_subscription(owner, made_by=member.user, url="https://m.example/")
    client = holder(client_for, member.user, VIEW)

    before = client.get(f"{BASE}{theirs.pk}/").status_code
    member.delete()

    assert (before, client.get(f"{BASE}{theirs.pk}/").status_code) == (200, 404)


def test_who_sees_all_steers_none_of_an_owner_who_may_more(client_for, rows):
    grant(rows["owner"], "users.change_user")
    client = holder(client_for, UserFactory(), CHANGE, VIEW, "users.change_apitoken")
    before = state()

    codes = {
        send(client, ask, rows, HTTP_IF_MATCH="*").status_code
        for ask in WRITES
        if ask.needs == CHANGE
    }

    assert codes == {403}
    assert state() == before


def machine(api_client, owner, *scopes):
    now = timezone.now()
    row, key = api_tokens.issue_token(
        owner,
        name="M",
        scopes=scopes,
        expires_at=now + timedelta(days=5),
        actor=owner,
        at=now,
    )
    api_client.credentials(HTTP_X_API_TOKEN=key)
    return row


def test_a_machine_subscribes_within_its_token_and_reaches_nothing_else(api, rows):
    owner = rows["owner"]
    grant(owner, ADD, CHANGE, VIEW, MESSAGES, "operations.view_trip")
    token = machine(api, owner, ADD, CHANGE, VIEW, MESSAGES)

    beyond = api.post(BASE, TYPES | {"event_types": ["trip.released"]}, format="json")
    made = api.post(BASE, TYPES, format="json")
    listed = api.get(BASE).json()["results"]
    foreign = [send(api, ask, rows).status_code for ask in OF_ONE if ask.needs != ATTEMPTS]

    assert beyond.status_code == 400
    assert "does not hold operations.view_trip" in beyond.content.decode()
    assert made.json()["token"] == token.prefix
    assert [row["id"] for row in listed] == [made.json()["id"]]
    assert foreign == [404] * len(foreign)
    assert api.get("/api/users/webhook-messages/").json()["results"] == []


def test_a_token_that_is_named_is_the_owners_and_alive(client_for, rows):
    owner = rows["owner"]
    client = holder(client_for, owner, ADD, VIEW, "users.view_apitoken")
    now = timezone.now()
    alive, other, over = (
        api_tokens.issue_token(
            who, name="T", scopes=[VIEW], expires_at=now + timedelta(days=5), actor=who, at=now
        )[0]
        for who in (owner, UserFactory(is_superuser=True), owner)
    )
    other.issued_by = owner
    other.save()
    api_tokens.revoke_token(over, reason="x", actor=owner, at=now)

    codes = [
        client.post(BASE, TYPES | {"token": token.prefix}, format="json").status_code
        for token in (other, over, alive)
    ]

    assert codes == [400, 409, 201]


def test_what_was_missed_is_read_by_a_cursor(client_for, rows):
    queue_tests(WebhookSubscription.objects.get(pk=rows["hook"]), 4)
    client = holder(client_for, rows["owner"], MESSAGES)
    path = f"{BASE}{rows['hook']}/messages/"

    def page(query):
        answer = client.get(f"{path}?{query}").json()
        numbers = [row["sequence"] for row in answer["results"]]
        return numbers, answer["next_after"], answer["first_kept"], answer["last"]

    assert page("limit=2") == ([1, 2], 2, 1, 5)
    assert page("after=2&limit=2") == ([3, 4], 4, 1, 5)
    assert page("after=4") == ([5], 5, 1, 5)
    assert page("after=5") == ([], 5, 1, 5)
    WebhookMessage.objects.filter(sequence=1).delete()
    assert page("limit=1") == ([2], 2, 2, 5)
    for query in (
        "after=-1",
        "limit=0",
        "after=x",
        "limit=201",
        "limit=1.5",
        "after=²",
        f"after={2**70}",
    ):
        assert client.get(f"{path}?{query}").status_code == 400, query


def test_lists_show_health_are_bounded_and_cost_the_same_for_any_number(
    client_for, rows, django_assert_max_num_queries
):
    WebhookHealth.objects.update(failures=3, failing_since=timezone.now(), last_error="500")
    client = holder(client_for, rows["owner"], VIEW, MESSAGES, ATTEMPTS)
    for step in range(5):
        queue_tests(make_subscription(rows["owner"], url=f"https://c.example/{step}"), 2)

    for path in (BASE, "/api/users/webhook-messages/"):
        for query in ("surprise=1", "page_size=201", "status=x'", "after=1", "limit=1"):
            assert client.get(f"{path}?{query}").status_code == 400, query
        with django_assert_max_num_queries(7):
            assert client.get(path).status_code == 200
    shown = client.get(f"{BASE}?status=active&ordering=").json()["results"][-1]
    assert (shown["waiting_count"], shown["dead_count"]) == (0, 1)
    assert (shown["health"]["failures"], shown["health"]["last_error"]) == (3, "500")
    log = client.get(f"/api/users/webhook-messages/{rows['dead']}/attempts/").json()
    assert [(each["number"], each["response_code"]) for each in log] == [(1, 500)]


def test_the_catalogue_names_what_can_be_heard_of(client_for, rows):
    client = holder(client_for, rows["owner"], VIEW)

    types = client.get("/api/users/webhook-event-types/").json()

    found = {each["name"]: each for each in types}
    assert len(found) == len(types) > 50
    assert found["trip.released"] == {
        "name": "trip.released",
        "summary": "A trip may go, as planned and as judged.",
        "object_kind": "trip",
        "object_path": "/api/operations/trips/{number}/",
        "permission": "operations.view_trip",
        "scope": "crewed_fleet",
    }


def test_the_life_of_a_subscription(client_for, rows):
    client = holder(client_for, rows["owner"], VIEW, CHANGE)
    path = f"{BASE}{rows['hook']}/"
    (waiting,) = queue_tests(WebhookSubscription.objects.get(pk=rows["hook"]), 1)
    WebhookHealth.objects.update(failures=3, failing_since=timezone.now(), last_error="500")

    def step(verb, body=None):
        answer = client.post(f"{path}{verb}/", body, format="json")
        return answer.json().get("status"), answer.json().get("status_reason")

    assert step("pause", {"reason": "Night"}) == ("paused", "Night")
    assert step("resume") == ("active", "")
    assert client.get(path).json()["health"]["failures"] == 0
    assert step("close", {"reason": "Over"}) == ("closed", "Over")
    waiting.refresh_from_db()
    assert (waiting.status, waiting.reason) == ("dropped", "The subscription was closed.")
    steps = [each["to_status"] for each in client.get(f"{path}history/").json()]
    assert steps == ["paused", "active", "closed"]
    closed = client.patch(path, {"numbers": []}, HTTP_IF_MATCH="*", format="json")
    assert (closed.status_code, closed.json()["code"]) == (409, "webhook_closed")
    assert WebhookSubscription.objects.get(pk=rows["hook"]).secret == SECRET
