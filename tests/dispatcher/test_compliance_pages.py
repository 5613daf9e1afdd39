"""The compliance pages: counts that agree with the API, what will turn, and who breaks a rule."""

import csv
import io
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from common.compliance import service
from common.compliance.findings import Stage
from common.models import AuditEvent, ComplianceState, Verdict
from dispatcher.ahead import turned
from dispatcher.queries import compliance
from dispatcher.views import compliance as pages
from tests.browser import enter
from tests.dispatcher.live_scene import judged, make_desk, make_operation
from tests.dispatcher.scene import elsewhere
from tests.rpas.factories import AircraftFactory, MemberFactory
from tests.users.factories import UserFactory, grant

pytestmark = pytest.mark.django_db
READS = ("common.view_compliancestate", "common.view_verdict")
RECORDS = ("flight_operations.view_flightoperation", "rpas.view_rpasaircraft")
PAGES = ["desk:compliance", "desk:compliance_records", "desk:compliance_rules"]
RULE = "F2-MAINT"
NONSENSE = {
    "kind": "x'; --", "color": "blue", "family": "\x00", "horizon": "9y", "over": "perhaps",
    "q": "\x00%", "page": "9" * 400,
}  # fmt: skip


@pytest.fixture(scope="module")
def kept_desk(kept_rows):
    return make_desk()


@pytest.fixture
def desk(kept_desk, db, now):
    with time_machine.travel(now, tick=False):
        yield kept_desk


def browser(user) -> Client:
    client = Client()
    client.force_login(user, backend="users.backends.RoleBackend")
    return client


def reader(desk, *permissions):
    user = MemberFactory(operator=desk.operator).user
    grant(user, *(permissions or (*READS, *RECORDS)))
    return user


def judge_all(desk, now):
    """One red, one amber and one green record, one stale one, one that is over, one unknown."""
    shown = {"at": now, "dependencies": ["x"]}
    red, amber, green, stale, over, unknown = (make_operation(desk) for _ in range(6))
    judged(red, (RULE, "red", "It is due."), ("NIGHT", "amber", "It is dark."), **shown)
    judged(amber, (RULE, "amber", "It is near."), **shown)
    judged(green, (RULE, "green", "Fine."), **shown)
    judged(stale, (RULE, "green", "Fine."), is_stale=True, **shown)
    judged(over, (RULE, "red", "It was due."), at=now)
    return {"red": red, "amber": amber, "green": green, "stale": stale, "unknown": unknown}


def kind_of(answer, kind="flight_operations.flightoperation"):
    return next(row for row in answer.context["rows"] if row.kind == kind)


def test_each_record_is_counted_once_and_never_green_without_a_fresh_verdict(desk, now):
    judge_all(desk, now)

    row = kind_of(browser(reader(desk)).get(reverse("desk:compliance")))

    assert (row.red, row.amber, row.green, row.stale, row.unknown) == (1, 1, 1, 1, 1)


def test_with_what_is_over_the_counts_are_those_of_the_api(desk, now, client_for):
    judge_all(desk, now)
    user = reader(desk)

    row = kind_of(browser(user).get(reverse("desk:compliance"), {"over": "1"}))
    told = client_for(user).get("/api/compliance/summary/").json()

    counts = {name: getattr(row, name) for name in ("green", "amber", "red", "stale")}
    assert told == [{"subject_type": row.kind, **counts}]
    assert row.red == 2


def test_rules_are_counted_by_family_and_lead_to_who_breaks_them(desk, now):
    rows = judge_all(desk, now)
    page = browser(reader(desk))

    families = page.get(reverse("desk:compliance")).context["families"]
    answer = page.get(reverse("desk:compliance_rule", args=[RULE]))

    assert [(each["name"], each["red"], each["amber"]) for each in families] == [
        ("MOS and F2 technical log", 1, 1),
        ("CASR Part 101 and instruments", 0, 1),
    ]
    assert [each["label"] for each in answer.context["records"]] == [
        rows["red"].number,
        rows["amber"].number,
    ]
    text = answer.content.decode()
    assert "MOS 10.07" in text
    assert "10 % of the interval" in text
    assert "It is dark." not in text


