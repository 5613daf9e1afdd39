"""Who may do what, over every route of authorizations, checklists, risks, hazards, incidents."""

from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import pytest

from common.models import StatusChange
from tests.flight_operations.people import ceo, member, nobody, stranger
from tests.flight_operations.safety.conftest import make_desk

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def kept_desk(kept_rows):
    return make_desk()


@pytest.fixture
def desk(kept_desk, db):
    return deepcopy(kept_desk)


BASE = "/api/flight-operations"
REASON = {"reason": "Because."}


@dataclass(frozen=True)
class Route:
    """One write or read: its address below the base, what it needs, what it takes."""

    method: str
    path: str
    permission: str
    body: dict[str, Any] | None = None
    headers: dict[str, str] = field(default_factory=dict)
    code: int = 200

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def a(method: str, verb: str, permission: str, body: Any = None, **more: Any) -> Route:
    return Route(method, f"authorizations/{{d.authorization.pk}}/{verb}", permission, body, **more)


def c(method: str, verb: str, permission: str, body: Any = None) -> Route:
    return Route(method, f"checklists/{{d.operation.number}}/{verb}", permission, body)


def r(method: str, verb: str, permission: str, body: Any = None, **more: Any) -> Route:
    return Route(
        method, f"risk-assessments/{{d.assessment.number}}/{verb}", permission, body, **more
    )


def h(method: str, verb: str, permission: str, body: Any = None, **more: Any) -> Route:
    return Route(method, f"hazards/{{d.hazard.number}}/{verb}", permission, body, **more)


def i(method: str, verb: str, permission: str, body: Any = None, **more: Any) -> Route:
    return Route(method, f"incidents/{{d.incident.number}}/{verb}", permission, body, **more)


MATCH = {"HTTP_IF_MATCH": "*"}
DETAIL = [
    a("get", "", "view_operationalauthorization"),
    a("get", "history/", "view_operationalauthorization"),
    a("patch", "", "change_operationalauthorization", {"place": "YSCB"}, headers=MATCH),
    a("post", "grant/", "grant_operationalauthorization", {"number": "G-1"}),
    a("post", "refuse/", "refuse_operationalauthorization", REASON),
    a("post", "revoke/", "revoke_operationalauthorization", REASON, code=409),
    c("get", "", "view_preflightchecklist"),
    c(
        "post",
        "answer/",
        "tick_preflightchecklist",
        {"item": "battery", "answer": "done", "evidence": "Full."},
    ),
    c("post", "refresh/", "tick_preflightchecklist"),
    r("get", "", "view_smsriskassessment"),
    r("get", "history/", "view_smsriskassessment"),
    r("patch", "", "change_smsriskassessment", {"title": "New"}, headers=MATCH),
    r("post", "submit/", "submit_smsriskassessment"),
    r("post", "approve/", "approve_smsriskassessment", {"comment": "Fine"}, code=409),
    r("post", "reject/", "reject_smsriskassessment", REASON, code=409),
    r("post", "revise/", "revise_smsriskassessment", code=409),
    r("post", "supersede/", "supersede_smsriskassessment", REASON),
    r("post", "replace/", "supersede_smsriskassessment", code=409),
    h("get", "", "view_smshazardregister"),
    h("get", "history/", "view_smshazardregister"),
    h("patch", "", "change_smshazardregister", {"controls": "Mast"}, headers=MATCH),
    h("post", "mitigate/", "mitigate_smshazardregister", REASON),
    h("post", "accept/", "accept_smshazardregister", REASON, code=409),
    h("post", "close/", "close_smshazardregister", REASON),
    h("post", "reopen/", "reopen_smshazardregister", REASON, code=409),
    h(
        "post",
        "link-incident/",
        "change_smshazardregister",
        {"incident": "{d.incident.number}"},
    ),
    i("get", "", "view_smsincidentreport"),
    i("get", "history/", "view_smsincidentreport"),
    i("patch", "", "change_smsincidentreport", {"evidence": "Log"}, headers=MATCH),
    i(
        "post",
        "notify/",
        "notify_smsincidentreport",
        {"channel": "written", "notified_at": "{now}"},
    ),
    i("post", "investigate/", "investigate_smsincidentreport", REASON),
    i("post", "act/", "act_smsincidentreport", {"corrective_action": "Compass"}, code=409),
    i("post", "close/", "close_smsincidentreport", REASON, code=409),
]
AUTHORIZATION = {
    "operator": "{d.operator.name}",
    "kind": "night",
    "number": "N-1",
    "valid_from": "2026-04-01T00:00:00Z",
    "valid_until": "2026-05-01T00:00:00Z",
}
CREATE = [
    Route("post", "authorizations/", "add_operationalauthorization", AUTHORIZATION, code=201),
    Route(
        "post",
        "authorizations/record-granted/",
        "grant_operationalauthorization",
        AUTHORIZATION,
        code=201,
    ),
    Route(
        "post",
        "checklists/",
        "add_preflightchecklist",
        {"operation": "{d.operation.number}"},
        code=409,
    ),
    Route(
        "post",
        "risk-assessments/",
        "add_smsriskassessment",
        {"operator": "{d.operator.name}", "title": "T", "context": "C"},
        code=201,
    ),
    Route(
        "post",
        "hazards/",
        "add_smshazardregister",
        {
            "operator": "{d.operator.name}",
            "description": "D",
            "category": "human",
            "likelihood": "C",
            "severity": 2,
        },
        code=201,
    ),
    Route(
        "post",
        "incidents/",
        "add_smsincidentreport",
        {
            "operator": "{d.operator.name}",
            "classification": "other",
            "occurred_at": "{now}",
            "place": "P",
            "narrative": "N",
        },
        code=201,
    ),
]
LISTS = [
    Route("get", "authorizations/", "view_operationalauthorization"),
    Route("get", "checklists/", "view_preflightchecklist"),
    Route("get", "risk-assessments/", "view_smsriskassessment"),
    Route("get", "hazards/", "view_smshazardregister"),
    Route("get", "incidents/", "view_smsincidentreport"),
]
WRITES = [route for route in (*DETAIL, *CREATE) if route.method != "get" and route.body]
NOT_JSON = (
    b"{",
    b"[]",
    b'"text"',
    b'{"reason": "a", "reason": "b"}',
    b'{"reason": NaN}',
    b'{"reason": "\\u0000"}',
    b"\xff\xfe",
)


