from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from common.exceptions import InvalidInput
from common.models import ComplianceState, Verdict
from tests.users.factories import (
    CheckFactory,
    DeclaredFlightFactory,
    FlyingDeclarationFactory,
    UserFactory,
    grant,
)
from users.exceptions import AlreadyWithdrawn, BeyondOwnAuthority, NotOneself
from users.models import CheckRecord, DeclaredFlight
from users.services import flying

pytestmark = pytest.mark.django_db
OFF = datetime(2026, 3, 1, 20, 0, tzinfo=UTC)
FLOWN = {"off_at": OFF, "on_at": OFF + timedelta(minutes=90), "flight_min": 90}
PERIOD = {"from_on": date(2026, 1, 1), "until_on": date(2026, 3, 31)}


@pytest.fixture
def chief():
    return UserFactory()


def check(user, actor, now, done_on, kind="135.293b", **more):
    fields = {"kind": kind, "aircraft_type": "B350", "done_on": done_on, "examiner": "J. Ortiz"}
    return flying.record_check(user, actor=actor, at=now, **{**fields, **more})


def leans_on(user):
    """A verdict that rests on this person's papers."""
    verdict = Verdict.objects.create(
        subject_type="test.subject",
        subject_id=1,
        subject_label="x",
        scope="",
        stage="planning",
        color="green",
        assessed_at=OFF,
        facts={},
        parameters={},
        overrides=[],
        rule_versions={},
        findings=[],
        dependencies=[f"user:{user.pk}"],
    )
    return ComplianceState.objects.create(
        subject_type="test.subject",
        subject_id=1,
        color="green",
        assessed_at=OFF,
        verdict=verdict,
        dependencies=[f"user:{user.pk}"],
    )


@pytest.mark.parametrize(
    ("done_on", "base_month"),
    [
        (date(2026, 1, 31), date(2026, 2, 1)),
        (date(2026, 2, 1), date(2026, 2, 1)),
        (date(2026, 3, 14), date(2026, 2, 1)),
        (date(2025, 12, 31), date(2025, 12, 1)),
    ],
)
def test_a_check_a_month_early_or_late_counts_for_the_month_it_was_due(
    now, chief, done_on, base_month
):
    pilot = UserFactory()
    CheckFactory(user=pilot, done_on=date(2025, 2, 20))

    assert check(pilot, chief, now, done_on).base_month == base_month


def test_a_check_two_months_late_and_the_first_of_its_kind_count_for_their_own_month(now, chief):
    pilot = UserFactory()
    assert check(pilot, chief, now, date(2025, 1, 9)).base_month == date(2025, 1, 1)
    assert check(pilot, chief, now, date(2026, 3, 1)).base_month == date(2026, 3, 1)
    # The test of knowledge is another one, and so is the check on another type.
    assert check(pilot, chief, now, date(2026, 2, 9), "135.297").base_month == date(2026, 2, 1)


def test_a_failed_or_withdrawn_check_moves_no_base_month(now, chief):
    pilot = UserFactory()
    CheckFactory(user=pilot, done_on=date(2025, 3, 2), is_passed=False)
    gone = CheckFactory(user=pilot, done_on=date(2025, 3, 3))
    flying.withdraw(gone, reason="another pilot's", actor=chief, at=now)

    assert check(pilot, chief, now, date(2026, 2, 27)).base_month == date(2026, 2, 1)


def test_a_flight_review_has_no_month_of_grace(now, chief):
    pilot = UserFactory()
    CheckFactory(user=pilot, kind="61.56", done_on=date(2024, 3, 9))

    assert check(pilot, chief, now, date(2026, 2, 9), "61.56").base_month == date(2026, 2, 1)


def test_nobody_records_or_corrects_their_own_check_but_a_superuser(now):
    pilot, root = UserFactory(), UserFactory(is_superuser=True)
    with pytest.raises(NotOneself):
        check(pilot, pilot, now, date(2026, 2, 1))
    with pytest.raises(NotOneself):
        flying.change_check(CheckFactory(user=pilot), version=None, actor=pilot, at=now)
    assert not CheckRecord.objects.filter(user=pilot, examiner="x").exists()

    assert check(root, root, now, date(2026, 2, 1)).user == root


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"done_on": date(2026, 3, 16)}, "/done_on"),
        ({"done_on": date(2026, 2, 1), "base_month": date(2026, 2, 2)}, "/base_month"),
        ({"done_on": date(2026, 2, 1), "base_month": date(2026, 4, 1)}, "/base_month"),
    ],
)
def test_checks_that_contradict_themselves_are_refused(now, chief, fields, pointer):
    with pytest.raises(InvalidInput) as refusal:
        check(UserFactory(), chief, now, **fields)

    assert refusal.value.details["pointer"] == pointer


