"""Accidents in crewed flying: notice, report, reminders, and the trips that come after."""

from datetime import date, datetime, timedelta

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from common.compliance.findings import Color, Stage
from common.exceptions import InvalidInput, StaleVersion, TransitionNotAllowed
from common.models import AuditEvent, ComplianceState, OutboxEvent, StatusChange
from operations.exceptions import (
    BoardAlreadyTold,
    NoticeNotDue,
    OccurrenceNotAmendable,
    OccurrenceNotClosable,
)
from operations.facts.collector import collect_trips
from operations.models import Occurrence, OccurrenceReminder
from operations.queries.occurrences import clock_color, clocks, occurred_local, with_clock
from operations.services import occurrences
from operations.services.assessment import assess_trip, record_assessment
from operations.services.occurrence_reminders import remind_of_occurrences
from operations.tasks import remind_of_occurrences as remind_task
from tests.aircraft.factories import AircraftFactory
from tests.operations.factories import CrewLineFactory, OccurrenceFactory, TripFactory

pytestmark = pytest.mark.django_db
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
CODE = "NTSB-830"


@pytest.fixture
def report(desk, now):
    def make(**given):
        values = {
            "kind": "fire",
            "occurred_at": now - 10 * MINUTE,
            "place": "20 NM east",
            "narrative": "Smoke, then fire.",
            "actor": desk,
            "at": now,
            **given,
        }
        if not {"trip", "leg", "aircraft"} & set(given):
            values["aircraft"] = AircraftFactory()
        return occurrences.report_occurrence(**values)

    return make


def told(row, now, desk, **more):
    values = {"notified_at": now, "reference": "ROC 4711", "actor": desk, "at": now, **more}
    return occurrences.record_notice(row, **values)


def amended(row, now, desk, version=None, **changes):
    return occurrences.amend_occurrence(row, changes=changes, version=version, actor=desk, at=now)


def test_an_occurrence_on_a_leg_takes_over_trip_aircraft_and_zone(report, desk, now):
    leg = TripFactory(legs=1).legs.get()
    leg.origin.timezone = "America/Chicago"
    leg.origin.save()

    found = report(leg=leg)

    assert (found.number, found.status, found.event) == (
        "OC-2026-0001",
        "reported",
        "serious_incident",
    )
    assert (found.trip, found.aircraft) == (leg.trip, leg.trip.aircraft)
    assert (found.aware_at, found.time_zone) == (now, "America/Chicago")
    assert occurred_local(found).isoformat() == "2026-03-14T17:20:00-05:00"
    assert OutboxEvent.objects.filter(name="operations.occurrence_reported").count() == 1
    assert AuditEvent.objects.get(action="occurrence.reported").actor == desk
    state = ComplianceState.objects.get(subject_type="operations.occurrence")
    assert (state.color, state.next_change_at) == ("amber", now + HOUR)


def test_the_zone_is_that_of_the_base_where_nobody_says(report):
    aircraft = AircraftFactory()

    assert report(aircraft=aircraft).time_zone == aircraft.timezone


@pytest.mark.parametrize(
    ("given", "pointer"),
    [
        ({"aware_at": 5 * MINUTE}, "/aware_at"),
        ({"occurred_at": MINUTE}, "/occurred_at"),
        ({"time_zone": "Mars/Base"}, "/time_zone"),
        ({"found_at": MINUTE}, "/found_at"),
        ({"found_at": -HOUR}, "/found_at"),
    ],
)
def test_what_cannot_be_is_refused(report, now, given, pointer):
    values = {k: now + v if isinstance(v, timedelta) else v for k, v in given.items()}

    with pytest.raises(InvalidInput) as refused:
        report(**values)

    assert refused.value.details["pointer"] == pointer
    assert not Occurrence.objects.exists()


def test_leg_trip_and_aircraft_belong_together(report):
    one, other = TripFactory(legs=1), TripFactory()

    for given, pointer in (
        ({"leg": one.legs.get(), "trip": other}, "/leg"),
        ({"trip": one, "aircraft": other.aircraft}, "/aircraft"),
        ({"aircraft": None}, "/aircraft"),
    ):
        with pytest.raises(InvalidInput) as refused:
            report(**given)
        assert refused.value.details["pointer"] == pointer


def test_no_text_names_the_patient(report, desk, now):
    trip = TripFactory(legs=1)
    patient = trip.requirement.patient
    patient.family_name = "Okonkwo"
    patient.save()

    with pytest.raises(InvalidInput):
        report(trip=trip, narrative="Fire while Okonkwo was on board")
    row = report(trip=trip)
    with pytest.raises(InvalidInput):
        occurrences.investigate_occurrence(row, reason="Mrs Okonkwo asked", actor=desk, at=now)
    assert not StatusChange.objects.exists()


