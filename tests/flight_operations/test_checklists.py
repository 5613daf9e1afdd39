from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from airports.events import WeatherReported
from airports.models import WeatherData, WeatherStation
from common.compliance.registry import rules
from common.exceptions import InvalidInput, StaleVersion
from common.geo import point
from common.models import AuditEvent, RuleOverride
from common.outbox import announce
from flight_operations.checklist_template import CHECKLIST_ITEMS
from flight_operations.exceptions import (
    ChecklistExists,
    ChecklistFrozen,
    ChecklistIncomplete,
    ChecklistMissing,
    ChecklistNotPossible,
    ItemAlreadyAnswered,
)
from flight_operations.models import ChecklistItem
from flight_operations.queries.checklists import open_items, preparing
from flight_operations.services import checklists
from rpas.services.flights import record_daily_inspection
from tests.common.concurrency import at_once, kinds
from tests.flight_operations.factories import LAT, LON, OperationFactory
from tests.rpas.factories import EntryFactory

pytestmark = pytest.mark.django_db
EVIDENCE = "Looked at it; all in order."
MAY_NOT_APPLY = {item.code for item in CHECKLIST_ITEMS if item.may_not_apply}


def report_weather(issued_at, raw="METAR YGIB 142200Z 09008KT CAVOK 27/09 Q1014", lat=LAT):
    """One report of a station at the launch site."""
    station, _ = WeatherStation.objects.get_or_create(
        station="YGIB", defaults={"point": point(lat=lat, lon=LON)}
    )
    report = WeatherData.objects.create(
        station="YGIB",
        kind="METAR",
        raw=raw,
        raw_hash=str(hash((raw, issued_at)))[:64],
        issued_at=issued_at,
        received_at=issued_at,
        source="test",
    )
    WeatherStation.objects.filter(pk=station.pk).update(observation=report, observed_at=issued_at)
    return report


@pytest.fixture
def operation():
    return OperationFactory()


@pytest.fixture
def pilot(operation):
    return operation.pilot_in_command


@pytest.fixture
def checklist(operation, pilot, now):
    return checklists.open_checklist(operation, actor=pilot, at=now)


def item_of(checklist, code):
    return checklist.items.get(code=code)


def answer(checklist, code, *, actor, at, **given):
    given = {"answer": "done", "evidence": EVIDENCE, **given}
    return checklists.answer_item(item_of(checklist, code), actor=actor, at=at, **given)


def answer_all(checklist, *, actor, at):
    for item in checklist.items.filter(answer=""):
        kind = "not_applicable" if item.code in MAY_NOT_APPLY else "done"
        checklists.answer_item(item, answer=kind, evidence=EVIDENCE, actor=actor, at=at)


def test_a_checklist_opens_with_every_item_of_the_template(checklist):
    items = list(checklist.items.order_by("sequence").values_list("code", flat=True))

    assert items == [item.code for item in CHECKLIST_ITEMS]
    assert len(items) == 15


def test_the_inspection_of_the_day_fills_itself_in_until_midnight(checklist, operation):
    item = item_of(checklist, "aircraft_inspection")

    assert (item.answer, item.source, item.answered_by) == ("done", "system", None)
    assert item.evidence == (
        "Part B entry 1 of 2026-03-15: satisfactory, certified by Pat Pilot (123456)."
    )
    # Midnight in Sydney, which is on summer time.
    assert item.valid_until == datetime(2026, 3, 15, 13, 0, tzinfo=UTC)


def test_an_unsatisfactory_inspection_fails_the_item_even_over_a_persons_word(
    checklist, operation, pilot, now
):
    answer(checklist, "aircraft_inspection", actor=pilot, at=now)
    EntryFactory(
        aircraft=operation.aircraft,
        sequence=2,
        inspection_satisfactory=False,
        findings="Arm lock loose",
    )

    assert checklists.refresh_system_items(operation, at=now) == ["aircraft_inspection"]
    item = item_of(checklist, "aircraft_inspection")
    assert (item.answer, item.source) == ("failed", "system")
    assert item.evidence.endswith(
        "not satisfactory, certified by Pat Pilot (123456). Arm lock loose"
    )
    with pytest.raises(InvalidInput, match="put the record right"):
        answer(checklist, "aircraft_inspection", actor=pilot, at=now)


def test_an_inspection_of_another_day_says_nothing(now):
    operation = OperationFactory(planned_start_at=now + timedelta(days=1))

    checklist = checklists.open_checklist(operation, actor=operation.pilot_in_command, at=now)

    assert item_of(checklist, "aircraft_inspection").answer == ""


def test_weather_fills_itself_in_and_runs_out_with_its_report(checklist, operation, now):
    assert item_of(checklist, "weather").answer == ""
    report_weather(now - timedelta(minutes=30))

    assert checklists.refresh_system_items(operation, at=now) == ["weather"]
    item = item_of(checklist, "weather")
    assert (item.answer, item.source) == ("done", "system")
    assert item.evidence.startswith("YGIB, 0 km away, observed 2026-03-14 22:00Z: METAR YGIB")
    assert item.valid_until == now + timedelta(minutes=90)
    assert checklists.refresh_system_items(operation, at=now) == []