def test_records_come_worst_first_with_findings_remedies_and_a_link(desk, now):
    rows = judge_all(desk, now)

    answer = browser(reader(desk)).get(
        reverse("desk:compliance_records"), {"kind": "flight_operations.flightoperation"}
    )

    order = [each["state"].subject_id for each in answer.context["records"]]
    assert order == [rows[name].pk for name in ("red", "amber", "stale", "green")]
    first = answer.context["records"][0]
    assert [(f.rule, f.color) for f in first["findings"]] == [(RULE, "red"), ("NIGHT", "amber")]
    assert first["link"] == reverse(
        "admin:flight_operations_flightoperation_change", args=[rows["red"].pk]
    )


def test_filters_choose_color_family_and_words(desk, now):
    rows = judge_all(desk, now)
    page = browser(reader(desk))

    def found(**asked):
        answer = page.get(reverse("desk:compliance_records"), asked)
        return [each["label"] for each in answer.context["records"]]

    assert found(color="stale") == [rows["stale"].number]
    assert found(family="CASR Part 101 and instruments") == [rows["red"].number]
    assert found(q=rows["green"].number.lower()) == [rows["green"].number]
    unknown = page.get(
        reverse("desk:compliance_records"),
        {"kind": "flight_operations.flightoperation", "color": "unknown"},
    )
    assert [each["label"] for each in unknown.context["unjudged"]] == [rows["unknown"].number]


def test_the_file_has_a_line_for_each_finding_and_no_formula(desk, now):
    rows = judge_all(desk, now)
    judged(rows["amber"], (RULE, "amber", "=1+1"), at=now, dependencies=["x"])

    answer = browser(reader(desk)).get(reverse("desk:compliance_records"), {"format": "csv"})

    lines = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    deed = AuditEvent.objects.get(action="records.exported")
    assert (deed.details["kind"], deed.details["rows"]) == ("compliance", len(lines))
    assert [(each["Record"], each["Rule"], each["Message"]) for each in lines] == [
        (rows["red"].number, RULE, "It is due."),
        (rows["red"].number, "NIGHT", "It is dark."),
        (rows["amber"].number, RULE, "'=1+1"),
        (rows["stale"].number, "", ""),
        (rows["green"].number, "", ""),
    ]
    assert lines[3]["Stale"] == "yes"


def test_a_file_that_holds_not_all_says_so(desk, now, monkeypatch):
    judge_all(desk, now)
    page, address = browser(reader(desk)), reverse("desk:compliance_records")
    whole = page.get(address).content.decode()
    monkeypatch.setattr(pages, "MOST_IN_FILE", 2)

    assert "CSV</a>" in whole
    assert "CSV of the first 2</a>" in page.get(address).content.decode()
    lines = page.get(address, {"format": "csv"}).content.decode().splitlines()
    assert len({line.split(",")[1] for line in lines[1:]}) == 2


def test_a_paper_that_runs_out_turns_the_aircraft_by_that_day_and_not_before(desk, now):
    machine = AircraftFactory(
        operator=desk.operator, registration_expires_on=date(2026, 3, 15) + timedelta(days=20)
    )
    kind = "rpas.rpasaircraft"
    service.record(service.judge(kind, [machine.pk], stage=Stage.PLANNING, at=now).values())
    before = ComplianceState.objects.get(subject_type=kind, subject_id=machine.pk).color

    later = compliance.turning(ComplianceState.objects.all(), now=now)
    page = browser(reader(desk)).get(
        reverse("desk:compliance_records"), {"kind": kind, "horizon": "30d"}
    )

    assert before != "red"
    assert machine.pk not in later["7d"].get(kind, {})
    assert later["30d"][kind][machine.pk].color == "red"
    shown = next(each for each in page.context["records"] if each["label"] == str(machine))
    assert "REGO" in [finding.rule for finding in shown["later"].findings]


def test_later_days_are_those_of_the_records_own_zone(desk):
    # The 15th in Sydney from 13:00 UTC of the 14th.
    early, late = (datetime(2026, 3, 14, 20, tzinfo=UTC), datetime(2026, 3, 15, 12, tzinfo=UTC))
    machine = AircraftFactory(operator=desk.operator, registration_expires_on=date(2026, 3, 18))
    kind = "rpas.rpasaircraft"
    service.record(service.judge(kind, [machine.pk], stage=Stage.PLANNING, at=early).values())
    verdict = Verdict.objects.get(subject_type=kind, subject_id=machine.pk)

    def gets_worse(now):
        return [turned(verdict, now=now, days=days) is not None for days in range(6)]

    assert gets_worse(late) == gets_worse(early)
    assert True in gets_worse(early)
    assert False in gets_worse(early)
    assert gets_worse(late + timedelta(days=1))[:5] == gets_worse(early)[1:]