def test_another_day_of_a_check_moves_its_base_month(now, chief):
    row = CheckFactory()

    row = flying.change_check(
        row, version=1, actor=chief, at=now, done_on=date(2026, 1, 5), remarks="wrong day"
    )

    assert (row.base_month, row.remarks) == (date(2026, 1, 1), "wrong day")


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"on_at": OFF}, "/on_at"),
        ({"on_at": datetime(2026, 3, 14, 22, 31, tzinfo=UTC)}, "/on_at"),
        ({"off_at": datetime(2026, 1, 1, tzinfo=UTC)}, "/on_at"),
        ({"flight_min": 91}, "/flight_min"),
    ],
)
def test_flights_that_contradict_themselves_are_refused(now, changes, pointer):
    pilot = UserFactory()

    with pytest.raises(InvalidInput) as refusal:
        flying.declare_flight(pilot, actor=pilot, at=now, **{**FLOWN, **changes})

    assert refusal.value.details["pointer"] == pointer


def test_a_pilot_declares_for_themselves_only(now):
    pilot, other, chief = UserFactory(), UserFactory(), UserFactory()
    grant(chief, "users.change_declaredflight", "users.change_flyingdeclaration")

    with pytest.raises(BeyondOwnAuthority):
        flying.declare_flight(other, actor=pilot, at=now, **FLOWN)
    with pytest.raises(BeyondOwnAuthority):
        flying.declare_flying(other, actor=pilot, at=now, **PERIOD)

    assert flying.declare_flight(other, actor=chief, at=now, **FLOWN).declared_by == chief
    assert flying.declare_flying(other, actor=chief, at=now, **PERIOD).user == other


@pytest.mark.parametrize(
    "period",
    [
        {"from_on": date(2026, 2, 1), "until_on": date(2026, 1, 31)},
        {"from_on": date(2026, 2, 1), "until_on": date(2027, 3, 16)},
    ],
)
def test_a_declaration_runs_forwards_and_at_most_a_year_ahead(now, period):
    pilot = UserFactory()

    with pytest.raises(InvalidInput) as refusal:
        flying.declare_flying(pilot, actor=pilot, at=now, **period)

    assert refusal.value.details["pointer"] == "/until_on"


@pytest.mark.parametrize("factory", [CheckFactory, DeclaredFlightFactory, FlyingDeclarationFactory])
def test_what_is_withdrawn_stays_on_file_and_is_withdrawn_once(now, chief, factory):
    row = factory()

    row = flying.withdraw(row, reason="typed twice", actor=chief, at=now)

    assert (row.withdrawn_at, row.withdrawn_reason) == (now, "typed twice")
    assert not type(row).objects.standing().filter(pk=row.pk).exists()
    with pytest.raises(AlreadyWithdrawn):
        flying.withdraw(row, reason="again", actor=chief, at=now)


def test_nobody_withdraws_the_check_they_failed_themselves(now):
    chief, root = UserFactory(), UserFactory(is_superuser=True)
    failed = CheckFactory(user=chief, is_passed=False)
    with pytest.raises(NotOneself):
        flying.withdraw(failed, reason="a bad day", actor=chief, at=now)
    failed.refresh_from_db()
    assert failed.withdrawn_at is None

    # What one declared oneself one may take back.
    flight = DeclaredFlightFactory(user=chief)
    assert flying.withdraw(flight, reason="typed twice", actor=chief, at=now).withdrawn_at == now
    own = CheckFactory(user=root)
    assert flying.withdraw(own, reason="typed twice", actor=root, at=now).withdrawn_at == now


def test_a_withdrawn_row_cannot_be_corrected_and_makes_room_for_the_right_one(now, chief):
    flight = DeclaredFlightFactory()
    flying.withdraw(flight, reason="x", actor=chief, at=now)

    with pytest.raises(AlreadyWithdrawn):
        flying.change_declared_flight(flight, version=None, actor=chief, at=now)
    assert DeclaredFlightFactory(user=flight.user, off_at=flight.off_at).pk != flight.pk