def test_weather_too_old_to_count_opens_the_item_again(checklist, operation, now):
    report_weather(now - timedelta(minutes=30))
    checklists.refresh_system_items(operation, at=now)

    later = now + timedelta(minutes=90)
    assert "weather" in [item.code for item in open_items(checklist, at=later)]
    assert checklists.refresh_system_items(operation, at=later) == ["weather"]
    assert item_of(checklist, "weather").answer == ""


def test_the_pilots_own_look_at_the_sky_stands_where_no_station_is(
    checklist, operation, pilot, now
):
    answer(checklist, "weather", actor=pilot, at=now, evidence="Clear, 4 kt from the east.")

    assert checklists.refresh_system_items(operation, at=now) == []
    assert item_of(checklist, "weather").source == ChecklistItem.Source.PERSON


def test_an_answer_says_what_who_and_when(checklist, operation, pilot, now):
    item = answer(checklist, "battery", actor=pilot, at=now, evidence="  B-07 at 100 %  ")

    item.refresh_from_db()
    assert (item.answer, item.evidence) == ("done", "B-07 at 100 %")
    assert (item.answered_by, item.answered_at) == (pilot, now)
    event = AuditEvent.objects.get(action="checklist.answered")
    assert event.details == {"item": "battery", "answer": "done", "is_correction": False}


@pytest.mark.parametrize("evidence", ["", "   ", "\n"])
def test_an_answer_without_evidence_is_refused(checklist, pilot, now, evidence):
    with pytest.raises(InvalidInput) as refusal:
        answer(checklist, "battery", actor=pilot, at=now, evidence=evidence)

    assert refusal.value.details["pointer"] == "/evidence"


def test_only_some_items_may_not_apply(checklist, pilot, now):
    answer(checklist, "lighting", actor=pilot, at=now, answer="not_applicable")

    with pytest.raises(InvalidInput, match="always applies"):
        answer(checklist, "battery", actor=pilot, at=now, answer="not_applicable")


def test_an_answer_is_replaced_only_on_purpose(checklist, pilot, now):
    answer(checklist, "battery", actor=pilot, at=now)
    with pytest.raises(ItemAlreadyAnswered):
        answer(checklist, "battery", actor=pilot, at=now, answer="failed")

    answer(checklist, "battery", actor=pilot, at=now, answer="failed", is_correction=True)

    assert item_of(checklist, "battery").answer == "failed"


def test_an_answer_on_a_stale_copy_is_refused(checklist, pilot, now):
    checklist.refresh_from_db()
    version = checklist.version
    answer(checklist, "battery", actor=pilot, at=now, version=version)

    with pytest.raises(StaleVersion):
        answer(checklist, "gnss", actor=pilot, at=now, version=version)


def test_a_failed_or_open_item_keeps_the_checklist_from_freezing(checklist, operation, pilot, now):
    answer_all(checklist, actor=pilot, at=now)
    answer(checklist, "battery", actor=pilot, at=now, answer="failed", is_correction=True)

    with pytest.raises(ChecklistIncomplete) as refusal:
        checklists.freeze_checklist(operation, at=now)
    assert refusal.value.details["items"] == "battery"


def test_an_override_lets_the_open_items_pass(checklist, operation, pilot, now):
    given = RuleOverride.objects.create(
        subject_type="flight_operations.flightoperation",
        subject_id=operation.pk,
        rule="PREFLIGHT-CHECKLIST",
        reason="Bush fire: launch now",
        granted_by=pilot,
        granted_at=now,
    )

    assert checklists.freeze_checklist(operation, at=now).frozen_at == now
    assert "PREFLIGHT-CHECKLIST" in rules
    type(checklist).objects.update(frozen_at=None)
    RuleOverride.objects.filter(pk=given.pk).update(withdrawn_at=now)
    with pytest.raises(ChecklistIncomplete):
        checklists.freeze_checklist(operation, at=now)


def test_a_frozen_checklist_takes_no_answers(checklist, operation, pilot, now):
    answer_all(checklist, actor=pilot, at=now)
    frozen = checklists.freeze_checklist(operation, at=now)

    assert frozen.frozen_at == now
    with pytest.raises(ChecklistFrozen):
        answer(checklist, "battery", actor=pilot, at=now, is_correction=True)
    with pytest.raises(ChecklistFrozen):
        checklists.freeze_checklist(operation, at=now)
    report_weather(now)
    assert checklists.refresh_system_items(operation, at=now) == []


def test_without_a_checklist_there_is_nothing_to_freeze_or_refresh(operation, now):
    assert checklists.refresh_system_items(operation, at=now) == []
    with pytest.raises(ChecklistMissing):
        checklists.freeze_checklist(operation, at=now)


def test_one_checklist_for_each_operation_that_has_not_flown(checklist, operation, pilot, now):
    with pytest.raises(ChecklistExists):
        checklists.open_checklist(operation, actor=pilot, at=now)
    flown = OperationFactory(landed=True)
    with pytest.raises(ChecklistNotPossible):
        checklists.open_checklist(flown, actor=pilot, at=now)


