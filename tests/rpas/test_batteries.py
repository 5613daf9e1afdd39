import pytest

from common.exceptions import StaleVersion, TransitionNotAllowed
from common.models import OutboxEvent
from rpas.exceptions import AircraftRetired, BatteryNotInService, OtherOperator
from rpas.models import Battery, BatteryStatus
from rpas.services import aircraft as fleet
from rpas.services import batteries, ground_stations
from tests.rpas.factories import AircraftFactory, BatteryFactory, GroundStationFactory

pytestmark = pytest.mark.django_db


def test_a_battery_is_registered_on_an_aircraft_of_its_operator(aircraft, other, pilot, now):
    values = {"model": "TB65", "capacity_mah": 5880, "actor": pilot, "at": now}
    battery = batteries.register_battery(
        operator=aircraft.operator, serial_number="tb65-1", aircraft=aircraft, **values
    )
    with pytest.raises(OtherOperator):
        batteries.register_battery(
            operator=aircraft.operator, serial_number="tb65-2", aircraft=other.aircraft, **values
        )

    assert (battery.serial_number, battery.aircraft) == ("TB65-1", aircraft)
    assert OutboxEvent.objects.get(name="rpas.aircraft_changed").payload["aircraft_id"] == (
        aircraft.pk
    )


def test_a_battery_moves_between_aircraft_and_the_shelf(aircraft, operator, other, pilot, now):
    battery = BatteryFactory(operator=operator, aircraft=aircraft)
    second = AircraftFactory(operator=operator)

    moved = batteries.assign_battery(battery, aircraft=second, actor=pilot, at=now)
    assert moved.aircraft == second
    with pytest.raises(OtherOperator):
        batteries.assign_battery(moved, aircraft=other.aircraft, actor=pilot, at=now)
    shelved = batteries.assign_battery(moved, aircraft=None, actor=pilot, at=now)

    assert shelved.aircraft is None
    touched = OutboxEvent.objects.filter(name="rpas.aircraft_changed").order_by("pk")
    assert [event.payload["aircraft_id"] for event in touched] == [
        aircraft.pk,
        second.pk,
        second.pk,
    ]


def test_only_a_battery_in_service_is_fitted_to_an_aircraft_in_use(aircraft, operator, pilot, now):
    bad = BatteryFactory(operator=operator, status=BatteryStatus.QUARANTINED)
    good = BatteryFactory(operator=operator)

    with pytest.raises(BatteryNotInService):
        batteries.assign_battery(bad, aircraft=aircraft, actor=pilot, at=now)
    fleet.retire(aircraft, reason="Sold", actor=pilot, at=now)
    with pytest.raises(AircraftRetired):
        batteries.assign_battery(good, aircraft=aircraft, actor=pilot, at=now)


def test_the_life_of_a_battery(aircraft, operator, pilot, now):
    battery = BatteryFactory(operator=operator, aircraft=aircraft)

    batteries.quarantine_battery(battery, reason="Swollen", actor=pilot, at=now)
    batteries.return_battery(battery, actor=pilot, at=now)
    retired = batteries.retire_battery(battery, reason="Old", actor=pilot, at=now)
    with pytest.raises(TransitionNotAllowed):
        batteries.return_battery(battery, actor=pilot, at=now)

    assert (retired.status, retired.aircraft) == (BatteryStatus.RETIRED, None)
    reached = {to for moves in Battery.TRANSITIONS.values() for to in moves}
    assert reached == set(BatteryStatus)


def test_an_edit_needs_the_version_that_was_read(operator, pilot, now):
    battery = BatteryFactory(operator=operator)

    changed = batteries.update_battery(
        battery, changes={"health_percent": 71}, version=1, actor=pilot, at=now
    )
    with pytest.raises(StaleVersion):
        batteries.update_battery(
            battery, changes={"health_percent": 70}, version=1, actor=pilot, at=now
        )

    assert changed.health_percent == 71


def test_a_ground_station_serves_aircraft_of_its_operator_only(operator, other, pilot, now):
    station = ground_stations.register_ground_station(
        operator=operator, name="Field tablet", device_id="gcs-9", actor=pilot, at=now
    )

    with pytest.raises(OtherOperator):
        ground_stations.update_ground_station(
            station, changes={"aircraft": other.aircraft}, version=1, actor=pilot, at=now
        )
    closed = ground_stations.update_ground_station(
        station, changes={"is_active": False}, version=1, actor=pilot, at=now
    )

    assert not closed.is_active
    assert GroundStationFactory._meta.model.objects.active().count() == 0
