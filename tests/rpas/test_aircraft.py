from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from common.exceptions import InvalidInput, StaleVersion, TransitionNotAllowed
from common.models import AuditEvent, ComplianceState, OutboxEvent, StatusChange
from rpas.airworthiness import Category, category_of, is_rain_tolerant
from rpas.exceptions import AircraftNotServiceable, AircraftRetired
from rpas.models import AircraftStatus, ConfigurationChange, RPASAircraft
from rpas.services import aircraft as fleet
from tests.rpas.factories import (
    AircraftFactory,
    BatteryFactory,
    DefectFactory,
    GroundStationFactory,
    MemberFactory,
)
from tests.users.factories import UserFactory

pytestmark = pytest.mark.django_db

NEW = {
    "registration": " rpa-0100 ",
    "serial_number": "1znbj 0100",
    "make": "DJI",
    "model": "Mavic 3E",
    "kind": "multirotor",
    "empty_mass_kg": 0.915,
    "mtow_kg": 1.05,
}


def register(operator, actor, now, **values):
    return fleet.register_aircraft(operator=operator, actor=actor, at=now, **{**NEW, **values})


def test_registration_and_serial_number_are_stored_one_way(operator, pilot, now):
    aircraft = register(operator, pilot, now, time_in_service_min=120)

    assert (aircraft.registration, aircraft.serial_number) == ("RPA-0100", "1ZNBJ0100")
    assert (aircraft.time_in_service_min, aircraft.brought_forward_min) == (120, 120)
    assert AuditEvent.objects.get(action="aircraft.registered").scope == operator.scope


def test_a_new_aircraft_has_a_verdict_at_once_and_is_red(operator, pilot, now):
    aircraft = register(operator, pilot, now)

    state = ComplianceState.objects.get(subject_id=aircraft.pk)
    assert (state.subject_type, state.color) == ("rpas.rpasaircraft", "red")
    rules = {finding["rule"] for finding in state.verdict.findings if finding["color"] == "red"}
    assert rules == {"REGO", "F2-CERT", "F2-DAILY", "MOS-10.07-TECH"}


@pytest.mark.parametrize(
    "values", [{"registration": "RPA-0100"}, {"serial_number": "1ZNBJ0100", "make": "dji"}]
)
def test_registration_and_make_with_serial_are_unique(operator, pilot, now, values):
    register(operator, pilot, now)

    with pytest.raises(IntegrityError), transaction.atomic():
        register(operator, pilot, now, **{"registration": "X-1", "serial_number": "9", **values})


@pytest.mark.parametrize(
    ("values", "pointer"),
    [
        ({"empty_mass_kg": 2.0}, "/empty_mass_kg"),
        ({"min_temperature_c": 10.0, "max_temperature_c": 0.0}, "/min_temperature_c"),
    ],
)
def test_limits_that_contradict_each_other_are_refused(operator, pilot, now, values, pointer):
    with pytest.raises(InvalidInput) as refusal:
        register(operator, pilot, now, **values)

    assert refusal.value.details["pointer"] == pointer
    assert not RPASAircraft.objects.exists()


def test_an_edit_needs_the_version_that_was_read(aircraft, pilot, now):
    aircraft.refresh_from_db()
    version = aircraft.version

    changed = fleet.update_aircraft(
        aircraft, changes={"max_wind_ms": 10.0}, version=version, actor=pilot, at=now
    )
    with pytest.raises(StaleVersion):
        fleet.update_aircraft(
            aircraft, changes={"max_wind_ms": 9.0}, version=version, actor=pilot, at=now
        )

    assert changed.max_wind_ms == 10.0
    assert OutboxEvent.objects.filter(name="rpas.aircraft_changed").count() == 1


def test_quarantine_and_return(aircraft, pilot, now):
    fleet.quarantine(aircraft, reason="Hard landing", actor=pilot, at=now)
    with pytest.raises(TransitionNotAllowed):
        fleet.quarantine(aircraft, reason="Again", actor=pilot, at=now)
    returned = fleet.return_to_service(aircraft, actor=pilot, at=now)

    assert returned.status == AircraftStatus.IN_SERVICE
    steps = StatusChange.objects.order_by("pk").values_list("to_status", "reason")
    assert list(steps) == [("quarantined", "Hard landing"), ("in_service", "")]
    names = list(OutboxEvent.objects.order_by("pk").values_list("name", flat=True))
    assert names == ["rpas.aircraft_grounded", "rpas.aircraft_released"]