def send(client, route, desk, body=None, **headers):
    filled = _filled(route.body if body is None else body, desk)
    return getattr(client, route.method)(
        f"{BASE}/{route.path.format(d=desk)}", filled, **{**route.headers, **headers}
    )


def _filled(value, desk):
    if isinstance(value, dict):
        return {name: _filled(inner, desk) for name, inner in value.items()}
    if isinstance(value, str):
        return value.format(d=desk, now=desk.incident.aware_at.isoformat())
    return value


every = pytest.mark.parametrize("route", [*DETAIL, *CREATE, *LISTS], ids=str)
detail = pytest.mark.parametrize("route", DETAIL, ids=str)
writes = pytest.mark.parametrize("route", WRITES, ids=str)


@every
def test_nobody_enters_without_signing_in(api, desk, route):
    assert send(api, route, desk).status_code == 401


@every
def test_a_member_without_the_grant_is_refused_and_nothing_changes(client_for, desk, route):
    steps = StatusChange.objects.count()

    answer = send(client_for(member(desk.operator)), route, desk)

    assert answer.status_code == 403
    assert StatusChange.objects.count() == steps


@detail
def test_another_operators_record_does_not_exist(client_for, desk, route):
    answer = send(client_for(stranger(route.permission)), route, desk)

    assert answer.status_code == 404
    assert answer.json()["code"] == "not_found"


@pytest.mark.parametrize("route", CREATE, ids=str)
def test_nothing_is_made_at_another_operator(client_for, desk, route):
    answer = send(client_for(stranger(route.permission)), route, desk)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == "does_not_exist"


@pytest.mark.parametrize("route", LISTS, ids=str)
def test_a_list_shows_only_ones_own_operators(client_for, desk, route):
    own = send(client_for(member(desk.operator, route.permission)), route, desk)
    foreign = send(client_for(stranger(route.permission)), route, desk)

    assert (own.status_code, own.json()["count"]) == (200, 1)
    assert (foreign.status_code, foreign.json()["count"]) == (200, 0)


