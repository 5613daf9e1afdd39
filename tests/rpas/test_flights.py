from datetime import date, timedelta

import pytest

from common.exceptions import InvalidInput
from common.models import AuditEvent, ComplianceState, OutboxEvent
from rpas.exceptions import (
    AircraftRetired,
    CorrectionRefused,
    DefectsNotChecked,
    FlightAlreadyRecorded,
    NoReferenceNumber,
)
from rpas.models import F2FlightHoursEntry
from rpas.services import aircraft as fleet
from rpas.services.flights import correct_entry, record_daily_inspection, record_flight
from tests.rpas.factories import (
    TODAY,
    AircraftFactory,
    BatteryFactory,
    DefectFactory,
    ScheduleFactory,
)
from tests.users.factories import QualificationFactory, UserFactory, UserProfileFactory

pytestmark = pytest.mark.django_db


def fly(aircraft, pilot, now, *, minutes=25, number="FO-2026-0001", **more):
    return record_flight(
        aircraft,
        operation_number=number,
        minutes=minutes,
        cycles=1,
        flights=1,
        on=TODAY,
        pilot=pilot,
        at=now,
        **more,
    )


def events(name):
    return [event.payload for event in OutboxEvent.objects.filter(name=name).order_by("pk")]


def test_a_flight_goes_into_part_b_with_its_minutes_and_the_totals_follow(aircraft, pilot, now):
    entry = fly(aircraft, pilot, now)

    aircraft.refresh_from_db()
    assert (entry.kind, entry.sequence, entry.entry_on) == ("flight", 2, TODAY)
    assert (entry.time_in_service_min, entry.progressive_total_min) == (25, 25)
    assert (aircraft.time_in_service_min, aircraft.cycles, aircraft.flights) == (25, 1, 1)
    assert (entry.certified_by, entry.certified_arn) == (pilot, pilot.profile.arn)
    assert entry.part_a == aircraft.technical_logs.get()
    assert events("rpas.flight_recorded") == [{"aircraft_id": aircraft.pk, "entry_id": entry.pk}]
    assert AuditEvent.objects.get(action="aircraft.flown").details["minutes"] == 25


def test_the_operation_is_written_once(aircraft, pilot, now):
    fly(aircraft, pilot, now)

    with pytest.raises(FlightAlreadyRecorded):
        fly(aircraft, pilot, now)

    assert F2FlightHoursEntry.objects.of_flights().count() == 1


def test_flights_without_an_operation_number_may_be_many(aircraft, pilot, now):
    fly(aircraft, pilot, now, number="")
    entry = fly(aircraft, pilot, now, number="")

    assert entry.progressive_total_min == 50


def test_a_negative_flight_is_refused(aircraft, pilot, now):
    with pytest.raises(InvalidInput):
        fly(aircraft, pilot, now, minutes=-1)


def test_the_flight_of_a_pilot_without_a_number_is_written_all_the_same(aircraft, now):
    stranger = UserFactory(profile=None)

    assert fly(aircraft, stranger, now).certified_arn == "none on file"


def test_the_last_flight_of_a_retired_aircraft_is_written(aircraft, pilot, now):
    fleet.retire(aircraft, reason="Sold", actor=pilot, at=now)

    assert fly(aircraft, pilot, now).progressive_total_min == 25


def test_fitted_batteries_in_service_gain_a_cycle(aircraft, pilot, now):
    fitted = BatteryFactory(operator=aircraft.operator, aircraft=aircraft, cycles=10)
    shelf = BatteryFactory(operator=aircraft.operator, cycles=10)
    quarantined = BatteryFactory(
        operator=aircraft.operator, aircraft=aircraft, cycles=10, status="quarantined"
    )

    fly(aircraft, pilot, now)

    for battery in (fitted, shelf, quarantined):
        battery.refresh_from_db()
    assert [fitted.cycles, shelf.cycles, quarantined.cycles] == [11, 10, 10]


