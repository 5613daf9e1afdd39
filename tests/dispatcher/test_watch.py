"""What the desks hear of verdicts, late starts, alerts, defects, delays and people."""

from datetime import timedelta

import pytest

from aircraft.events import DefectChanged as CrewedDefectChanged
from common.compliance.events import VerdictChanged
from common.events import handlers
from dispatcher.models import DispatchEvent, DispatchNotice
from dispatcher.queries.overview import overview
from dispatcher.queries.watching import family_of
from dispatcher.services import events, notices
from dispatcher.services.watch import review_operation, watch_the_day
from flight_operations.events import (
    OperationCancelled,
    OperationStarted,
    PlanAmended,
    ReleaseRevoked,
    TelemetryAlertEnded,
    TelemetryAlertRaised,
)
from flight_operations.models import ConformanceAlert, FlightOperation, OperationalRelease
from operations.events import (
    CrewAnswered,
    TripDelayed,
    TripEnded,
    TripOverruns,
    TripReleased,
    TripReleaseRevoked,
)
from operations.models import LegDelay, TripLeg
from rpas.events import DefectRaised, DefectRectified, MaintenanceCompleted, MaintenanceDue
from tests.dispatcher.live_scene import (
    NOW,
    happened,
    hear,
    judged,
    make_center,
    make_desk,
    make_drone,
    make_operation,
    make_schedule,
    publish,
    titles,
)
from tests.flight_operations.factories import PlanFactory
from tests.operations.factories import CrewLineFactory, TripFactory
from tests.rpas.factories import DefectFactory, MemberFactory, ScheduleFactory
from tests.users.factories import hold
from users.events import UserDeactivated, UserReactivated
from users.models import Role, User

pytestmark = pytest.mark.django_db
WIND = ("WXD-WIND", "red", "Gusts of 14 m/s; the limit is 12.")
REPL = ("CASR-101.252-REPL", "red", "The RePL has expired.")
AMBER = ("WXD-AGE", "amber", "The report is old.")


@pytest.fixture(autouse=True)
def _settings(settings, time_machine):
    settings.DISPATCH_WATCH_H = 24
    settings.DISPATCH_ON_TIME_MIN = 15
    settings.DISPATCH_CREWED_CENTER = ""
    time_machine.move_to(NOW, tick=False)


@pytest.fixture(scope="module")
def desk(kept_rows):
    return make_desk()


def verdict_of(record, *findings) -> None:
    verdict = judged(record, *findings)
    subject = record._meta.label_lower
    hear(VerdictChanged(subject_type=subject, subject_id=record.pk, verdict_id=verdict.pk))


def unresolved() -> list[tuple[str, str, str]]:
    rows = DispatchEvent.objects.unresolved().order_by("pk")
    return [(event.kind, event.severity, event.title) for event in rows]


def test_each_sort_of_trouble_of_a_verdict_is_one_event(desk):
    operation = make_operation(desk, NOW + timedelta(hours=5), number="FO-2026-0001")

    verdict_of(operation, WIND, REPL, AMBER)

    assert unresolved() == [
        ("weather", "warning", "FO-2026-0001: Gusts of 14 m/s; the limit is 12."),
        ("people", "warning", "FO-2026-0001: The RePL has expired."),
    ]


def test_what_is_red_no_more_is_resolved_and_the_rest_stays(desk):
    operation = make_operation(desk, NOW + timedelta(hours=5), number="FO-2026-0001")
    verdict_of(operation, WIND, REPL)

    verdict_of(operation, AMBER, REPL)

    assert [kind for kind, _, _ in unresolved()] == ["people"]
    closed = DispatchEvent.objects.get(kind="weather")
    assert closed.resolution == "It is no longer red for it."


def test_trouble_is_critical_when_the_flight_is_near(desk):
    verdict_of(make_operation(desk, NOW + timedelta(minutes=119)), WIND)

    assert [severity for _, severity, _ in unresolved()] == ["critical"]


@pytest.mark.parametrize(
    "fields", [{"start": NOW + timedelta(hours=25)}, {"status": "cancelled"}, {"status": "draft"}]
)
def test_flights_far_off_or_not_to_be_flown_raise_nothing(desk, fields):
    verdict_of(make_operation(desk, **fields), WIND)

    assert unresolved() == []