def test_records_that_were_not_asked_about_later_days_are_told(desk, now, monkeypatch):
    monkeypatch.setattr(compliance, "MOST_AHEAD", 1)
    kind = "rpas.rpasaircraft"
    keys = [AircraftFactory(operator=desk.operator).pk for _ in range(2)]
    service.record(service.judge(kind, keys, stage=Stage.PLANNING, at=now).values())
    page, said = browser(reader(desk)), ["Only 1 of 2 were asked about later days."]

    assert page.get(reverse("desk:compliance")).context["asked"].notes == said
    asked = {"horizon": "30d", "kind": kind}
    records = page.get(reverse("desk:compliance_records"), asked)
    assert records.context["asked"].notes == said


def test_what_chooses_nothing_among_records_without_a_verdict_is_told(desk, now):
    asked = {"kind": "flight_operations.flightoperation", "color": "unknown"}
    make_operation(desk)
    page, address = browser(reader(desk)), reverse("desk:compliance_records")

    assert page.get(address, asked).context["asked"].notes == []
    answer = page.get(address, asked | {"q": "nothing like it"})
    assert len(answer.context["unjudged"]) == 1
    assert "all of this kind are shown" in answer.content.decode()


@pytest.mark.parametrize("name", PAGES)
def test_another_operators_records_are_absent(desk, now, name):
    rows = judge_all(desk, now)
    user = elsewhere()
    grant(user, *READS, *RECORDS)

    answer = browser(user).get(reverse(name))
    rule = browser(user).get(reverse("desk:compliance_rule", args=[RULE]))

    assert rows["red"].number not in answer.content.decode()
    assert rule.context["records"] == []
    if name == "desk:compliance":
        assert kind_of(answer).total == 0


@pytest.mark.parametrize("name", PAGES)
def test_who_may_open_them(desk, name):
    clerk = UserFactory()
    grant(clerk, "finance.view_invoice")

    assert Client().get(reverse(name)).status_code == 302
    assert browser(clerk).get(reverse(name)).status_code == 403
    counts_only = browser(reader(desk, READS[0]))
    assert counts_only.get(reverse(name)).status_code == (200 if name == PAGES[0] else 403)


def test_who_may_count_alone_is_led_nowhere_and_told_no_records_of_others(desk, now):
    judge_all(desk, now)

    answer = browser(reader(desk, READS[0])).get(reverse("desk:compliance"))

    assert kind_of(answer).unknown is None
    assert reverse("desk:compliance_records") not in answer.content.decode()


@pytest.mark.parametrize("name", PAGES)
def test_what_an_address_cannot_mean_is_left_out_and_said(desk, now, name):
    judge_all(desk, now)

    answer = browser(reader(desk)).get(reverse(name), NONSENSE)

    assert answer.status_code == 200
    if name == "desk:compliance_records":
        assert len(answer.context["asked"].notes) == 5
    assert browser(reader(desk)).get("/admin/compliance/rules/none/").status_code == 404


@pytest.mark.parametrize("name", [*PAGES, "desk:maintenance", "desk:reports", "desk:on_time"])
def test_the_theme_keeps_its_colors(db, name):
    page = Client()
    enter(page, UserFactory(is_superuser=True))

    answer = page.get(reverse(name))

    assert "--color-primary-600" in answer.content.decode()


@pytest.mark.parametrize("name", PAGES)
def test_an_empty_world_is_answered(db, name):
    page = Client()
    enter(page, UserFactory(is_superuser=True))

    assert page.get(reverse(name)).status_code == 200


def test_the_pages_are_bounded_and_cost_the_same_for_more_records(desk, now):
    judge_all(desk, now)
    page = browser(reader(desk))
    addresses = [reverse(name) for name in PAGES]
    addresses += [
        reverse("desk:compliance_rule", args=[RULE]),
        f"{reverse('desk:compliance_records')}?horizon=7d&family=Weather",
    ]

    def cost():
        found = []
        for address in addresses:
            page.get(address)
            with CaptureQueriesContext(connection) as asked:
                page.get(address)
            found.append(len(asked))
        return found

    few = cost()
    for _ in range(30):
        judged(make_operation(desk), (RULE, "red", "It is due."), at=now, dependencies=["x"])
    records = page.get(reverse("desk:compliance_records"))

    assert cost() == few
    assert max(few) <= 20
    assert len(records.context["records"]) == 25
    assert page.get(addresses[1], {"page": "2"}).context["page"].number == 2
