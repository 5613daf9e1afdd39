from datetime import UTC, datetime, timedelta

import pytest

from common.exceptions import InvalidInput, StaleVersion, TransitionNotAllowed
from common.models import AuditEvent, OutboxEvent, StatusChange
from flight_operations.exceptions import (
    AlreadyNotified,
    IncidentNotAmendable,
    IncidentNotClosable,
    NotificationNotDue,
)
from flight_operations.models import SMSIncidentReport
from flight_operations.queries.incidents import clock_color, clocks, occurred_local, with_clock
from flight_operations.services import incidents
from rpas.models import AircraftStatus, RPASAircraft
from tests.common.concurrency import at_once, kinds
from tests.flight_operations.factories import OperationFactory
from tests.flight_operations.people import member
from tests.rpas.factories import AircraftFactory, OperatorFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator():
    return OperatorFactory()


@pytest.fixture
def safety(operator):
    return member(operator)


@pytest.fixture
def report(operator, safety, now):
    def make(**given):
        values = {
            "classification": "other",
            "occurred_at": now - timedelta(minutes=10),
            "place": "Depot",
            "narrative": "It happened.",
            "operating_category": "reoc",
            "at": now,
            **given,
        }
        return incidents.report_incident(operator=operator, actor=safety, **values)

    return make


@pytest.fixture
def aircraft(operator):
    return AircraftFactory(operator=operator, airworthy=False)


def status_of(aircraft):
    return RPASAircraft.objects.get(pk=aircraft.pk).status


def test_an_incident_of_an_operation_takes_over_what_the_operation_knows(operator, safety, now):
    operation = OperationFactory(operator=operator)

    found = incidents.report_incident(
        operator=operator,
        operation=operation,
        classification="loss_of_control",
        occurred_at=now - timedelta(minutes=5),
        place="Desert",
        narrative="Ignored the sticks",
        actor=safety,
        at=now,
    )

    assert (found.number, found.status) == ("IN-2026-0001", "reported")
    assert (found.aircraft, found.pilot) == (operation.aircraft, operation.pilot_in_command)
    assert (found.mass_kg, found.operating_category) == (7.5, "reoc")
    assert (found.atsb_category, found.is_reportable) == ("type2", True)
    assert found.is_immediately_reportable is False
    assert (found.aware_at, found.time_zone) == (now, "Australia/Sydney")
    assert OutboxEvent.objects.filter(name="flight_operations.incident_reported").count() == 1


@pytest.mark.parametrize("classification", ["loss_of_control", "collision", "injury", "flyaway"])
def test_the_aircraft_is_quarantined_in_the_same_transaction(report, aircraft, classification):
    found = report(aircraft=aircraft, classification=classification)

    assert found.is_aircraft_quarantined
    assert status_of(aircraft) == AircraftStatus.QUARANTINED
    assert AuditEvent.objects.filter(action__contains="quarantine").exists()


def test_an_airspace_breach_leaves_the_aircraft_in_service(report, aircraft):
    found = report(aircraft=aircraft, classification="airspace_breach")

    assert not found.is_aircraft_quarantined
    assert status_of(aircraft) == AircraftStatus.IN_SERVICE


def test_a_refused_report_quarantines_nothing(report, aircraft, now):
    with pytest.raises(InvalidInput):
        report(aircraft=aircraft, classification="collision", occurred_at=now + timedelta(hours=1))

    assert status_of(aircraft) == AircraftStatus.IN_SERVICE
    assert not SMSIncidentReport.objects.exists()


def test_an_aircraft_already_set_aside_stays_so(report, aircraft):
    report(aircraft=aircraft, classification="collision")

    second = report(aircraft=aircraft, classification="collision")

    assert second.is_aircraft_quarantined
    assert status_of(aircraft) == AircraftStatus.QUARANTINED


def test_particulars_that_get_worse_ground_the_aircraft_and_start_the_phone_clock(
    report, aircraft, safety, now
):
    found = report(aircraft=aircraft)
    assert not found.is_reportable

    worse = incidents.amend_incident(
        found, changes={"injuries": "serious"}, actor=safety, at=now, version=1
    )

    assert (worse.is_immediately_reportable, worse.is_reportable) == (True, True)
    assert status_of(aircraft) == AircraftStatus.QUARANTINED
    with pytest.raises(StaleVersion):
        incidents.amend_incident(found, changes={}, actor=safety, at=now, version=1)


@pytest.mark.parametrize(
    ("given", "pointer"),
    [
        ({"occurred_at": datetime(2026, 3, 14, 22, 31, tzinfo=UTC)}, "/occurred_at"),
        ({"occurred_at": datetime(1, 1, 1, tzinfo=UTC)}, "/occurred_at"),
        ({"aware_at": datetime(2026, 3, 14, 22, 31, tzinfo=UTC)}, "/aware_at"),
    ],
)
def test_times_that_cannot_be_true_are_refused(report, given, pointer):
    with pytest.raises(InvalidInput) as refusal:
        report(**given)

    assert refusal.value.details["pointer"] == pointer


def test_another_operators_records_are_refused(report, operator):
    with pytest.raises(InvalidInput, match="aircraft belongs"):
        report(aircraft=AircraftFactory(airworthy=False))
    with pytest.raises(InvalidInput, match="operation belongs"):
        report(operation=OperationFactory())
    own = OperationFactory(operator=operator)
    with pytest.raises(InvalidInput, match="another aircraft"):
        report(operation=own, aircraft=AircraftFactory(operator=operator, airworthy=False))


def test_the_clocks_run_from_awareness(report, now):
    found = report(injuries="fatal", classification="collision")

    phone, written = clocks(found, now=now)

    assert (phone.kind, phone.due_at, phone.remaining_s) == ("immediate", now, 0)
    assert (written.kind, written.due_at) == ("written", now + timedelta(hours=72))
    assert written.remaining_s == 72 * 3600