def test_time_alone_brings_a_red_flight_within_the_watch(desk):
    operation = make_operation(desk, NOW + timedelta(hours=25), number="FO-2026-0001")
    verdict_of(operation, WIND)

    assert watch_the_day(at=NOW + timedelta(minutes=59)) == 0
    assert watch_the_day(at=NOW + timedelta(minutes=61)) == 1
    watch_the_day(at=NOW + timedelta(minutes=62))

    event = DispatchEvent.objects.get()
    assert (event.operation, event.details.get("times")) == (operation, None)
    assert [each["rule"] for each in event.details["rules"]] == ["WXD-WIND"]


def test_what_somebody_closed_stays_closed_until_there_is_other_trouble(desk):
    operation = make_operation(desk, NOW + timedelta(hours=5), number="FO-2026-0001")
    verdict_of(operation, WIND)
    event = DispatchEvent.objects.get()
    events.resolve_event(event, resolution="We wait.", actor=desk.dispatcher, at=NOW)

    watch_the_day(at=NOW + timedelta(minutes=1))
    verdict_of(operation, WIND)
    assert unresolved() == []

    verdict_of(operation, WIND, ("WXD-TS", "red", "Thunderstorms."))
    assert [kind for kind, _, _ in unresolved()] == ["weather"]


def test_a_late_start_that_somebody_closed_is_not_told_again(desk):
    make_operation(desk, NOW)
    watch_the_day(at=NOW + timedelta(minutes=16))
    event = DispatchEvent.objects.get()
    events.resolve_event(event, resolution="Waits.", actor=desk.dispatcher, at=NOW)

    watch_the_day(at=NOW + timedelta(minutes=17))

    assert unresolved() == []


def test_the_center_that_published_an_operation_answers_for_it(desk):
    second = make_center(desk.operator)
    operation = make_operation(desk, NOW + timedelta(hours=5))
    at_second = type(desk)(second, desk.dispatcher, desk.pilot, desk.second)
    publish(make_schedule(at_second, NOW.date()), operation)

    verdict_of(operation, WIND)

    assert DispatchEvent.objects.get().center == second


def test_an_operator_without_a_center_raises_nothing(desk):
    other = make_desk()
    other.center.is_active = False
    other.center.save()

    verdict_of(make_operation(other, NOW + timedelta(hours=5)), WIND)

    assert unresolved() == []


def test_a_flight_that_does_not_start_is_late_until_it_does(desk):
    operation = make_operation(desk, NOW, number="FO-2026-0001")

    watch_the_day(at=NOW + timedelta(minutes=15))
    assert unresolved() == []
    watch_the_day(at=NOW + timedelta(minutes=16))
    watch_the_day(at=NOW + timedelta(minutes=20))
    assert unresolved() == [
        ("delay", "warning", "FO-2026-0001 has not started, 16 min after it was planned to")
    ]

    hear(OperationStarted(operation_id=operation.pk))
    assert unresolved() == []


def an_alert(operation: FlightOperation, severity: str = "red") -> ConformanceAlert:
    return ConformanceAlert.objects.create(
        operation=operation, kind="fence", reference="School", severity=severity, worst_value=12,
        worst_at=NOW, started_at=NOW, last_at=NOW, raised_at=NOW,
    )  # fmt: skip


def test_a_limit_left_again_and_again_is_one_event_at_the_desk(desk):
    operation = make_operation(desk, status="active", actual_start_at=NOW, number="FO-2026-0001")
    first = an_alert(operation, "amber")
    hear(TelemetryAlertRaised(alert_id=first.pk, operation_id=operation.pk))
    ConformanceAlert.objects.filter(pk=first.pk).update(ended_at=NOW)
    hear(TelemetryAlertEnded(alert_id=first.pk, operation_id=operation.pk))
    second = an_alert(operation)
    hear(TelemetryAlertRaised(alert_id=second.pk, operation_id=operation.pk))

    assert unresolved() == [("conformance", "critical", "FO-2026-0001: fence School")]
    event = DispatchEvent.objects.get()
    assert event.details["times"] == 4

    # Seen by somebody, it goes with the alert.
    events.acknowledge_event(event, actor=desk.dispatcher, at=NOW)
    hear(TelemetryAlertEnded(alert_id=second.pk, operation_id=operation.pk))
    assert unresolved() == []