def test_maintenance_that_comes_near_by_the_flight_is_announced_once(pilot, operator, now):
    aircraft = AircraftFactory(operator=operator, airworthy=False, time_in_service_min=2680)
    schedule = ScheduleFactory(aircraft=aircraft)

    fly(aircraft, pilot, now, minutes=19)
    assert events("rpas.maintenance_due") == []
    fly(aircraft, pilot, now, minutes=1, number="FO-2026-0002")
    fly(aircraft, pilot, now, minutes=1, number="FO-2026-0003")

    assert events("rpas.maintenance_due") == [
        {"aircraft_id": aircraft.pk, "schedule_ids": [schedule.pk]}
    ]
    fly(aircraft, pilot, now, minutes=300, number="FO-2026-0004")
    assert len(events("rpas.maintenance_due")) == 2


def test_a_flight_marks_the_aircraft_verdict_stale(operator, pilot, now):
    aircraft = fleet.register_aircraft(
        operator=operator,
        registration="rpa-77",
        serial_number="x1",
        make="DJI",
        model="Mavic 3",
        kind="multirotor",
        empty_mass_kg=0.8,
        mtow_kg=1.05,
        actor=pilot,
        at=now,
    )
    state = ComplianceState.objects.filter(subject_id=aircraft.pk)
    assert not state.get().is_stale

    fly(aircraft, pilot, now)

    assert state.get().is_stale


def test_a_daily_inspection_is_dated_by_the_operators_calendar(operator, pilot, now):
    aircraft = AircraftFactory(operator=operator, airworthy=False)

    entry = record_daily_inspection(aircraft, is_satisfactory=True, actor=pilot, at=now)

    assert now.date() == date(2026, 3, 14)
    assert entry.entry_on == date(2026, 3, 15)
    assert entry.inspection_satisfactory is True
    assert (entry.time_in_service_min, entry.progressive_total_min) == (0, 0)


def test_every_open_minor_defect_is_listed_as_looked_at(aircraft, pilot, now):
    seen, unseen = (DefectFactory(aircraft=aircraft, minor=True) for _ in range(2))

    with pytest.raises(DefectsNotChecked) as refusal:
        record_daily_inspection(
            aircraft, is_satisfactory=True, defects_checked=[seen.pk], actor=pilot, at=now
        )

    assert refusal.value.details == {"missing": [unseen.pk]}
    seen.refresh_from_db()
    assert seen.last_checked_on is None
    assert F2FlightHoursEntry.objects.count() == 1


def test_looking_at_the_minor_defects_dates_them(aircraft, pilot, now):
    defects = [DefectFactory(aircraft=aircraft, minor=True) for _ in range(2)]
    ids = [defect.pk for defect in defects]

    entry = record_daily_inspection(
        aircraft, is_satisfactory=True, defects_checked=ids, actor=pilot, at=now
    )

    for defect in defects:
        defect.refresh_from_db()
    assert {defect.last_checked_on for defect in defects} == {TODAY}
    assert entry.defects_checked == sorted(ids)


def test_a_defect_of_another_aircraft_cannot_be_looked_at(aircraft, pilot, now):
    foreign = DefectFactory(minor=True)

    with pytest.raises(InvalidInput):
        record_daily_inspection(
            aircraft, is_satisfactory=True, defects_checked=[foreign.pk], actor=pilot, at=now
        )


def test_an_unsatisfactory_inspection_says_what_was_found(aircraft, pilot, now):
    with pytest.raises(InvalidInput):
        record_daily_inspection(aircraft, is_satisfactory=False, actor=pilot, at=now)

    entry = record_daily_inspection(
        aircraft, is_satisfactory=False, findings="Loose arm", actor=pilot, at=now
    )
    assert entry.findings == "Loose arm"


