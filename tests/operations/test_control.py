"""Operations control: the roster, who is named for a flight, and who may change either."""

from datetime import timedelta

import pytest
from django.contrib.messages import get_messages
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from common.compliance.engine import evaluate
from common.compliance.findings import Color, Stage
from common.exceptions import DoubleBooked, InvalidInput, StaleVersion, TransitionNotAllowed
from common.models import AuditEvent, ResourceBooking, StatusChange
from operations.exceptions import ControlDutyOver
from operations.facts.collector import collect_trips
from operations.models import ControlDuty, Trip
from operations.services import amendments, control
from operations.services.assessment import assess_trip
from tests.aircraft.factories import AircraftFactory, TypeFactory
from tests.operations import legal_world
from tests.operations.factories import DEPARTURE, ControlDutyFactory, DutyFactory, TripFactory
from tests.users.factories import UserFactory, grant

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
CODE = "FAR-135.619-OCS"
URL = "/api/operations/control-duties/"


@pytest.fixture
def specialist():
    return UserFactory(first_name="Lee", last_name="Watch")


@pytest.fixture
def shift(specialist, desk, now):
    """Eight hours from two hours before the departure."""
    return rostered(specialist, DEPARTURE - 2 * HOUR, 8, actor=desk, at=now)


@pytest.fixture
def flight():
    """A patient's flight by helicopter."""
    return TripFactory(aircraft=helicopter(), legs=1, status="planning")


def helicopter(count=1):
    kind = TypeFactory(category="H", engine_kind="T", engine_count=1)
    rows = [AircraftFactory(aircraft_type=kind) for _ in range(count)]
    return rows[0]


def rostered(person, start, hours, *, actor, at):
    return control.roster_control_duty(
        person=person, start_at=start, end_at=start + hours * HOUR, actor=actor, at=at
    )


def said(trip, now, stage=Stage.RELEASE):
    found = assess_trip(trip, stage=stage, at=now).assessment.findings
    return [(finding.color, finding.message) for finding in found if finding.rule == CODE]


def held(person):
    rows = ResourceBooking.objects.filter(resource_kind="person", resource_id=person.pk)
    return [(row.period.lower, row.period.upper) for row in rows.filter(is_live=True)]


def name(trip, person, *, actor, at):
    changes = {"control_specialist": person}
    return amendments.amend_trip(trip, changes=changes, version=None, actor=actor, at=at)


def test_a_control_duty_holds_the_person_until_it_is_ended(specialist, desk, now):
    start = now - 5 * HOUR
    duty = rostered(specialist, start, 8, actor=desk, at=now)
    assert held(specialist) == [(start, start + 8 * HOUR)]

    control.end_control_duty(duty, actor=desk, at=now)

    duty.refresh_from_db()
    assert (duty.status, duty.end_at) == ("ended", now)
    assert held(specialist) == [(start, now)]
    assert StatusChange.objects.get().to_status == "ended"
    events = AuditEvent.objects.filter(action__startswith="control_duty").order_by("pk")
    assert [entry.action for entry in events] == ["control_duty.rostered", "control_duty.ended"]


def test_nobody_flies_and_controls_at_once(specialist, shift, desk, now):
    drone = ResourceBooking(
        resource_kind="person",
        resource_id=specialist.pk,
        period=(DEPARTURE + 7 * HOUR, DEPARTURE + 9 * HOUR),
        source_type="flight_operations.flightoperation",
        source_id=1,
    )
    drone.save()

    with pytest.raises(DoubleBooked):
        rostered(specialist, DEPARTURE + 6 * HOUR, 4, actor=desk, at=now)
    assert ControlDuty.objects.count() == 1


@pytest.mark.parametrize(
    ("start_h", "hours", "pointer"),
    [(-2, 0, "/end_at"), (-2, -1, "/end_at"), (20, 24.1, "/end_at")],
)
def test_a_duty_that_cannot_be_is_not_rostered(shift, now, start_h, hours, pointer):
    start = DEPARTURE + start_h * HOUR
    with pytest.raises(InvalidInput) as refused:
        rostered(shift.person, start, hours, actor=shift.person, at=now)

    assert refused.value.details["pointer"] == pointer