def test_a_defect_is_an_event_until_it_is_rectified(desk):
    operation = make_operation(desk)
    major = DefectFactory(aircraft=operation.aircraft)
    minor = DefectFactory(aircraft=operation.aircraft, minor=True)
    for defect in (major, minor):
        hear(DefectRaised(aircraft_id=operation.aircraft_id, defect_id=defect.pk))

    registration = operation.aircraft.registration
    assert unresolved() == [
        ("defect", "critical", f"{registration}: major defect"),
        ("defect", "info", f"{registration}: minor defect"),
    ]
    hear(DefectRectified(aircraft_id=operation.aircraft_id, defect_id=major.pk))
    assert [severity for _, severity, _ in unresolved()] == ["info"]


def test_a_release_taken_back_is_the_desks_until_there_is_another(desk):
    operation = make_operation(desk, NOW + timedelta(minutes=30), number="FO-2026-0001")
    verdict = judged(operation, AMBER)
    release = OperationalRelease.objects.create(
        operation=operation, plan_hash="0", verdict=verdict, document={}, released_at=NOW,
        released_by=desk.dispatcher, revoked_at=NOW, revoked_because="the plan was amended",
    )  # fmt: skip

    hear(ReleaseRevoked(operation_id=operation.pk, release_id=release.pk))

    assert unresolved() == [
        ("compliance", "critical", "FO-2026-0001: release revoked, the plan was amended")
    ]
    hear(OperationCancelled(operation_id=operation.pk))
    assert unresolved() == []


def test_a_pilot_hears_once_that_an_operation_was_amended_or_cancelled(desk):
    operation = make_operation(desk, NOW + timedelta(minutes=90), number="FO-2026-0001")
    PlanFactory(operation=operation)

    hear(PlanAmended(operation_id=operation.pk))
    hear(OperationCancelled(operation_id=operation.pk))

    told = DispatchNotice.objects.filter(recipient=desk.pilot).order_by("pk")
    assert [(notice.kind, notice.text, notice.needs_acknowledgement) for notice in told] == [
        ("changed", "FO-2026-0001 changed: Sun 15 Mar 11:00", True),
        ("withdrawn", "FO-2026-0001 is no longer yours: Sun 15 Mar 11:00", True),
    ]


def test_somebody_who_leaves_with_work_ahead_is_the_desks(desk):
    hear(UserDeactivated(user_id=desk.second.pk))
    assert unresolved() == []
    make_operation(desk, NOW + timedelta(hours=3), pilot_in_command=desk.second)
    User.objects.filter(pk=desk.second.pk).update(is_active=False)

    hear(UserDeactivated(user_id=desk.second.pk))

    assert unresolved() == [
        ("people", "warning", f"{desk.second.full_name} left and has 1 operations ahead")
    ]
    User.objects.filter(pk=desk.second.pk).update(is_active=True)
    hear(UserReactivated(user_id=desk.second.pk))
    assert unresolved() == []


def test_a_late_leg_is_an_event_of_the_desk_that_hears_of_trips(desk, settings):
    settings.DISPATCH_CREWED_CENTER = desk.center.code
    trip = TripFactory(legs=1)
    leg = trip.legs.get()
    late = leg.planned_out_at + timedelta(minutes=75)
    TripLeg.objects.filter(pk=leg.pk).update(
        estimated_out_at=late, estimated_in_at=late + timedelta(hours=2)
    )
    LegDelay.objects.create(
        leg=leg, code="weather", minutes=75, recorded_by=desk.dispatcher, recorded_at=NOW
    )

    hear(TripDelayed(trip_id=trip.pk, leg_id=leg.pk))

    assert unresolved() == [("delay", "warning", f"{trip.number} leg 1 is 75 min late (weather)")]
    event = DispatchEvent.objects.get()
    assert (event.center, event.operation, event.subject_label) == (desk.center, None, trip.number)
    hear(TripEnded(trip_id=trip.pk))
    assert unresolved() == []