@pytest.mark.django_db(transaction=True)
def test_of_two_people_who_answer_one_item_at_once_the_second_is_refused(now):
    operation = OperationFactory()
    pilot = operation.pilot_in_command
    checklist = checklists.open_checklist(operation, actor=pilot, at=now)

    results = at_once(
        *(
            lambda kind=kind: answer(checklist, "battery", actor=pilot, at=now, answer=kind)
            for kind in ("done", "failed")
        )
    )

    assert kinds(results) == ["ChecklistItem", "ItemAlreadyAnswered"]
    assert AuditEvent.objects.filter(action="checklist.answered").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_people_answer_different_items_at_once(now):
    operation = OperationFactory()
    pilot = operation.pilot_in_command
    checklist = checklists.open_checklist(operation, actor=pilot, at=now)

    results = at_once(
        *(
            lambda code=code: answer(checklist, code, actor=pilot, at=now)
            for code in ("battery", "gnss", "control_link", "airspace")
        )
    )

    assert kinds(results) == ["ChecklistItem"] * 4


@pytest.mark.django_db(transaction=True)
def test_an_answer_and_the_freeze_at_once_leave_a_whole_checklist(now):
    operation = OperationFactory()
    pilot = operation.pilot_in_command
    checklist = checklists.open_checklist(operation, actor=pilot, at=now)
    answer_all(checklist, actor=pilot, at=now)

    results = at_once(
        lambda: checklists.freeze_checklist(operation, at=now),
        lambda: answer(
            checklist, "battery", actor=pilot, at=now, answer="failed", is_correction=True
        ),
    )

    checklist.refresh_from_db()
    is_failed = item_of(checklist, "battery").answer == "failed"
    assert is_failed is (checklist.frozen_at is None)
    assert kinds(results) in (
        ["ChecklistFrozen", "PreFlightChecklist"],
        ["ChecklistIncomplete", "ChecklistItem"],
    )


@pytest.mark.parametrize(("km_north", "expected"), [(0, "done"), (49, "done"), (51, "")])
def test_new_weather_reaches_the_checklists_of_operations_nearby(run_tasks, km_north, expected):
    moment = timezone.now()
    operation = OperationFactory(planned_start_at=moment + timedelta(hours=2))
    checklist = checklists.open_checklist(operation, actor=operation.pilot_in_command, at=moment)
    report = report_weather(moment - timedelta(minutes=5), lat=LAT + km_north / 110.8)
    announce(WeatherReported(report_ids=[report.pk], stations=["YGIB"]))

    run_tasks()

    assert item_of(checklist, "weather").answer == expected


def test_a_daily_inspection_reaches_the_checklists_of_the_aircraft(run_tasks):
    moment = timezone.now()
    operation = OperationFactory(planned_start_at=moment)
    checklist = checklists.open_checklist(operation, actor=operation.pilot_in_command, at=moment)
    assert item_of(checklist, "aircraft_inspection").answer == ""

    record_daily_inspection(
        operation.aircraft, is_satisfactory=True, actor=operation.pilot_in_command, at=moment
    )
    run_tasks()

    assert item_of(checklist, "aircraft_inspection").answer == "done"


def test_operations_of_another_day_or_without_a_checklist_are_left_alone():
    moment = timezone.now()
    soon, later, bare = (
        OperationFactory(planned_start_at=moment + timedelta(hours=hours)) for hours in (2, 25, 3)
    )
    for operation in (soon, later):
        checklists.open_checklist(operation, actor=operation.pilot_in_command, at=moment)

    assert list(preparing(now=moment)) == [soon]
    assert bare not in preparing(now=moment)


@pytest.mark.parametrize(("code", "hours"), [("fitness", 12), ("battery", 24), ("weather", 2)])
def test_what_somebody_saw_counts_for_a_while_and_is_then_looked_at_again(
    checklist, pilot, now, code, hours
):
    answer(checklist, code, actor=pilot, at=now)
    last = now + timedelta(hours=hours)

    assert code not in [i.code for i in open_items(checklist, at=last - timedelta(seconds=1))]
    assert code in [item.code for item in open_items(checklist, at=last)]
    item = answer(checklist, code, actor=pilot, at=last)
    assert (item.answered_at, item.valid_until) == (last, last + timedelta(hours=hours))


def test_a_failed_item_does_not_heal_with_time(checklist, pilot, now):
    answer(checklist, "battery", actor=pilot, at=now, answer="failed")

    assert item_of(checklist, "battery").valid_until is None


def test_a_report_takes_the_place_of_a_look_that_has_run_out(checklist, operation, pilot, now):
    answer(checklist, "weather", actor=pilot, at=now)
    later = now + timedelta(hours=3)
    report_weather(later - timedelta(minutes=10))

    assert checklists.refresh_system_items(operation, at=later) == ["weather"]
    assert item_of(checklist, "weather").source == ChecklistItem.Source.SYSTEM