def test_two_shifts_of_a_person_do_not_overlap(shift, desk, now):
    with pytest.raises(DoubleBooked):
        rostered(shift.person, DEPARTURE + 5 * HOUR, 8, actor=desk, at=now)
    later = rostered(shift.person, DEPARTURE + 6 * HOUR, 8, actor=desk, at=now)
    with pytest.raises(DoubleBooked):
        moved = {"start_at": DEPARTURE + 5 * HOUR}
        control.amend_control_duty(later, changes=moved, version=None, actor=desk, at=now)
    at = DEPARTURE + 7 * HOUR
    with pytest.raises(DoubleBooked):
        control.end_control_duty(shift, actor=desk, at=at)
    assert held(shift.person) == [
        (DEPARTURE - 2 * HOUR, DEPARTURE + 6 * HOUR),
        (DEPARTURE + 6 * HOUR, DEPARTURE + 14 * HOUR),
    ]


def test_who_left_is_not_rostered(desk, now):
    with pytest.raises(InvalidInput):
        rostered(UserFactory(is_active=False), DEPARTURE, 8, actor=desk, at=now)


def test_two_duties_of_a_person_do_not_overlap_in_the_database_either(specialist):
    ControlDutyFactory(person=specialist, status="cancelled")
    ControlDutyFactory(person=specialist)

    with pytest.raises(IntegrityError, match="control_duty_double_booked"), transaction.atomic():
        ControlDutyFactory(person=specialist)


def test_a_planned_duty_is_moved_and_an_ended_one_stands(specialist, shift, desk, now):
    moved = {"end_at": DEPARTURE + 4 * HOUR}
    with pytest.raises(StaleVersion):
        control.amend_control_duty(shift, changes=moved, version=99, actor=desk, at=now)
    control.amend_control_duty(shift, changes=moved, version=1, actor=desk, at=now)
    assert held(specialist) == [(DEPARTURE - 2 * HOUR, DEPARTURE + 4 * HOUR)]

    with pytest.raises(InvalidInput):
        control.end_control_duty(shift, actor=desk, at=DEPARTURE - 2 * HOUR)
    with pytest.raises(InvalidInput):
        control.end_control_duty(shift, ended_at=DEPARTURE, actor=desk, at=now)
    control.end_control_duty(shift, actor=desk, at=DEPARTURE)
    with pytest.raises(ControlDutyOver):
        control.amend_control_duty(shift, changes=moved, version=None, actor=desk, at=DEPARTURE)
    with pytest.raises(TransitionNotAllowed):
        control.end_control_duty(shift, actor=desk, at=DEPARTURE)


def test_who_stayed_longer_did_so_whoever_waits(specialist, shift, desk, now):
    ResourceBooking.objects.create(
        resource_kind="person",
        resource_id=specialist.pk,
        period=(DEPARTURE + 7 * HOUR, DEPARTURE + 9 * HOUR),
        source_type="flight_operations.flightoperation",
        source_id=1,
    )

    control.end_control_duty(shift, actor=desk, at=DEPARTURE + 8 * HOUR)

    shift.refresh_from_db()
    assert shift.end_at == DEPARTURE + 8 * HOUR
    assert (DEPARTURE - 2 * HOUR, DEPARTURE + 7 * HOUR) in held(specialist)


def test_a_cancelled_duty_frees_the_person(specialist, shift, desk, now):
    control.cancel_control_duty(shift, reason="Ill", actor=desk, at=now)

    assert held(specialist) == []
    assert StatusChange.objects.get().reason == "Ill"
    rostered(specialist, DEPARTURE, 8, actor=desk, at=now)