def test_an_inspection_is_signed_with_arn_or_license_or_not_at_all(aircraft, now):
    licensed, unknown = UserFactory(profile=None), UserFactory(profile=None)
    QualificationFactory(user=licensed, number="RP00042")

    entry = record_daily_inspection(aircraft, is_satisfactory=True, actor=licensed, at=now)
    with pytest.raises(NoReferenceNumber):
        record_daily_inspection(aircraft, is_satisfactory=True, actor=unknown, at=now)

    assert entry.certified_arn == "RP00042"


def test_a_retired_aircraft_is_not_inspected(aircraft, pilot, now):
    fleet.retire(aircraft, reason="Sold", actor=pilot, at=now)

    with pytest.raises(AircraftRetired):
        record_daily_inspection(aircraft, is_satisfactory=True, actor=pilot, at=now)


def test_a_correction_is_a_new_entry_with_the_signed_difference(aircraft, pilot, now):
    entry = fly(aircraft, pilot, now, minutes=52)

    correction = correct_entry(
        entry, minutes_delta=-27, reason="Landing misread", actor=pilot, at=now
    )

    aircraft.refresh_from_db()
    entry.refresh_from_db()
    assert (correction.kind, correction.corrects) == ("correction", entry)
    assert (correction.time_in_service_min, correction.progressive_total_min) == (-27, 25)
    assert entry.time_in_service_min == 52
    assert aircraft.time_in_service_min == 25


@pytest.mark.parametrize(
    ("deltas", "is_allowed"),
    [
        ({"minutes_delta": -25}, True),
        ({"minutes_delta": -26}, False),
        ({"cycles_delta": -1}, True),
        ({"cycles_delta": -2}, False),
        ({"flights_delta": 1}, True),
        ({}, False),
    ],
)
def test_a_correction_takes_no_more_than_the_entry_has(aircraft, pilot, now, deltas, is_allowed):
    entry = fly(aircraft, pilot, now, minutes=25)

    if is_allowed:
        correct_entry(entry, **deltas, reason="Misread", actor=pilot, at=now)
    else:
        with pytest.raises(CorrectionRefused):
            correct_entry(entry, **deltas, reason="Misread", actor=pilot, at=now)

    assert F2FlightHoursEntry.objects.on_aircraft(aircraft.pk).count() == 3 - (not is_allowed)


def test_two_corrections_together_take_no_more_than_the_entry_has(aircraft, pilot, now):
    fly(aircraft, pilot, now, minutes=100, number="FO-2026-0009")
    entry = fly(aircraft, pilot, now, minutes=25)
    correct_entry(entry, minutes_delta=-20, reason="Misread", actor=pilot, at=now)

    with pytest.raises(CorrectionRefused):
        correct_entry(entry, minutes_delta=-6, reason="Misread", actor=pilot, at=now)


def test_a_correction_and_an_inspection_are_not_corrected_in_time(aircraft, pilot, now):
    inspection = aircraft.flight_hours.get()
    flight = fly(aircraft, pilot, now)
    correction = correct_entry(flight, minutes_delta=1, reason="Misread", actor=pilot, at=now)

    with pytest.raises(CorrectionRefused):
        correct_entry(inspection, minutes_delta=1, reason="No", actor=pilot, at=now)
    with pytest.raises(CorrectionRefused):
        correct_entry(correction, minutes_delta=1, reason="No", actor=pilot, at=now)
    note = correct_entry(inspection, reason="Done by Kim", actor=pilot, at=now)

    assert note.time_in_service_min == 0


def test_who_has_no_arn_corrects_nothing(aircraft, pilot, now):
    entry = fly(aircraft, pilot, now)
    user = UserFactory(profile=None)
    UserProfileFactory(user=user, arn="")

    with pytest.raises(NoReferenceNumber):
        correct_entry(entry, minutes_delta=1, reason="No", actor=user, at=now)


def test_totals_are_kept_in_minutes_over_many_flights(aircraft, pilot, now):
    for index in range(30):
        fly(
            aircraft, pilot, now + timedelta(minutes=index), minutes=7, number=f"FO-2026-{index:04}"
        )

    aircraft.refresh_from_db()
    assert aircraft.time_in_service_min == 210