def test_an_aircraft_with_an_open_major_defect_does_not_return(aircraft, pilot, now):
    fleet.send_to_maintenance(aircraft, reason="Arm", actor=pilot, at=now)
    DefectFactory(aircraft=aircraft)

    with pytest.raises(AircraftNotServiceable):
        fleet.return_to_service(aircraft, actor=pilot, at=now)

    aircraft.refresh_from_db()
    assert aircraft.status == AircraftStatus.IN_MAINTENANCE


def test_retiring_frees_batteries_and_stations_and_is_final(aircraft, pilot, now):
    battery = BatteryFactory(operator=aircraft.operator, aircraft=aircraft)
    station = GroundStationFactory(operator=aircraft.operator, aircraft=aircraft)

    fleet.retire(aircraft, reason="Sold", actor=pilot, at=now)

    battery.refresh_from_db()
    station.refresh_from_db()
    assert (battery.aircraft, station.aircraft) == (None, None)
    with pytest.raises(AircraftRetired):
        fleet.return_to_service(aircraft, actor=pilot, at=now)


def test_every_status_is_reachable():
    reached = {to for moves in RPASAircraft.TRANSITIONS.values() for to in moves}

    assert reached == set(AircraftStatus)


def test_new_firmware_is_recorded_and_becomes_the_aircrafts_own(aircraft, pilot, now):
    change = fleet.record_configuration_change(
        aircraft, component="firmware", to_value="10.02", reason="Bulletin", actor=pilot, at=now
    )
    motors = fleet.record_configuration_change(
        aircraft, component="motors", to_value="M-6215", actor=pilot, at=now
    )
    with pytest.raises(InvalidInput):
        fleet.record_configuration_change(
            aircraft, component="motors", to_value="M-6215", actor=pilot, at=now
        )

    aircraft.refresh_from_db()
    assert (change.from_value, change.to_value) == ("10.01.00", "10.02")
    assert motors.from_value == ""
    assert aircraft.firmware_version == "10.02"


def test_a_configuration_change_is_not_altered(aircraft, pilot, now):
    change = fleet.record_configuration_change(
        aircraft, component="motors", to_value="M-6215", actor=pilot, at=now
    )

    with pytest.raises(Exception, match=r"append-only|permission denied"), transaction.atomic():
        ConfigurationChange.objects.filter(pk=change.pk).update(to_value="x")


@pytest.mark.parametrize(
    ("mass_kg", "category"),
    [
        (0.25, Category.MICRO),
        (0.2501, Category.VERY_SMALL),
        (2.0, Category.VERY_SMALL),
        (2.001, Category.SMALL),
        (25.0, Category.SMALL),
        (25.01, Category.MEDIUM),
        (150.0, Category.MEDIUM),
        (150.01, Category.LARGE),
    ],
)
def test_the_category_is_by_take_off_mass_in_python_and_in_sql(mass_kg, category):
    aircraft = AircraftFactory(airworthy=False, mtow_kg=mass_kg, empty_mass_kg=0.2)

    assert category_of(mass_kg) == aircraft.category == category
    assert RPASAircraft.objects.with_category().get().weight_category == category
    assert RPASAircraft.objects.of_category(category).count() == 1


@pytest.mark.parametrize(
    ("rating", "is_tolerant"),
    [("", False), ("IP52", False), ("IP43", True), ("IP55", True), ("IPX4", True), ("IP6X", False)],
)
def test_rain_needs_the_second_digit_to_be_three_or_more(rating, is_tolerant):
    assert is_rain_tolerant(rating) is is_tolerant


def test_the_database_refuses_masses_that_are_no_numbers(aircraft):
    with pytest.raises(IntegrityError), transaction.atomic():
        RPASAircraft.objects.filter(pk=aircraft.pk).update(mtow_kg=float("nan"))


def test_members_of_today_see_the_fleet_and_nobody_else(aircraft, other):
    member = MemberFactory(operator=aircraft.operator).user
    yesterday = timezone.now().date() - timedelta(days=2)
    former = MemberFactory(operator=aircraft.operator, valid_until=yesterday).user
    coming = MemberFactory(
        operator=aircraft.operator, valid_from=timezone.now().date() + timedelta(days=3)
    ).user
    superuser = UserFactory(is_superuser=True)

    def seen(user):
        return set(RPASAircraft.objects.visible_to(user))

    assert seen(member) == {aircraft}
    assert seen(other.user) == {other.aircraft}
    assert seen(former) == seen(coming) == seen(UserFactory()) == set()
    assert seen(superuser) == {aircraft, other.aircraft}