def test_a_trips_release_taken_back_is_the_desks_until_there_is_another(desk, settings):
    settings.DISPATCH_CREWED_CENTER = desk.center.code
    trip = TripFactory(legs=1)

    hear(TripReleaseRevoked(trip_id=trip.pk, release_id=1))
    assert titles(DispatchEvent.objects.unresolved()) == [f"{trip.number}: release revoked"]

    hear(TripReleased(trip_id=trip.pk, release_id=2))
    assert unresolved() == []


def test_a_crewed_trip_that_turns_red_is_the_desks(desk, settings):
    settings.DISPATCH_CREWED_CENTER = desk.center.code
    trip = live_trip()

    verdict_of(trip, ("FAR-61.23-MED", "red", "The medical of Ann has expired."))

    assert unresolved() == [("people", "warning", f"{trip.number}: Medical certificate.")]


def test_what_a_trips_verdict_says_of_those_on_board_stays_with_the_trip(desk, settings):
    settings.DISPATCH_CREWED_CENTER = desk.center.code
    trip = live_trip()

    verdict_of(
        trip,
        ("MED-DECISION", "red", "The patient was found not fit to fly."),
        ("MED-OXYGEN", "red", "3000 l of oxygen needed."),
    )

    text = f"{trip.number}: A rule about those on board is not met. And 1 more."
    assert unresolved() == [("compliance", "warning", text)]
    event = DispatchEvent.objects.get()
    words = f"{event.title} {event.details}".lower()
    assert all(word not in words for word in ("patient was", "fit to fly", "3000"))


def test_events_of_crewed_flying_are_for_who_sees_trips(desk, settings):
    settings.DISPATCH_CREWED_CENTER = desk.center.code
    trip = live_trip()
    blind = MemberFactory(operator=desk.operator).user
    hold(blind, Role.objects.get(code="chief_remote_pilot"))
    hear(TripOverruns(trip_id=trip.pk))
    drones = happened(desk, severity="critical")

    event = DispatchEvent.objects.get(source_key=f"overrun:{trip.pk}")
    told = notices.tell_dispatchers(event, cause="event:1", at=NOW)

    assert {notice.recipient for notice in told} == {desk.dispatcher}
    assert set(DispatchEvent.objects.visible_to(desk.dispatcher)) == {event, drones}
    assert set(DispatchEvent.objects.visible_to(desk.pilot)) == {drones}
    assert not DispatchNotice.objects.visible_to(desk.pilot).filter(event=event).exists()
    assert DispatchNotice.objects.visible_to(desk.dispatcher).filter(event=event).exists()
    shown = [
        [row["number"] for row in overview_of(desk, with_trips=sees)["events"]]
        for sees in (True, False)
    ]
    assert shown == [[drones.number, event.number], [drones.number]]


def overview_of(desk, *, with_trips: bool):
    until = NOW + timedelta(days=1)
    return overview(desk.center, since=NOW, until=until, now=NOW, with_trips=with_trips)


def live_trip():
    trip = TripFactory(legs=1)
    trip.start_at, trip.end_at = NOW + timedelta(hours=3), NOW + timedelta(hours=9)
    trip.status = "confirmed"
    trip.save()
    return trip


def test_a_place_that_is_declined_is_the_desks_until_it_is_taken(desk, settings):
    settings.DISPATCH_CREWED_CENTER = desk.center.code
    trip = live_trip()
    line = CrewLineFactory(leg=trip.legs.get(), status="declined", answered_at=NOW)
    answered = CrewAnswered(trip_id=trip.pk, person_id=line.person_id)

    hear(answered)

    text = f"{trip.number}: {line.person.full_name} declined a place"
    assert unresolved() == [("people", "warning", text)]
    assert "times" not in DispatchEvent.objects.get().details
    CrewLineFactory(leg=line.leg, person=line.person, duty=line.duty)
    hear(answered)
    assert unresolved() == []