@pytest.mark.parametrize(
    "deed",
    [
        lambda user, chief, now: check(user, chief, now, date(2026, 2, 1), "135.299"),
        lambda user, chief, now: flying.change_check(
            CheckFactory(user=user), version=None, actor=chief, at=now, is_passed=False
        ),
        lambda user, chief, now: flying.declare_flight(user, actor=user, at=now, **FLOWN),
        lambda user, chief, now: flying.change_declared_flight(
            DeclaredFlightFactory(user=user), version=None, actor=user, at=now, flight_min=60
        ),
        lambda user, chief, now: flying.declare_flying(user, actor=user, at=now, **PERIOD),
        lambda user, chief, now: flying.withdraw(
            FlyingDeclarationFactory(user=user), reason="x", actor=user, at=now
        ),
    ],
    ids=["check", "correction", "flight", "flight corrected", "declaration", "withdrawal"],
)
def test_every_change_turns_verdicts_on_the_person_stale(now, chief, deed):
    person, somebody_else = UserFactory(), UserFactory()
    state = leans_on(person)
    deed(somebody_else, chief, now)
    state.refresh_from_db()
    assert not state.is_stale

    deed(person, chief, now)

    state.refresh_from_db()
    assert state.is_stale


@pytest.mark.parametrize(
    "changes",
    [{"flight_min": 0}, {"on_at": OFF - timedelta(days=9999)}, {"flight_min": 44_641}],
)
def test_the_database_refuses_impossible_flights_too(changes):
    flight = DeclaredFlightFactory()

    with pytest.raises(IntegrityError), transaction.atomic():
        DeclaredFlight.objects.filter(pk=flight.pk).update(**changes)


@pytest.mark.parametrize("path", ["checks", "declared-flights", "flying-declarations"])
def test_lists_ask_the_same_number_of_statements_for_more_rows(client_for, path):
    client = client_for(UserFactory(is_superuser=True))
    factories = {
        "checks": CheckFactory,
        "declared-flights": DeclaredFlightFactory,
        "flying-declarations": FlyingDeclarationFactory,
    }
    factories[path]()
    address = f"/api/users/{path}/"
    few = _statements(client, address)
    for _ in range(5):
        factories[path]()

    assert _statements(client, address) == few
    assert client.get(address).json()["count"] == 6


def _statements(client, address):
    with CaptureQueriesContext(connection) as seen:
        assert client.get(address).status_code == 200
    return len(seen)


def test_a_clients_people_are_hidden_and_colleagues_are_seen(client_for):
    staff, outsider = UserFactory(), UserFactory()
    grant(staff, "users.view_checkrecord")
    grant(outsider, "users.view_checkrecord", is_staff_role=False)
    row = CheckFactory(user=staff)

    assert client_for(staff).get(f"/api/users/checks/{row.pk}/").status_code == 200
    assert client_for(outsider).get(f"/api/users/checks/{row.pk}/").status_code == 404


def test_a_repeated_declaration_with_one_key_is_made_once(client_for):
    pilot = UserFactory()
    grant(pilot, "users.add_flyingdeclaration", "users.view_flyingdeclaration")
    body = {"user": pilot.pk, "from_on": "2026-01-01", "until_on": "2026-03-31"}
    client = client_for(pilot)

    answers = [
        client.post(
            "/api/users/flying-declarations/", body, format="json", HTTP_IDEMPOTENCY_KEY="k1"
        )
        for _ in range(2)
    ]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json()["id"] == answers[1].json()["id"]
    assert pilot.flying_declarations.count() == 1


def test_a_day_of_birth_is_the_persons_and_the_chiefs_to_see(client_for):
    person, colleague, chief = (UserFactory(date_of_birth="1990-01-01") for _ in range(3))
    grant(colleague, "users.view_userprofile", "users.view_checkrecord", "users.view_user")
    grant(chief, "users.view_userprofile", "users.change_userprofile")
    path = f"/api/users/profiles/{person.profile.pk}/"

    assert client_for(chief).get(path).json()["date_of_birth"] == "1990-01-01"
    assert client_for(colleague).get(path).json()["date_of_birth"] is None
    assert (
        "date_of_birth" not in client_for(colleague).get("/api/users/users/").json()["results"][0]
    )
