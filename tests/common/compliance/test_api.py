"""The compliance endpoints: rules, settings, verdicts, overrides and the summary."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from common.compliance.registry import rules
from common.models import (
    AuditEvent,
    ComplianceState,
    IdempotencyKey,
    RuleOverride,
    RuleSetting,
    Verdict,
)
from flight_operations.services.assessment import SUBJECT
from rpas.services.defects import raise_defect
from tests.flight_operations.operations.scene import make_scene
from tests.rpas.factories import MemberFactory
from tests.users.factories import UserFactory, grant

BASE = "/api/compliance"
NO_SUCH = 10**15
READS = {
    "rules": "view_verdict",
    "rules/CASR-101.238-CTRL": "view_verdict",
    "rule-settings": "view_rulesetting",
    "rule-settings/{setting}": "view_rulesetting",
    "verdicts": "view_verdict",
    "verdicts/{verdict}": "view_verdict",
    "verdicts/{verdict}/replay": "view_verdict",
    "overrides": "view_ruleoverride",
    "overrides/{override}": "view_ruleoverride",
    "summary": "view_compliancestate",
}
WRITES = {
    "rules/set_parameter": "add_rulesetting",
    "overrides": "override_verdict",
    "overrides/{override}/withdraw": "override_verdict",
}
LISTS = ("rule-settings", "verdicts", "overrides")
NOT_JSON = (
    b"{",
    b"[]",
    b'{"rule": "a", "rule": "b"}',
    b'{"value": NaN}',
    b'{"value": Infinity}',
    b'{"reason": "\\u0000"}',
    b"\xff",
    b'{"reason": ' + b"[" * 40 + b"]" * 40 + b"}",
)


@pytest.fixture
def scene(db, now):
    with time_machine.travel(now, tick=False):
        yield make_scene()


@pytest.fixture
def planned(scene, now):
    """An operation that misses its checklist, which is red for release and may be overridden."""
    return scene.plan(now)


@pytest.fixture
def known(scene, planned, now):
    """One record of each kind, for the addresses."""
    setting = RuleSetting.objects.create(
        scope=planned.scope,
        rule="WXD-AGE",
        parameter="amber_min",
        value=30,
        set_by=scene.chief,
        set_at=now,
        reason="Coast.",
    )
    override = RuleOverride.objects.create(
        subject_type=SUBJECT,
        subject_id=planned.pk,
        scope=planned.scope,
        rule="WXD-WIND",
        reason="Sheltered.",
        granted_by=scene.chief,
        granted_at=now,
    )
    verdict = Verdict.objects.filter(subject_type=SUBJECT, subject_id=planned.pk).latest("pk")
    return {"setting": setting.pk, "override": override.pk, "verdict": verdict.pk}


@pytest.fixture
def client_with(client_for, scene):
    """A client of a member who sees operations, with permissions of the compliance engine."""

    def build(*permissions, operator=scene.operator):
        user = MemberFactory(operator=operator).user
        named = (f"common.{name}" for name in permissions)
        grant(user, "flight_operations.view_flightoperation", *named)
        return client_for(user)

    return build


def address(path, known):
    return f"{BASE}/{path.format(**known)}/"


def parameter(planned, **changes):
    return {
        "scope": planned.scope,
        "rule": "WXD-WIND",
        "parameter": sorted(rules["WXD-WIND"].parameters)[0],
        "value": stricter("WXD-WIND"),
        "reason": "New pilots.",
    } | changes


def stricter(code, factor=0.5):
    name = sorted(rules[code].parameters)[0]
    limit = rules[code].parameters[name]
    return limit.value * (factor if limit.strict == "lower" else 1 / factor)


def overriding(planned, **changes):
    return {
        "subject_type": SUBJECT,
        "subject_id": planned.pk,
        "rule": "PREFLIGHT-CHECKLIST",
        "reason": "On paper, number 7.",
    } | changes


def everything():
    models = (RuleSetting, RuleOverride, Verdict, AuditEvent, IdempotencyKey)
    stale = ComplianceState.objects.filter(is_stale=True).count()
    return [model.objects.count() for model in models], stale


def refused(answer, status, before):
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    assert everything() == before


def body_of(path, planned):
    if path.endswith("withdraw"):
        return {"reason": "Wind again."}
    return parameter(planned) if path.endswith("parameter") else overriding(planned)


@pytest.mark.parametrize("path", READS)
def test_who_may_read(api, client_with, known, path):
    before = everything()

    assert api.get(address(path, known)).status_code == 401
    assert client_with().get(address(path, known)).status_code == 403
    answer = client_with(READS[path]).get(address(path, known))
    assert answer.status_code == 200, answer.content
    assert everything()[1] == before[1]


@pytest.mark.parametrize("path", [p for p in READS if "{" in p])
def test_another_operators_record_does_not_exist(client_with, known, path):
    other = MemberFactory().operator

    answer = client_with(READS[path], operator=other).get(address(path, known))

    assert answer.status_code == 404


@pytest.mark.parametrize("path", [p for p in READS if "{" in p])
def test_a_record_that_is_not_there_is_not_found(client_with, planned, path):
    missing = dict.fromkeys(("setting", "override", "verdict"), NO_SUCH)

    assert client_with(READS[path]).get(address(path, missing)).status_code == 404


@pytest.mark.parametrize("path", WRITES)
def test_who_may_write(api, client_with, known, planned, path):
    body = body_of(path, planned)
    bystander, before = client_with(), everything()

    refused(api.post(address(path, known), body), 401, before)
    refused(bystander.post(address(path, known), body), 403, before)


def test_what_belongs_to_another_operator_is_not_written_to(client_with, known, planned):
    client = client_with("add_rulesetting", "override_verdict", operator=MemberFactory().operator)
    before = everything()

    setting = client.post(f"{BASE}/rules/set_parameter/", parameter(planned))
    refused(setting, 400, before)
    assert setting.json()["errors"][0]["pointer"] == "/scope"
    granted = client.post(f"{BASE}/overrides/", overriding(planned))
    refused(granted, 400, before)
    assert granted.json()["errors"][0]["pointer"] == "/subject_id"
    path = address("overrides/{override}/withdraw", known)
    refused(client.post(path, {"reason": "x"}), 404, before)


@pytest.mark.parametrize("path", WRITES)
@pytest.mark.parametrize("raw", NOT_JSON)
def test_what_is_no_proper_json_is_refused(client_with, known, path, raw):
    client, before = client_with(WRITES[path]), everything()

    answer = client.generic("POST", address(path, known), raw, content_type="application/json")

    refused(answer, 400, before)


@pytest.mark.parametrize("path", WRITES)
def test_bodies_of_another_kind_or_size_are_refused(client_with, known, planned, path):
    client, body = client_with(WRITES[path]), body_of(path, planned)
    at, before = address(path, known), everything()

    refused(client.post(at, {**body, "surprise": 1}), 400, before)
    refused(client.post(at, {**body, "reason": "x" * 2_001}), 400, before)
    refused(client.post(at, {**body, "reason": "x" * 2_200_000}), 413, before)
    refused(client.generic("POST", at, b"a=1", content_type="text/plain"), 415, before)
    for wrong in ({"a": 1}, [1], None):
        refused(client.post(at, dict.fromkeys(body, wrong)), 400, before)


@pytest.mark.parametrize(
    ("changes", "code", "pointer"),
    [
        ({"rule": "NO-SUCH"}, "invalid", "/rule"),
        ({"parameter": "no_such"}, "invalid", "/parameter"),
        ({"scope": "rpas_operator:0"}, "invalid", "/scope"),
        ({"scope": ""}, "invalid", "/scope"),
        ({"value": "NaN"}, "invalid", "/value"),
        ({"value": "Infinity"}, "invalid", "/value"),
        ({"value": 1e10}, "invalid", "/value"),
        ({"value": None}, "invalid", "/value"),
    ],
)
def test_a_parameter_that_makes_no_sense_is_refused(client_with, planned, changes, code, pointer):
    client, before = client_with("add_rulesetting"), everything()

    answer = client.post(f"{BASE}/rules/set_parameter/", parameter(planned, **changes))

    refused(answer, 400, before)
    assert answer.json()["code"] == code
    assert answer.json()["errors"][0]["pointer"] == pointer


def test_a_parameter_may_be_stricter_than_the_law_never_laxer(client_with, planned, run_tasks):
    client = client_with("add_rulesetting", "view_rulesetting")
    run_tasks()
    before = everything()
    laxer = parameter(planned, value=stricter("WXD-WIND", factor=2))

    refusal = client.post(f"{BASE}/rules/set_parameter/", laxer)
    refused(refusal, 400, before)
    assert refusal.json()["code"] == "laxer_than_the_law"
    key = {"HTTP_IDEMPOTENCY_KEY": "k-1"}
    first, again = (
        client.post(f"{BASE}/rules/set_parameter/", parameter(planned), **key) for _ in range(2)
    )

    assert (first.status_code, again.json()) == (200, first.json())
    assert ComplianceState.objects.get(subject_type=SUBJECT, subject_id=planned.pk).is_stale
    assert RuleSetting.objects.filter(rule="WXD-WIND").count() == 1
    other = client.post(f"{BASE}/rules/set_parameter/", laxer, **key)
    assert other.status_code == 422


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"rule": "NO-SUCH"}, 400, "invalid"),
        ({"subject_type": "users.user"}, 400, "invalid"),
        ({"subject_type": "common.outboxevent"}, 400, "invalid"),
        ({"subject_id": 2**31}, 400, "invalid"),
        ({"subject_id": 0}, 400, "invalid"),
        ({"subject_id": "1; DROP"}, 400, "invalid"),
        ({"rule": "F2-MAJOR"}, 409, "rule_is_absolute"),
        ({"rule": "INSURANCE"}, 409, "rule_is_not_red"),
    ],
)
def test_an_override_that_makes_no_sense_is_refused(client_with, planned, changes, status, code):
    client, before = client_with("override_verdict"), everything()

    answer = client.post(f"{BASE}/overrides/", overriding(planned, **changes))

    refused(answer, status, before)
    assert answer.json()["code"] == code


def test_an_override_is_given_once_and_taken_back_once(client_with, planned):
    client = client_with("override_verdict", "view_ruleoverride")

    given = client.post(f"{BASE}/overrides/", overriding(planned))
    before = everything()
    twice = client.post(f"{BASE}/overrides/", overriding(planned))
    refused(twice, 409, before)
    withdraw = f"{BASE}/overrides/{given.json()['id']}/withdraw/"
    back, again = (client.post(withdraw, {"reason": "Found it."}) for _ in range(2))

    assert (given.status_code, given.json()["withdrawn_at"]) == (201, None)
    assert twice.json()["code"] == "already_overridden"
    assert (back.status_code, again.status_code) == (200, 409)
    assert back.json()["withdrawn_at"] is not None
    assert client.post(f"{BASE}/overrides/", overriding(planned)).status_code == 201


def test_the_rule_book_is_read_whole_by_word_or_by_code(client_with, planned):
    client = client_with("view_verdict")

    book = client.get(f"{BASE}/rules/").json()
    wind = client.get(f"{BASE}/rules/?search=wind").json()
    fleet = client.get(f"{BASE}/rules/?subject=aircraft").json()

    assert [entry["code"] for entry in book] == sorted(rules)
    assert all(entry["citation"] and entry["condition"] for entry in book)
    assert "WXD-WIND" in {entry["code"] for entry in wind}
    assert {entry["subject"] for entry in fleet} == {"AircraftFacts", "CrewedAircraftFacts"}
    assert client.get(f"{BASE}/rules/NO-SUCH/").status_code == 404
    assert client.get(f"{BASE}/rules/{'x' * 41}/").status_code == 404
    assert client.get(f"{BASE}/rules/?color=red").status_code == 400


def test_a_verdict_tells_its_inputs_and_replays_equal(client_with, planned, known):
    client = client_with("view_verdict")

    verdict = client.get(f"{BASE}/verdicts/{known['verdict']}/").json()
    again = client.get(f"{BASE}/verdicts/{known['verdict']}/replay/").json()

    assert (verdict["subject_label"], verdict["stage"]) == (planned.number, "planning")
    assert verdict["facts"]["number"] == planned.number
    assert f"flight_operation:{planned.pk}" in verdict["dependencies"]
    assert (again["is_equal"], again["same_rule_versions"]) == (True, True)
    assert again["findings"] == verdict["findings"]


def test_verdicts_are_found_by_what_is_documented(client_with, scene, planned, now):
    scene.plan(now, start=now + timedelta(hours=6))
    client = client_with("view_verdict")

    def found(**query):
        answer = client.get(f"{BASE}/verdicts/", query)
        assert answer.status_code == 200, answer.content
        return answer.json()["results"]

    assert {row["subject_label"] for row in found(subject_label=planned.number)} == {planned.number}
    assert found(subject_type="rpas.rpasaircraft", color="red") == []
    first = client.get(f"{BASE}/verdicts/?page_size=1").json()
    second = client.get(first["next"]).json()
    assert first["results"][0]["id"] > second["results"][0]["id"]
    assert "facts" not in first["results"][0]


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize(
    "query", ["page_size=0", "page_size=201", "page_size=x", "whose=mine", "ordering=id"]
)
def test_a_list_refuses_what_it_does_not_document(client_with, known, path, query):
    answer = client_with(READS[path]).get(f"{BASE}/{path}/?{query}")

    assert answer.status_code == 400, answer.content


@pytest.mark.parametrize("query", ["color=blue", "stage=never", "subject_id=x", "cursor=x"])
def test_a_filter_of_verdicts_that_makes_no_sense_is_refused(client_with, known, query):
    answer = client_with("view_verdict").get(f"{BASE}/verdicts/?{query}")

    assert answer.status_code in (400, 404), answer.content


def test_the_summary_counts_the_callers_records_and_stale_ones_apart(
    client_with, scene, planned, now, run_tasks
):
    run_tasks()
    client = client_with("view_compliancestate")

    def counts(client):
        rows = client.get(f"{BASE}/summary/").json()
        return {row.pop("subject_type"): row for row in rows}

    assert sum(counts(client)[SUBJECT].values()) == 1
    raise_defect(scene.aircraft, severity="major", description="C", actor=scene.pilot, at=now)
    assert counts(client)[SUBJECT] == {"green": 0, "amber": 0, "red": 0, "stale": 1}
    run_tasks()
    assert counts(client)[SUBJECT] == {"green": 0, "amber": 0, "red": 1, "stale": 0}
    assert counts(client_with("view_compliancestate", operator=MemberFactory().operator)) == {}


@pytest.mark.parametrize("path", [*LISTS, "summary", "rules"])
def test_a_list_costs_as_many_statements_for_many_rows_as_for_few(
    client_with, scene, known, now, path
):
    client = client_with(READS[path])

    def cost():
        client.get(f"{BASE}/{path}/")
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"{BASE}/{path}/").status_code == 200
        return len(queries)

    few = cost()
    for hour in range(3):
        operation = scene.plan(now, start=now + timedelta(hours=3 + 2 * hour))
        common = {"scope": operation.scope, "reason": "R"}
        RuleOverride.objects.create(
            subject_type=SUBJECT,
            subject_id=operation.pk,
            rule="WXD-WIND",
            granted_by=UserFactory(),
            granted_at=now,
            **common,
        )
        RuleSetting.objects.create(
            rule=f"X-{hour}", parameter="p", value=1, set_by=UserFactory(), set_at=now, **common
        )

    assert cost() == few