def test_why_a_leg_waits_for_those_it_carries_is_not_said(desk, settings):
    settings.DISPATCH_CREWED_CENTER = desk.center.code
    leg = live_trip().legs.get()
    LegDelay.objects.create(
        leg=leg, code="patient", minutes=5, recorded_by=desk.dispatcher, recorded_at=NOW
    )

    hear(TripDelayed(trip_id=leg.trip_id, leg_id=leg.pk))

    ((_, _, title),) = unresolved()
    assert title.endswith("min late")


def test_what_is_heard_after_it_was_dealt_with_raises_nothing(desk, settings):
    """Causes are delivered at least once, and in no order."""
    settings.DISPATCH_CREWED_CENTER = desk.center.code
    drone = make_drone(desk.operator)
    fixed = DefectFactory(
        aircraft=drone, status="rectified", rectified_at=NOW, rectified_by=desk.dispatcher,
        rectified_name="Pat", rectified_arn="1", rectified_action="Replaced.",
    )  # fmt: skip
    operation = make_operation(desk, status="active", actual_start_at=NOW)
    alert = an_alert(operation)
    raised = TelemetryAlertRaised(alert_id=alert.pk, operation_id=operation.pk)
    hear(raised)
    event = DispatchEvent.objects.get()
    events.resolve_event(event, resolution="Seen.", actor=desk.dispatcher, at=NOW)
    over = TripFactory(legs=1, status="cancelled")

    hear(DefectRaised(aircraft_id=drone.pk, defect_id=fixed.pk))
    hear(raised)
    hear(TripOverruns(trip_id=over.pk))
    hear(TripDelayed(trip_id=over.pk, leg_id=over.legs.get().pk))
    hear(UserDeactivated(user_id=desk.pilot.pk))

    assert unresolved() == []


def test_maintenance_is_the_desks_until_it_is_done(desk):
    drone = make_drone(desk.operator, time_in_service_min=2990, brought_forward_min=2990)
    item = ScheduleFactory(aircraft=drone)
    due = MaintenanceDue(aircraft_id=drone.pk, schedule_ids=[item.pk])

    hear(due)

    text = f"{drone.registration}: {item.title} is due soon"
    assert unresolved() == [("maintenance", "warning", text)]
    type(item).objects.filter(pk=item.pk).update(next_due_min=2980)
    hear(due)
    assert [severity for _, severity, _ in unresolved()] == ["critical"]
    hear(MaintenanceCompleted(aircraft_id=drone.pk, record_id=1))
    assert len(unresolved()) == 1
    type(item).objects.filter(pk=item.pk).update(next_due_min=6000)
    hear(MaintenanceCompleted(aircraft_id=drone.pk, record_id=1))
    hear(due)
    assert unresolved() == []


def test_something_critical_goes_out_as_a_notice_at_once(desk):
    from dispatcher.events import DispatchEventOverdue, DispatchEventRaised  # noqa: PLC0415

    calm = happened(desk, severity="warning")
    bad = happened(desk, severity="critical", title="Silent")
    for event in (calm, bad):
        hear(DispatchEventRaised(event_id=event.pk))
    assert [notice.event for notice in DispatchNotice.objects.all()] == [bad]

    events.escalate_event(calm, at=NOW + timedelta(minutes=15))
    hear(DispatchEventOverdue(event_id=calm.pk))

    told = DispatchNotice.objects.get(event=calm)
    assert told.text == f"Overdue: {calm.number} The van broke down"


def test_a_review_of_what_is_not_red_raises_nothing(desk):
    operation = make_operation(desk, NOW + timedelta(hours=5))

    assert review_operation(operation.pk, at=NOW) == []


@pytest.mark.parametrize(
    ("rule", "kind"),
    [
        ("WXD-AGE", "weather"),
        ("WX-ICE", "weather"),
        ("FAR-135.225", "weather"),
        ("AU-RPAS-FATIGUE-DUTY", "people"),
        ("FAR-135.267-10R", "people"),
        ("F2-MAINT", "maintenance"),
        ("F2-MAJOR", "defect"),
        ("CASR-101.238-RA3", "compliance"),
    ],
)
def test_a_broken_rule_is_an_event_of_its_sort(rule, kind):
    assert family_of(rule) == kind


def test_every_handled_event_has_a_handler_of_the_crewed_side_too():
    assert any(name.startswith("dispatcher.") for name in handlers[CrewedDefectChanged.name])