def test_whoever_is_named_is_on_duty_as_the_flight_leaves(flight, specialist, shift, desk, now):
    name(flight, specialist, actor=desk, at=now)
    assert {color for color, _ in said(flight, now)} == {Color.GREEN}

    DutyFactory(
        person=specialist,
        trip=TripFactory(),
        report_at=DEPARTURE - 5 * HOUR,
        end_at=DEPARTURE - 2 * HOUR,
    )
    assert said(flight, now)[0] == (
        Color.RED,
        "Lee Watch is on duty for 11 h; at most 10.",
    )

    control.cancel_control_duty(shift, reason="Ill", actor=desk, at=now)
    assert said(flight, now) == [
        (Color.RED, f"A control duty of Lee Watch as {_label(flight)} leaves is not known.")
    ]
    assert said(flight, now, Stage.PLANNING)[0][0] == Color.AMBER


def _label(trip):
    leg = trip.legs.get()
    return f"Leg {leg.sequence} {leg.origin}-{leg.destination}"


def test_ten_helicopters_need_a_specialist(flight, now):
    helicopter(8)
    assert said(flight, now) == [
        (Color.GREEN, "9 helicopters in the fleet need no control center.")
    ]

    extra = helicopter()
    assert said(flight, now)[0][0] == Color.RED
    type(extra).objects.filter(pk=extra.pk).update(status="retired")
    assert said(flight, now)[0][0] == Color.GREEN


def test_an_aeroplane_is_not_asked_about(now):
    helicopter(12)

    assert said(TripFactory(aircraft=legal_world.aircraft(), legs=1), now) == []


def test_a_change_of_the_roster_reaches_the_verdict(flight, specialist, shift, desk, now):
    name(flight, specialist, actor=desk, at=now)

    keys = assess_trip(flight, stage=Stage.PLANNING, at=now).collected.dependencies

    assert f"user:{specialist.pk}" in keys


def test_whoever_releases_on_control_duty_is_the_specialist(flight, specialist, shift, now):
    legs = list(flight.legs.all())
    control.name_releaser(flight, legs, UserFactory())
    assert flight.control_specialist is None

    control.name_releaser(flight, legs, specialist)
    assert Trip.objects.get(pk=flight.pk).control_specialist == specialist

    ControlDutyFactory(start_at=DEPARTURE)
    control.name_releaser(flight, legs, ControlDuty.objects.last().person)
    assert Trip.objects.get(pk=flight.pk).control_specialist == specialist


@pytest.mark.parametrize("kind", ["aeroplane", "ferry"])
def test_nobody_is_named_for_other_flights(specialist, shift, kind):
    ferry = {"kind": "ferry"} if kind == "ferry" else {}
    aircraft = helicopter() if kind == "ferry" else AircraftFactory()
    trip = TripFactory(aircraft=aircraft, legs=1, **ferry)
    trip.legs.update(has_patient=False)

    control.name_releaser(trip, list(trip.legs.all()), specialist)

    assert trip.control_specialist is None


def test_the_statements_do_not_grow_with_the_helicopters(now):
    people = [ControlDutyFactory(start_at=DEPARTURE - HOUR).person for _ in range(6)]
    keys = [
        TripFactory(aircraft=helicopter(), legs=1, control_specialist=person).pk
        for person in people
    ]

    counts = []
    for size in (1, 6):
        with CaptureQueriesContext(connection) as queries:
            found = collect_trips(keys[:size], now, Stage.RELEASE)
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert [len(found[key].facts.control.duties) for key in keys] == [1] * 6
    assert evaluate(found[keys[0]].facts, stage=Stage.RELEASE, at=now)


