"""The demo data: loaded once, with a flight that is over and one that may not be flown."""

from datetime import UTC, date, datetime, timedelta

import pytest

from airports.models import Airport
from common.models import ComplianceState
from flight_operations.demo import cast, load
from flight_operations.models import ConformanceAlert, FlightOperation, OperationStatus
from rpas.models import F2FlightHoursEntry, OperatorMember, RPASAircraft
from tests.airports.factories import AirportFactory

PASSWORD = "a-demo-password-1"


@pytest.fixture
def aerodrome(db) -> Airport:
    return AirportFactory(ident="YSCB", icao="YSCB", name="Canberra")


def silent(_text: str) -> None:
    pass


def test_demo_data_have_a_flown_and_a_refused_flight(aerodrome, now):
    assert load.load_demo(password=PASSWORD, at=now, progress=silent)

    flown, refused = FlightOperation.objects.order_by("pk")
    assert flown.status == OperationStatus.FINALISED
    kinds = ConformanceAlert.objects.filter(operation=flown).values_list("kind", flat=True)
    assert sorted(kinds) == ["height", "keep_in"]
    aircraft = RPASAircraft.objects.get(registration=load.GOOD_AIRCRAFT)
    last = F2FlightHoursEntry.objects.filter(aircraft=aircraft).order_by("pk").last()
    assert (last.time_in_service_min, last.progressive_total_min) == (1, 12_041)
    assert refused.status == OperationStatus.IN_REVIEW
    state = ComplianceState.objects.get(
        subject_type="flight_operations.flightoperation", subject_id=refused.pk
    )
    assert state.is_stale or state.color == "red"


def test_demo_data_are_loaded_once(aerodrome, now):
    load.load_demo(password=PASSWORD, at=now, progress=silent)

    assert not load.load_demo(password="another-password-2", at=now, progress=silent)
    assert FlightOperation.objects.count() == 2


def test_pilots_fly_by_turns_so_that_one_who_flew_in_the_evening_is_asleep_after_midnight():
    day = date(2026, 11, 23)

    turns = [cast.pilot_on(day + timedelta(days=number)) for number in range(3)]

    assert turns[0] == turns[2] != turns[1]
    assert {load.BANDS[person] for person in turns} == {"up_to_25kg"}


def test_whoever_joined_the_demo_later_is_taken_on(aerodrome, now, monkeypatch):
    everybody = cast.PEOPLE
    monkeypatch.setattr(cast, "PEOPLE", tuple(p for p in everybody if p != cast.RELIEF))
    load.load_demo(password=PASSWORD, at=now, progress=silent)
    monkeypatch.setattr(cast, "PEOPLE", everybody)

    for _ in range(2):
        load.load_demo(password=PASSWORD, at=now, progress=silent)

    member = OperatorMember.objects.get(user__email=cast.RELIEF.email)
    colleague = OperatorMember.objects.get(user__email=cast.PILOT.email)
    assert (member.authorized_models, member.is_night_authorized) == (
        colleague.authorized_models,
        colleague.is_night_authorized,
    )
    kinds = [
        set(each.user.qualifications.values_list("kind", "status")) for each in (member, colleague)
    ]
    assert kinds[0] == kinds[1]


@pytest.mark.parametrize(
    ("at", "took_off"),
    [
        # 13:11 and 13:39 in UTC are 00:11 and 00:39 in Sydney: the inspection comes 40 min before.
        (datetime(2026, 11, 22, 15, 11, tzinfo=UTC), datetime(2026, 11, 21, 13, 40, tzinfo=UTC)),
        (datetime(2026, 11, 22, 15, 39, tzinfo=UTC), datetime(2026, 11, 21, 13, 40, tzinfo=UTC)),
        (datetime(2026, 11, 22, 15, 41, tzinfo=UTC), datetime(2026, 11, 21, 13, 41, tzinfo=UTC)),
        (datetime(2026, 11, 22, 14, 59, tzinfo=UTC), datetime(2026, 11, 21, 12, 59, tzinfo=UTC)),
    ],
)
def test_the_flight_that_is_over_was_inspected_on_its_own_day(at, took_off):
    assert load.flown_at(at) == took_off
    assert load.flown_at(at).tzinfo is UTC
