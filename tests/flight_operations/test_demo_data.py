"""The demo data: loaded once, with a flight that is over and one that may not be flown."""

from datetime import UTC, datetime

import pytest

from airports.models import Airport
from common.models import ComplianceState
from flight_operations.demo import load
from flight_operations.models import ConformanceAlert, FlightOperation, OperationStatus
from rpas.models import F2FlightHoursEntry, RPASAircraft
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