def test_a_notice_is_recorded_once_with_time_and_reference(report, desk, now):
    row = report()
    for wrong in ({"notified_at": now + MINUTE}, {"notified_at": now - DAY}, {"reference": ""}):
        with pytest.raises(InvalidInput):
            told(row, now, desk, **wrong)

    done = told(row, now, desk)

    assert (done.notified_at, done.notice_reference) == (now, "ROC 4711")
    assert clock_color(done, now=now + DAY) == Color.GREEN
    with pytest.raises(BoardAlreadyTold):
        told(row, now, desk)
    with transaction.atomic(), pytest.raises(IntegrityError, match="has_a_reference"):
        Occurrence.objects.update(notice_reference="")


def test_a_report_is_filed_where_one_is_due(report, desk, now):
    incident, accident = report(), report(kind="accident")
    filed = {"filed_at": now, "actor": desk, "at": now}

    with pytest.raises(NoticeNotDue):
        occurrences.record_report(incident, **filed)
    done = occurrences.record_report(accident, reference="CEN26LA001", **filed)
    with pytest.raises(BoardAlreadyTold):
        occurrences.record_report(accident, **filed)

    assert (done.filed_at, done.report_reference) == (now, "CEN26LA001")
    asked = amended(incident, now, desk, asked_for_on=date(2026, 4, 1))
    assert occurrences.record_report(asked, **filed).filed_at == now


def test_particulars_that_get_worse_make_an_accident_with_a_report(report, desk, now):
    row = report(time_zone="Australia/Sydney")
    assert [clock.kind for clock in clocks(row, now=now)] == ["notice"]

    with pytest.raises(StaleVersion):
        amended(row, now, desk, version=99, damage="substantial")
    worse = amended(row, now, desk, damage="substantial")

    # The 15th in Sydney; ten days later is the 25th, whole.
    assert worse.event == "accident"
    assert worse.report_due_at == datetime.fromisoformat("2026-03-26T00:00+11:00")
    assert OutboxEvent.objects.filter(name="operations.occurrence_changed").count() == 1


def test_an_overdue_aircraft_that_turns_up_asks_for_nothing(report, desk, now):
    row = report(kind="overdue", time_zone="Australia/Sydney")
    assert row.report_due_at == datetime.fromisoformat("2026-03-23T00:00+11:00")

    found = amended(row, now, desk, found_at=now)

    assert (found.is_notifiable, found.report_due_at) == (False, None)
    with pytest.raises(NoticeNotDue):
        told(found, now, desk)
    occurrences.investigate_occurrence(found, actor=desk, at=now)
    closed = occurrences.close_occurrence(found, reason="Radio failure", actor=desk, at=now)
    assert closed.status == "closed"


def test_it_closes_when_the_board_was_told_and_may_be_reopened(report, desk, now):
    row = report(kind="accident")
    say = {"reason": "Done", "actor": desk, "at": now}
    with pytest.raises(TransitionNotAllowed):
        occurrences.close_occurrence(row, **say)
    occurrences.investigate_occurrence(row, **say)
    with pytest.raises(OccurrenceNotClosable) as refused:
        occurrences.close_occurrence(row, **say)
    assert refused.value.details["open"] == "the notice to the NTSB, the report to the NTSB"
    told(row, now, desk)
    occurrences.record_report(row, filed_at=now, actor=desk, at=now)

    occurrences.close_occurrence(row, **say)

    with pytest.raises(OccurrenceNotAmendable):
        amended(row, now, desk, damage="minor")
    assert occurrences.investigate_occurrence(row, **say).status == "under_investigation"
    assert list(StatusChange.objects.order_by("pk").values_list("to_status", flat=True)) == [
        "under_investigation",
        "closed",
        "under_investigation",
    ]


def test_the_filter_by_clock_says_what_the_clocks_say(now):
    due = {"event": "accident", "notified_at": now}
    old = {"occurred_at": now - 2 * HOUR}
    rows = [
        OccurrenceFactory(aware_at=now - age, **old) for age in (timedelta(0), 59 * MINUTE, HOUR)
    ]
    rows += [
        OccurrenceFactory(report_due_at=now + left, notice_reference="A", aware_at=now, **due)
        for left in (3 * DAY + MINUTE, 3 * DAY, MINUTE, timedelta(0))
    ]
    rows.append(OccurrenceFactory(is_notifiable=False, event="overdue"))

    for color in (Color.GREEN, Color.AMBER, Color.RED):
        found = set(with_clock(Occurrence.objects.all(), color, now=now))
        assert found == {row for row in rows if clock_color(row, now=now) == color}, color
    assert [str(clock_color(row, now=now)) for row in rows] == [
        "amber",
        "amber",
        "red",
        "green",
        "amber",
        "amber",
        "red",
        "green",
    ]