@pytest.mark.parametrize(
    ("after", "phone", "written"),
    [
        (timedelta(minutes=59), "green", "green"),
        (timedelta(hours=1), "amber", "green"),
        (timedelta(hours=3, minutes=59), "amber", "green"),
        (timedelta(hours=4), "red", "green"),
        (timedelta(hours=48), "red", "amber"),
        (timedelta(hours=71, minutes=59), "red", "amber"),
        (timedelta(hours=72), "red", "red"),
    ],
)
def test_the_clocks_turn_amber_and_red(report, now, after, phone, written):
    found = report(injuries="serious", classification="injury")

    assert [clock.color for clock in clocks(found, now=now + after)] == [phone, written]


def test_a_report_stops_its_clock_and_says_when_it_was_late(report, safety, now):
    found = report(injuries="serious", classification="injury")
    later = now + timedelta(hours=5)

    incidents.record_notification(
        found, channel="phone", notified_at=later, reference="ON-1", actor=safety, at=later
    )

    found.refresh_from_db()
    assert (found.phoned_at, found.atsb_reference) == (later, "ON-1")
    phone, written = clocks(found, now=now + timedelta(hours=80))
    assert (phone.color, phone.is_late, phone.remaining_s) == ("green", True, None)
    assert (written.color, written.remaining_s) == ("red", -8 * 3600)
    with pytest.raises(AlreadyNotified):
        incidents.record_notification(
            found, channel="phone", notified_at=later, actor=safety, at=later
        )


@pytest.mark.parametrize("moved", [timedelta(minutes=-1), timedelta(minutes=1)])
def test_a_report_is_made_between_awareness_and_now(report, safety, now, moved):
    found = report(classification="flyaway")

    with pytest.raises(InvalidInput):
        incidents.record_notification(
            found, channel="written", notified_at=now + moved, actor=safety, at=now
        )


def test_what_is_no_matter_for_the_atsb_is_not_reported_to_it(report, safety, now):
    found = report(operating_category="sub2", classification="collision")

    assert (found.atsb_category, clocks(found, now=now)) == ("none", [])
    with pytest.raises(NotificationNotDue):
        incidents.record_notification(found, channel="phone", notified_at=now, actor=safety, at=now)


def test_the_list_by_clock_agrees_with_the_clocks(report, safety, now):
    for given in (
        {"injuries": "serious"},
        {"classification": "flyaway"},
        {"classification": "other"},
        {"operating_category": "micro", "injuries": "fatal"},
    ):
        for hours in (0, 1, 5, 50, 73):
            moment = now - timedelta(hours=hours)
            report(occurred_at=moment, aware_at=moment, **given)
    told = report(classification="flyaway", occurred_at=now - timedelta(hours=80))
    incidents.record_notification(told, channel="written", notified_at=now, actor=safety, at=now)

    rows = SMSIncidentReport.objects.all()
    for color in ("green", "amber", "red"):
        expected = {row.pk for row in rows if clock_color(row, now=now) == color}
        assert set(with_clock(rows, color, now=now).values_list("pk", flat=True)) == expected
        assert expected


def test_an_incident_is_closed_only_when_everything_is_done(report, safety, now):
    found = report(classification="flyaway")
    incidents.investigate_incident(found, reason="Logs pulled", actor=safety, at=now)
    with pytest.raises(IncidentNotClosable) as refusal:
        incidents.close_incident(found, reason="Done", actor=safety, at=now)
    assert refusal.value.details["open"] == (
        "the written report to the ATSB, the corrective action"
    )
    incidents.record_action(found, corrective_action="Compass", actor=safety, at=now)
    incidents.record_notification(found, channel="written", notified_at=now, actor=safety, at=now)

    closed = incidents.close_incident(found, reason="Done", actor=safety, at=now)

    assert closed.status == "closed"
    with pytest.raises(IncidentNotAmendable):
        incidents.amend_incident(found, changes={"place": "X"}, actor=safety, at=now)
    reopened = incidents.investigate_incident(found, reason="New log", actor=safety, at=now)
    assert reopened.status == "under_investigation"
    steps = StatusChange.objects.filter(object_id=found.pk).order_by("pk")
    assert [step.to_status for step in steps if step.from_status != "in_service"] == [
        "under_investigation",
        "action",
        "closed",
        "under_investigation",
    ]


def test_a_report_just_made_is_not_closed(report, safety, now):
    with pytest.raises(TransitionNotAllowed):
        incidents.close_incident(report(), reason="Nothing", actor=safety, at=now)


def test_the_place_has_its_own_time(report):
    found = report(time_zone="Australia/Perth")

    assert occurred_local(found).isoformat() == "2026-03-15T06:20:00+08:00"


@pytest.mark.django_db(transaction=True)
def test_two_reports_at_once_quarantine_once_and_number_both(now):
    operator = OperatorFactory()
    safety = member(operator)
    aircraft = AircraftFactory(operator=operator, airworthy=False)

    results = at_once(
        *(
            lambda: incidents.report_incident(
                operator=operator,
                aircraft=aircraft,
                classification="collision",
                occurred_at=now,
                place="Depot",
                narrative="Hit a mast",
                actor=safety,
                at=now,
            )
            for _ in range(4)
        )
    )

    assert kinds(results) == ["SMSIncidentReport"] * 4
    assert sorted(row.number for row in results) == [f"IN-2026-000{n}" for n in (1, 2, 3, 4)]
    assert status_of(aircraft) == AircraftStatus.QUARANTINED
    assert StatusChange.objects.filter(to_status="quarantined").count() == 1