@pytest.mark.parametrize("route", [*DETAIL, *CREATE], ids=str)
def test_a_member_with_the_grant_is_let_in(client_for, desk, route):
    user = ceo(desk.operator, route.permission)

    answer = send(client_for(user), route, desk)

    assert answer.status_code == route.code, answer.content


def test_somebody_who_works_for_nobody_sees_nothing(client_for, desk):
    user = nobody()

    assert client_for(user).get(f"{BASE}/hazards/").status_code == 403


@writes
def test_unknown_fields_are_refused(client_for, desk, route):
    user = ceo(desk.operator, route.permission)

    answer = send(client_for(user), route, desk, body={**(route.body or {}), "surprise": 1})

    assert answer.status_code == 400
    assert {"pointer": "/surprise", "code": "unknown_field", "message": "Unknown field."} in (
        answer.json()["errors"]
    )


@writes
def test_what_is_no_proper_json_is_refused(client_for, desk, route):
    client = client_for(ceo(desk.operator, route.permission))
    address = f"{BASE}/{route.path.format(d=desk)}"
    for raw in NOT_JSON:
        answer = client.generic(
            route.method.upper(), address, raw, content_type="application/json", **route.headers
        )

        assert answer.status_code == 400, raw
    answer = client.generic(
        route.method.upper(), address, b"a=1", content_type="text/plain", **route.headers
    )
    assert answer.status_code == 415


@pytest.mark.parametrize("route", [w for w in WRITES if w.body], ids=str)
def test_values_of_the_wrong_kind_are_refused(client_for, desk, route):
    client = client_for(ceo(desk.operator, route.permission))
    for wrong in ({"a": 1}, [1], "x" * 30_000):
        answer = send(client, route, desk, body=dict.fromkeys(route.body, wrong))

        assert answer.status_code == 400, wrong


@pytest.mark.parametrize("route", [d for d in DETAIL if d.method == "patch"], ids=str)
def test_an_edit_names_the_version_it_read(client_for, desk, route):
    client = client_for(
        member(desk.operator, route.permission, route.permission.replace("change", "view"))
    )
    bare = Route(route.method, route.path, route.permission, route.body)
    tag = client.get(f"{BASE}/{route.path.format(d=desk)}")["ETag"]

    assert send(client, bare, desk).status_code == 428
    first = send(client, bare, desk, HTTP_IF_MATCH=tag)
    assert first.status_code == 200
    assert first["ETag"] != tag
    assert send(client, bare, desk, HTTP_IF_MATCH=tag).status_code == 412
    assert send(client, bare, desk, HTTP_IF_MATCH='"nonsense"').status_code == 412


@pytest.mark.parametrize("route", [w for w in CREATE if w.code == 201], ids=str)
def test_the_same_request_again_makes_nothing_more(client_for, desk, route):
    client = client_for(ceo(desk.operator, route.permission))
    key = {"HTTP_IDEMPOTENCY_KEY": "k-1"}

    first, again = (send(client, route, desk, **key) for _ in range(2))

    assert (first.status_code, again.status_code) == (201, 201)
    assert again["Idempotent-Replay"] == "true"
    assert again.json() == first.json()
    other = {**route.body, "number": "X"} if "number" in route.body else {"operator": "X"}
    assert send(client, route, desk, body=other, **key).status_code == 422


@pytest.mark.parametrize("route", LISTS, ids=str)
@pytest.mark.parametrize("query", ["page=0", "page_size=201", "ordering=password", "whose=mine"])
def test_a_list_refuses_what_it_does_not_document(client_for, desk, route, query):
    client = client_for(member(desk.operator, route.permission))

    assert client.get(f"{BASE}/{route.path}?{query}").status_code == 400


@pytest.mark.parametrize("route", LISTS, ids=str)
def test_a_list_takes_the_same_few_queries_however_long(
    client_for, desk, route, django_assert_max_num_queries
):
    client = client_for(member(desk.operator, route.permission))

    with django_assert_max_num_queries(12):
        client.get(f"{BASE}/{route.path}")