def test_the_roster_is_kept_by_the_desk_and_seen_by_crews(client_for, person_in, specialist):
    dispatcher, pilot = client_for(person_in("dispatcher")), client_for(person_in("pilot"))
    body = {
        "person": specialist.email,
        "start_at": "2026-12-01T06:00:00Z",
        "end_at": "2026-12-01T14:00:00Z",
    }
    assert client_for(person_in("client")).get(URL).status_code == 403
    assert pilot.post(URL, body, format="json").status_code == 403

    made = dispatcher.post(URL, body, format="json", HTTP_IDEMPOTENCY_KEY="one")
    again = dispatcher.post(URL, body, format="json", HTTP_IDEMPOTENCY_KEY="one")
    twice = dispatcher.post(URL, body, format="json", HTTP_IDEMPOTENCY_KEY="two")
    unknown = dispatcher.post(URL, {**body, "shift": "day"}, format="json")

    assert (made.status_code, again.data, twice.status_code) == (201, made.data, 409)
    assert unknown.status_code == 400
    assert ControlDuty.objects.count() == 1
    page = pilot.get(f"{URL}?person={specialist.email}&status=planned")
    assert [row["id"] for row in page.data["results"]] == [made.data["id"]]
    assert pilot.get(f"{URL}?mine=true").data["results"] == []


def test_the_roster_takes_as_many_statements_for_many_as_for_one(client_for, person_in):
    dispatcher = client_for(person_in("dispatcher"))
    counts = []
    for more in (1, 4):
        for _ in range(more):
            ControlDutyFactory(start_at=DEPARTURE)
        with CaptureQueriesContext(connection) as queries:
            page = dispatcher.get(URL)
        counts.append(len(queries))

    assert len(page.data["results"]) == 5
    assert counts[0] == counts[1]


def test_a_duty_is_changed_by_who_read_it(client_for, person_in, specialist, shift):
    dispatcher = client_for(person_in("dispatcher"))
    url, body = f"{URL}{shift.pk}/", {"end_at": (DEPARTURE + 5 * HOUR).isoformat()}

    unread = dispatcher.patch(url, body, format="json")
    stale = dispatcher.patch(url, body, format="json", HTTP_IF_MATCH='"99"')
    done = dispatcher.patch(url, body, format="json", HTTP_IF_MATCH='"1"')
    cancelled = dispatcher.post(f"{url}cancel/", {"reason": "Ill"}, format="json")
    over = dispatcher.patch(url, body, format="json", HTTP_IF_MATCH='"3"')

    assert (unread.status_code, stale.status_code, done.status_code) == (428, 412, 200)
    assert (cancelled.data["status"], over.status_code) == ("cancelled", 409)
    assert dispatcher.post(f"{url}end/", {}, format="json").status_code == 409
    assert dispatcher.post(f"{URL}9999999/end/", {}, format="json").status_code == 404


def test_the_specialist_is_named_by_amending_the_trip(client_for, person_in, flight, specialist):
    dispatcher = client_for(person_in("dispatcher"))
    url = f"/api/operations/trips/{flight.number}/"

    etag = dispatcher.get(url)["ETag"]
    body = {"control_specialist": specialist.email}
    named = dispatcher.patch(url, body, format="json", HTTP_IF_MATCH=etag)

    assert named.status_code == 200
    assert named.data["control_specialist"] == specialist.email
    cleared = dispatcher.patch(
        url, {"control_specialist": None}, format="json", HTTP_IF_MATCH=named["ETag"]
    )
    assert cleared.data["control_specialist"] is None


def test_the_admin_shows_the_roster_and_its_verbs_ask_for_grants(client, specialist):
    duty = ControlDutyFactory(person=specialist, start_at=DEPARTURE)
    viewer = UserFactory()
    grant(viewer, "operations.view_controlduty")
    client.force_login(viewer, backend="users.backends.RoleBackend")
    url = reverse("admin:operations_controlduty_changelist")
    sent = {"action": "cancel", "sure": "1", "_selected_action": [duty.pk], "reason": "Ill"}

    assert client.get(url).status_code == 200
    client.post(url, sent)
    assert ControlDuty.objects.get().status == "planned"
    grant(viewer, "operations.cancel_controlduty")
    answer = client.post(url, sent)

    assert ControlDuty.objects.get().status == "cancelled"
    assert "cancelled" in str(list(get_messages(answer.wsgi_request))[-1])
