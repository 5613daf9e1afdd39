import json
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from common.compliance.findings import Stage
from common.compliance.service import assess, record
from common.console import Misuse
from common.models import ComplianceState, Verdict
from dispatcher.services import verdicts
from flight_operations.models import FlightOperation
from operations.models import Trip
from tests.operations.trip_world import piloted

OPERATION = "flight_operations.flightoperation"


def told(*arguments: str) -> dict[str, Any]:
    out = StringIO()
    call_command("recompute_compliance", *arguments, "--json", stdout=out, stderr=StringIO())
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


@pytest.fixture
def three(desk, now):
    """Three drafts, judged, whose cached color says green."""
    drafts = [desk.draft(now + timedelta(hours=hours), km_east=5) for hours in range(3)]
    record(assess(OPERATION, draft.pk, stage=Stage.PLANNING, at=now) for draft in drafts)
    ComplianceState.objects.filter(subject_type=OPERATION).update(color="green")
    return drafts


def test_every_verdict_is_made_again_and_who_changed_color_is_named(three):
    before = Verdict.objects.count()

    found = told("--kind", "operations", "--batch-size", "2")

    assert (found["chosen"], found["made_again"], found["changed_color"]) == (3, 3, 3)
    assert {each["number"] for each in found["changed"]} == {draft.number for draft in three}
    assert {each["before"] for each in found["changed"]} == {"green"}
    assert found["is_whole"] is True
    assert Verdict.objects.count() == before + 3
    assert told("--kind", "operations")["changed_color"] == 0


def test_nothing_is_released_by_it(three):
    told()

    assert set(FlightOperation.objects.values_list("status", flat=True)) == {three[0].status}
    assert not FlightOperation.objects.exclude(releases=None).exists()


def test_records_are_chosen_by_number_operator_period_and_mark(three, desk):
    first, second, third = three
    start = second.planned_start_at.isoformat()

    assert told(first.number)["chosen"] == 1
    assert told("--from", start)["chosen"] == 2
    assert told("--until", start)["chosen"] == 1
    assert told("--from", start, "--until", third.planned_start_at.isoformat())["chosen"] == 1
    assert told("--operator", first.operator.arn)["chosen"] == 3
    ComplianceState.objects.filter(subject_id=second.pk).update(is_stale=True)
    assert [told("--stale")["chosen"] for _ in range(2)] == [1, 0]
    assert told("--from", "2031-01-01") | {"colors": {}} == {
        "chosen": 0, "not_judged": 0, "looked_at": 0, "made_again": 0, "changed_color": 0,
        "changed": [], "colors": {}, "last": 0, "is_whole": True,
    }  # fmt: skip


def test_crewed_trips_are_judged_too_and_those_that_are_over_stay_as_they_are(three, now):
    trip = piloted()
    record([assess("operations.trip", trip.pk, stage=Stage.PLANNING, at=now)])

    assert told("--kind", "trips")["made_again"] == told(trip.number)["made_again"] == 1
    Trip.objects.filter(pk=trip.pk).update(status="cancelled")
    count = Verdict.objects.filter(subject_type="operations.trip").count()
    assert told("--kind", "trips")["made_again"] == 0
    assert Verdict.objects.filter(subject_type="operations.trip").count() == count
    assert told("--kind", "trips")["not_judged"] == 1


def test_cut_off_it_says_where_to_go_on(three, monkeypatch):
    whole = verdicts.recompute

    def once(ids, **options):
        monkeypatch.setattr(verdicts, "recompute", cut_off)
        return whole(ids, **options)

    def cut_off(ids, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(verdicts, "recompute", once)
    out = StringIO()
    with pytest.raises(SystemExit) as end:
        call_command("recompute_compliance", "--batch-size=1", stdout=out, stderr=StringIO())
    assert end.value.code == 1
    assert "Cut off with 2 left" in out.getvalue()
    last = out.getvalue().rsplit(maxsplit=1)[1]

    monkeypatch.setattr(verdicts, "recompute", whole)
    rest = told("--after", last)

    assert (rest["made_again"], rest["changed_color"]) == (2, 2)


@pytest.mark.parametrize("more", [[], ["--json"]])
def test_cut_off_in_the_first_batch_it_is_not_whole(three, monkeypatch, more):
    def cut_off(ids, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(verdicts, "recompute", cut_off)
    out = StringIO()
    with pytest.raises(SystemExit) as end:
        call_command("recompute_compliance", "--after=0", *more, stdout=out, stderr=StringIO())

    assert end.value.code == 1
    if more:
        found = json.loads(out.getvalue())
        assert (found["is_whole"], found["looked_at"], found["last"]) == (False, 0, 0)
    else:
        assert "Cut off with all left: go on with --after 0" in out.getvalue()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["FO-2031-0001"], "no such record: FO-2031-0001"),
        (["--operator", "Nobody"], "no operator Nobody"),
        (["--batch-size", "0"], "1 to 1000"),
    ],
)
def test_what_does_not_exist_is_misuse(three, arguments, said):
    with pytest.raises(Misuse, match=said):
        told(*arguments)