def test_each_step_of_a_clock_is_reminded_of_once(report, desk, now):
    row = report(kind="accident", time_zone="UTC")

    sent = [remind_of_occurrences(at=now + after) for after in (MINUTE, 2 * MINUTE, HOUR, DAY)]
    told(row, now, desk)
    sent += [remind_of_occurrences(at=now + after) for after in (2 * DAY, 8 * DAY, 9 * DAY)]
    sent.append(remind_of_occurrences(at=now + 11 * DAY))

    assert sent == [1, 0, 1, 0, 0, 1, 0, 1]
    steps = OccurrenceReminder.objects.order_by("pk").values_list("clock", "color")
    assert list(steps) == [
        ("notice", "amber"),
        ("notice", "red"),
        ("report", "amber"),
        ("report", "red"),
    ]
    events = OutboxEvent.objects.filter(name="operations.occurrence_reminded").order_by("pk")
    assert [event.payload["reminder_id"] for event in events] == list(
        OccurrenceReminder.objects.order_by("pk").values_list("pk", flat=True)
    )


def test_nobody_is_reminded_of_what_is_closed_and_a_reminder_stands(now):
    OccurrenceFactory(status="closed")
    OccurrenceFactory()

    remind_task()

    assert OccurrenceReminder.objects.count() == 1
    with pytest.raises(DatabaseError), transaction.atomic():
        OccurrenceReminder.objects.update(color="amber")


def said(trip, now):
    found = assess_trip(trip, stage=Stage.RELEASE, at=now).assessment.findings
    return [(f.color, f.message, f.is_absolute) for f in found if f.rule == CODE]


def test_the_next_trips_of_aircraft_and_crew_are_amber_until_it_is_closed(report, desk, now):
    flown = TripFactory(legs=2)
    first, second = flown.legs.order_by("sequence")
    pilot = CrewLineFactory(leg=first).person
    CrewLineFactory(leg=first, role="sic", status="declined")
    other = CrewLineFactory(leg=second).person
    same_aircraft = TripFactory(aircraft=flown.aircraft, legs=1)
    same_pilot, of_other = TripFactory(legs=1), TripFactory(legs=1)
    CrewLineFactory(leg=same_pilot.legs.get(), person=pilot)
    CrewLineFactory(leg=of_other.legs.get(), person=other)

    row = report(leg=first, kind="accident")

    tail = flown.aircraft.tail_number
    words = "OC-2026-0001: accident of {} is still open."
    assert said(same_aircraft, now) == [(Color.AMBER, words.format(tail), False)]
    crew = words.format("somebody in the crew")
    assert said(same_pilot, now) == [(Color.AMBER, crew, False)]
    assert said(of_other, now) == []
    Occurrence.objects.filter(pk=row.pk).update(status="closed")
    assert said(same_aircraft, now) == said(same_pilot, now) == []


def test_without_a_leg_the_crew_of_the_whole_trip_counts(report, now):
    flown = TripFactory(legs=2)
    people = [CrewLineFactory(leg=leg).person for leg in flown.legs.order_by("sequence")]
    next_trips = [TripFactory(legs=1) for _ in people]
    for trip, person in zip(next_trips, people, strict=True):
        CrewLineFactory(leg=trip.legs.get(), person=person)

    report(trip=flown, kind="accident")

    assert [len(said(trip, now)) for trip in next_trips] == [1, 1]


def test_a_serious_incident_is_only_mentioned(report, now):
    trip = TripFactory(legs=1)
    report(aircraft=trip.aircraft)

    assert [color for color, *_ in said(trip, now)] == [Color.GREEN]


def test_an_occurrence_turns_the_verdicts_of_the_next_trips_stale(report, desk, now):
    flown, trip, unconcerned = TripFactory(legs=1), TripFactory(legs=1), TripFactory(legs=1)
    pilot = CrewLineFactory(leg=flown.legs.get()).person
    CrewLineFactory(leg=trip.legs.get(), person=pilot)
    states = ComplianceState.objects.filter(subject_type="operations.trip")

    def judge():
        for each in (flown, trip, unconcerned):
            record_assessment(assess_trip(each, stage=Stage.PLANNING, at=now))

    def stale():
        rows = states.filter(is_stale=True).order_by("subject_id")
        return list(rows.values_list("subject_id", flat=True))

    judge()
    row = report(leg=flown.legs.get(), kind="accident")
    assert stale() == [flown.pk, trip.pk]
    judge()
    occurrences.investigate_occurrence(row, actor=desk, at=now)
    assert stale() == [flown.pk, trip.pk]


def test_the_statements_do_not_grow_with_the_occurrences(report, now):
    trips = [TripFactory(legs=1) for _ in range(4)]
    counts = []
    for size in (1, 4):
        for trip in trips[:size]:
            report(aircraft=trip.aircraft, kind="accident")
        with CaptureQueriesContext(connection) as queries:
            found = collect_trips([trip.pk for trip in trips[:size]], now, Stage.PLANNING)
        counts.append(len(queries))

    assert counts[0] == counts[1]
    assert [len(found[trip.pk].facts.occurrences) for trip in trips] == [2, 1, 1, 1]
